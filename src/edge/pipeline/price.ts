/** What a request may cost: who of the chain has a price, how much each may answer, the worst case. */
import { worstCaseCost, type Price } from "#events/money.ts";
import type { AdmitCommand } from "#actors/user/commands.ts";
import type { ChainLink } from "#policy/compile.ts";
import { sumOfLargest } from "#policy/answers.ts";
import { estimatedTokens } from "#policy/tokens.ts";
import { priceFor, unpricedPrice } from "#policy/price.ts";
import type { Resolved } from "#policy/resolve.ts";
import { inputTokenBound, maxOutputOf } from "#providers/bounds.ts";
import { priceOf } from "#providers/price-book.ts";
import { runSecondsOf } from "#providers/run-time.ts";
import { providerOf } from "#providers/registry.ts";
import type { LivePolicy } from "../policy-cache.ts";
import { isProvider } from "../surface/addresses.ts";
import type { Asked } from "./asked.ts";
import type { CredentialedLink } from "./credential.ts";
import type { EndpointKind } from "./endpoint.ts";
import type { Candidate } from "./plan.ts";

/** Who may answer, and why others may not. */
export interface PricedChain {
  candidates: Candidate[];
  /** The first that has no price. */
  unpriced?: string;
  /** The first that takes no prompt of this size. */
  tooSmall?: { provider: string; model: string; maxInputTokens: number };
}

/** Every candidate that has a price and takes a prompt of this size, with the most it may answer. */
export function priceChain(
  resolved: Resolved & { chain: readonly CredentialedLink[] },
  document: LivePolicy["snapshot"]["document"],
  asked: Asked,
  inputTokens: number,
): PricedChain {
  const priced: PricedChain = { candidates: [] };
  const { endpoint } = asked;
  for (const link of resolved.chain) {
    if (asked.provider !== undefined && !isProvider(asked.provider, link)) continue;
    const provider = providerOf(link);
    // What the gateway can answer itself needs nobody who can be asked.
    if (provider !== undefined && endpoint.answer === undefined && !endpoint.asks(provider)) {
      continue;
    }
    const { maxInputTokens = Infinity } = link;
    if (estimatedTokens(inputTokens) > maxInputTokens) {
      priced.tooSmall ??= { provider: link.provider, model: link.model, maxInputTokens };
      continue;
    }
    const listed = PRICES[endpoint.kind](document, link);
    const price = listed?.secondsMax === undefined ? listed : shortened(listed, asked);
    if (price === undefined) {
      priced.unpriced ??= `${link.provider}/${link.model}`;
      continue;
    }
    const wanted = asked.view.maxOutputTokens ?? resolved.accounting.defaultMaxOutputTokens;
    const maxOutputTokens = Math.min(
      wanted,
      link.maxOutputTokens ?? Infinity,
      resolved.maxOutputTokens ?? Infinity,
      maxOutputOf(link.kind, link.model) ?? Infinity,
    );
    priced.candidates.push({ ...link, price, maxOutputTokens });
  }
  return priced;
}

/** A price by the second, for no longer than the caller lets a run take. */
function shortened(price: Price, { wire }: Asked): Price {
  const asked = runSecondsOf(wire.header("cancel-after") ?? "") ?? Infinity;
  return { ...price, secondsMax: Math.min(price.secondsMax ?? 0, asked) };
}

/** The worst case over the chain: whoever answers, the dearest `answers` of them cost no less. */
export function boundOf(
  inputTokens: number,
  candidates: readonly Candidate[],
  choices: number,
  answers: number,
): AdmitCommand["request"]["bound"] {
  const outputs = candidates.map(({ maxOutputTokens }) => maxOutputTokens * choices);
  const costs = candidates.map(({ price, maxOutputTokens }) =>
    worstCaseCost(inputTokens, maxOutputTokens * choices, price),
  );
  return {
    inputTokens: inputTokens * answers,
    outputTokens: sumOfLargest(outputs, answers),
    costNanos: sumOfLargest(costs, answers),
  };
}

/** The most input tokens that are billed: none for a count, and for what nobody looks into. */
export function inputBoundOf({ endpoint, view }: Asked, sent: string): number {
  const counted = endpoint.kind === "chat" || endpoint.kind === "embeddings";
  return counted ? inputTokenBound(Buffer.byteLength(sent), view) : 0;
}

type PriceFinder = (
  document: LivePolicy["snapshot"]["document"],
  link: ChainLink,
) => Price | undefined;

const tokenPrice: PriceFinder = (document, link) =>
  priceFor(document, link.provider, link.model) ??
  priceOf(link.kind, link.model) ??
  unpricedPrice(document);

/** What a request of each kind is priced by. */
const PRICES: Record<EndpointKind, PriceFinder> = {
  chat: tokenPrice,
  embeddings: tokenPrice,
  count: () => ({ inputNanosPerMtok: 0, outputNanosPerMtok: 0 }),
  // Nobody knows its tokens, so only a price by request, or by the second, bounds it.
  opaque(document, link) {
    const price = priceFor(document, link.provider, link.model) ?? unpricedPrice(document);
    if (price === undefined) return undefined;
    if (price.requestNanos === undefined && price.secondNanos === undefined) return undefined;
    // A model that is billed by tokens too would run up a bill that nobody sees here.
    return price.inputNanosPerMtok + price.outputNanosPerMtok > 0 ? undefined : price;
  },
};
