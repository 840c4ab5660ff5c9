/** Prices that a policy sets itself, as integers: they override the price book. */
import { NANOS_PER_DOLLAR, type Price } from "#events/money.ts";
import type { PolicyDocument, PolicyPrice } from "./document.ts";

/** Dollars, with nine decimals at most, as whole nano-dollars. */
export function nanosOf(usd: number): number {
  return Math.round(usd * NANOS_PER_DOLLAR);
}

/** How long a call priced by the second may run where a policy does not say. */
const maxSecondsDefault = 600;

/** A policy's price in nano-dollars per million tokens. */
export function priceOf(price: PolicyPrice): Price {
  const compiled: Price = {
    inputNanosPerMtok: nanosOf(price.inputUsdPerMtok),
    outputNanosPerMtok: nanosOf(price.outputUsdPerMtok),
  };
  if (price.cachedReadUsdPerMtok !== undefined) {
    compiled.cachedReadNanosPerMtok = nanosOf(price.cachedReadUsdPerMtok);
  }
  if (price.cacheWrite5mUsdPerMtok !== undefined) {
    compiled.cacheWrite5mNanosPerMtok = nanosOf(price.cacheWrite5mUsdPerMtok);
  }
  if (price.cacheWrite1hUsdPerMtok !== undefined) {
    compiled.cacheWrite1hNanosPerMtok = nanosOf(price.cacheWrite1hUsdPerMtok);
  }
  if (price.reasoningUsdPerMtok !== undefined) {
    compiled.reasoningNanosPerMtok = nanosOf(price.reasoningUsdPerMtok);
  }
  if (price.requestUsd !== undefined) compiled.requestNanos = nanosOf(price.requestUsd);
  if (price.secondUsd !== undefined) {
    compiled.secondNanos = nanosOf(price.secondUsd);
    compiled.secondsMax = price.maxSeconds ?? maxSecondsDefault;
  }
  return compiled;
}

interface PriceTable {
  exact: ReadonlyMap<string, Price>;
  /** Prefixes of names with a star, longest first. */
  prefixes: readonly { prefix: string; price: Price }[];
}

const priceTables = new WeakMap<PolicyDocument, PriceTable>();

/**
 * The price that the policy sets for a model at a provider (by the provider's name in the policy):
 * `provider/model` before `model`, exact names before the longest that ends in a star; undefined
 * when it sets none and the price book decides.
 */
export function priceFor(
  document: PolicyDocument,
  provider: string,
  model: string,
): Price | undefined {
  let table = priceTables.get(document);
  if (table === undefined) {
    table = priceTable(document);
    priceTables.set(document, table);
  }
  const full = `${provider}/${model}`;
  return (
    table.exact.get(full) ??
    table.exact.get(model) ??
    table.prefixes.find(({ prefix }) => full.startsWith(prefix) || model.startsWith(prefix))?.price
  );
}

function priceTable({ prices }: PolicyDocument): PriceTable {
  const exact = new Map<string, Price>();
  const prefixes: { prefix: string; price: Price }[] = [];
  for (const [name, price] of Object.entries(prices)) {
    if (name.endsWith("*")) prefixes.push({ prefix: name.slice(0, -1), price: priceOf(price) });
    else exact.set(name, priceOf(price));
  }
  prefixes.sort((a, b) => b.prefix.length - a.prefix.length);
  return { exact, prefixes };
}

const unpricedPrices = new WeakMap<PolicyDocument, Price>();

/** What a model without any price is charged; undefined when policy denies such models. */
export function unpricedPrice(document: PolicyDocument): Price | undefined {
  const { unpriced } = document.accounting;
  if (unpriced === "deny") return undefined;
  let price = unpricedPrices.get(document);
  if (price === undefined) {
    price = priceOf(unpriced);
    unpricedPrices.set(document, price);
  }
  return price;
}
