/**
 * What tokens cost. Figures come from the price data of `@pydantic/genai-prices`, pinned with the
 * package and cut down to who can be called here (`price-data.ts`): a newer one is a new version of
 * the book, so that an old cost can be computed again. A model without a price is undefined, never
 * free.
 */
import type { Nanos, Price } from "#events/money.ts";
import { PRICE_FALLBACKS, PRICE_NAMES, PRICE_QUOTES, PRICE_WINDOWS } from "./price-data.ts";

/** Remembered models; past this many the memory starts anew. */
const REMEMBERED_MAX = 2000;

const NANOS_PER_DOLLAR = 1_000_000_000;

interface Entry {
  price: Price | undefined;
  contextWindow: number | undefined;
}

interface Model extends Entry {
  /** In lower case. */
  matches(name: string): boolean;
}

const UNKNOWN: Entry = { price: undefined, contextWindow: undefined };

/** Sections of the book whose name is not the provider's own. */
const SECTIONS: ReadonlyMap<string, string> = new Map([
  ["xai", "x-ai"],
  ["azure-deployments", "azure"],
  ["bedrock", "aws"],
  ["vertex", "google"],
  ["workers-ai", "cloudflare"],
]);

/** The book has a section for each of its hosts. */
const ROUTER = "huggingface";

const sections = new Map<string, readonly Model[]>();
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
    const name = model.toLowerCase().trim();
    entry =
      provider === ROUTER ? ofRouter(name) : ofSection(SECTIONS.get(provider) ?? provider, name);
    remembered.set(key, entry);
  }
  return entry;
}

function ofSection(section: string, name: string): Entry {
  return find(section, name) ?? find(section, withDashes(name)) ?? UNKNOWN;
}

/**
 * Hugging Face's router charges what the host charges that runs the model. A name that leaves the
 * choice of a host to the router has no price: no quote here bounds what it would choose.
 */
function ofRouter(name: string): Entry {
  const [model = "", host = ""] = name.split(":");
  return host === "" ? UNKNOWN : ofSection(`${ROUTER}_${host}`, model);
}

/** The first model of a section that answers to the name, else of the sections it falls back to. */
function find(section: string, name: string): Entry | undefined {
  const own = modelsOf(section).find((model) => model.matches(name));
  if (own !== undefined) return own;
  const fallbacks = Object.hasOwn(PRICE_FALLBACKS, section) ? PRICE_FALLBACKS[section] : [];
  for (const fallback of fallbacks ?? []) {
    const found = modelsOf(fallback).find((model) => model.matches(name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Vendors write a version's date as 20260301 or 2026-03-01; the book has the latter too. */
function withDashes(name: string): string {
  return name.replace(
    /-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g,
    (found, year: string, month: string, day: string) => {
      const isDay = Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
      return isDay ? `-${year}-${month}-${day}` : found;
    },
  );
}

function modelsOf(section: string): readonly Model[] {
  let models = sections.get(section);
  if (models === undefined) {
    models = priceRows(section).map(modelFrom);
    sections.set(section, models);
  }
  return models;
}

/** What the book has of a model: its names, written out, its context window, and its quotes. */
type Row = readonly [names: readonly string[], contextWindow: string, quotes: string];

/** The rows of a section; none for one that the book does not have. */
export function priceRows(section: string): Row[] {
  const index = Object.keys(PRICE_FALLBACKS).indexOf(section);
  if (index < 0) return [];
  const names = PRICE_NAMES.split("\n\n").map((lines) => lines.split("\n"));
  const first = names.slice(0, index).flat().length;
  const windows = PRICE_WINDOWS.split("\n").slice(first);
  const quotes = PRICE_QUOTES.split("\n").slice(first);
  let before = "";
  const whole = (word: string): string => (before = beginning(before, word));
  return (names[index] ?? []).map((line, at) => [
    line.split(" ").map(whole),
    windows[at] ?? "",
    quotes[at] ?? "",
  ]);
}

/** A name with what it has of the one before, when a letter says how many of its cuts to leave out. */
function beginning(before: string, word: string): string {
  if (!/^[A-Z]/.test(word)) return word;
  const cuts = Array.from(before.matchAll(/(?<=[-./:])|$/g), ({ index }) => index);
  return before.slice(0, cuts.at(64 - word.charCodeAt(0))) + word.slice(1);
}

function modelFrom([names, contextWindow, quotes]: Row): Model {
  const alternatives = names.map((words) => words.split(";").map(testOf));
  return {
    matches: (name) => alternatives.some((tests) => tests.every((test) => test(name))),
    price: priceFrom(quotes.split(",").map((quote) => (quote === "" ? undefined : Number(quote)))),
    contextWindow: contextWindow === "" ? undefined : Number(contextWindow),
  };
}

function testOf(word: string): (name: string) => boolean {
  const value = word.slice(1);
  const tests: Record<string, (name: string) => boolean> = {
    "=": (name) => name === value,
    "^": (name) => name.startsWith(value),
    $: (name) => name.endsWith(value),
    "*": (name) => name.includes(value),
    "~": (name) => new RegExp(value).test(name),
  };
  return tests[word.charAt(0)] ?? (() => false);
}

function priceFrom(quotes: readonly (number | undefined)[]): Price | undefined {
  const [input, output, cachedRead, write5m, write1h, reasoning, thousandRequests] = quotes;
  if (input === undefined) return undefined;
  const price: Price = {
    inputNanosPerMtok: nanos(input),
    // Models that only read (embeddings) have no output price; theirs is never taken for nothing.
    outputNanosPerMtok: nanos(output ?? input),
  };
  if (cachedRead !== undefined) price.cachedReadNanosPerMtok = nanos(cachedRead);
  if (write5m !== undefined) price.cacheWrite5mNanosPerMtok = nanos(write5m);
  if (write1h !== undefined) price.cacheWrite1hNanosPerMtok = nanos(write1h);
  if (reasoning !== undefined) price.reasoningNanosPerMtok = nanos(reasoning);
  if (thousandRequests !== undefined) price.requestNanos = nanos(thousandRequests / 1000);
  return price;
}

/** Quotes have at most six decimals, so rounding only mends what binary fractions lost. */
function nanos(dollars: number): Nanos {
  return Math.round(dollars * NANOS_PER_DOLLAR);
}
