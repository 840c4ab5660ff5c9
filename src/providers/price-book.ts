/**
 * What tokens cost. Figures come from the price data of `@pydantic/genai-prices`, pinned with the
 * package: a newer one is a new version of the book, so that an old cost can be computed again.
 * A model without a price is undefined, never free.
 */
import { calcPrice } from "@pydantic/genai-prices";
import type { Nanos, Price } from "#events/money.ts";

export const PRICE_BOOK_VERSION = "genai-prices-0.1.8";

/** Prices have start dates; the book is read as of this day, whatever the clock says. */
const READ_AS_OF = "2026-11-01";

/** Some hosts are cheaper at night: each hour is looked at and the dearest counts. */
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"));

/** Remembered models; past this many the memory starts anew. */
const REMEMBERED_MAX = 2000;

const NANOS_PER_DOLLAR = 1_000_000_000;

interface Entry {
  price: Price | undefined;
  contextWindow: number | undefined;
}

const remembered = new Map<string, Entry>();

/**
 * The price of a provider's model, each part at its dearest tier and hour, so that what is held by
 * it is an upper bound. Tokens of audio, video and images count as text.
 */
export function priceOf(provider: string, model: string): Price | undefined {
  return entryOf(provider, model).price;
}

/** The most tokens a model reads, where the book knows it: providers refuse more, unbilled. */
export function contextWindowOf(provider: string, model: string): number | undefined {
  return entryOf(provider, model).contextWindow;
}

function entryOf(provider: string, model: string): Entry {
  const key = `${provider}\n${model}`;
  let entry = remembered.get(key);
  if (!entry) {
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    entry = readEntry(provider, model);
    remembered.set(key, entry);
  }
  return entry;
}

function readEntry(provider: string, model: string): Entry {
  const dearest = new Map<string, number>();
  let contextWindow: number | undefined;
  for (const hour of HOURS) {
    const timestamp = new Date(`${READ_AS_OF}T${hour}:00:00Z`);
    const found = calcPrice({ input_tokens: 0, output_tokens: 0 }, model, {
      providerId: provider,
      timestamp,
    });
    if (!found) return { price: undefined, contextWindow: undefined };
    contextWindow = found.model.context_window;
    for (const [part, quote] of Object.entries(found.model_price)) {
      if (quote !== undefined)
        dearest.set(part, Math.max(dearest.get(part) ?? 0, dearestTier(quote)));
    }
  }
  return { price: priceFrom(dearest), contextWindow };
}

function dearestTier(quote: number | { base: number; tiers: { price: number }[] }): number {
  if (typeof quote === "number") return quote;
  return Math.max(quote.base, ...quote.tiers.map((tier) => tier.price));
}

const PARTS = {
  cache_read_mtok: "cachedReadNanosPerMtok",
  cache_write_mtok: "cacheWrite5mNanosPerMtok",
  cache_write_1h_mtok: "cacheWrite1hNanosPerMtok",
  output_reasoning_mtok: "reasoningNanosPerMtok",
} as const;

function priceFrom(quotes: ReadonlyMap<string, number>): Price | undefined {
  const input = quotes.get("input_mtok");
  if (input === undefined) return undefined;
  const price: Price = {
    inputNanosPerMtok: nanos(input),
    // Models that only read (embeddings) have no output price; theirs is never taken for nothing.
    outputNanosPerMtok: nanos(quotes.get("output_mtok") ?? input),
  };
  for (const [part, key] of Object.entries(PARTS)) {
    const quote = quotes.get(part);
    if (quote !== undefined) price[key] = nanos(quote);
  }
  const perThousandRequests = quotes.get("requests_kcount");
  if (perThousandRequests !== undefined) price.requestNanos = nanos(perThousandRequests / 1000);
  return price;
}

/** Quotes have at most six decimals, so rounding only mends what binary fractions lost. */
function nanos(dollars: number): Nanos {
  return Math.round(dollars * NANOS_PER_DOLLAR);
}
