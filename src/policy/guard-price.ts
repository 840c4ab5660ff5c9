/**
 * What a question to the guard's second stage costs. It is paid for out of the asker's budgets like
 * any call, so one without a price is refused, as a model without one is.
 */
import { type Price, worstCaseCost } from "#events/money.ts";
import type { PolicyDocument } from "./document.ts";
import type { PolicySecondStage } from "./guard.ts";
import { nanosOf, priceFor, unpricedPrice } from "./price.ts";
import type { PolicyProblem } from "./validate.ts";

/** Under which name the second stage's calls are in the books, and in a policy's `prices`. */
export const guardProvider = "prompt-guard";

/** The kind of provider that a binding's models are priced by. */
const boundKind = "workers-ai";

/** The price of a model in the book of public prices. */
export type BookPrice = (kind: string, model: string) => Price | undefined;

type PricedStage = Pick<PolicySecondStage, "costUsd" | "model" | "binding">;

/**
 * `costUsd` a question; else the policy's price for the model; else, over a binding, the book's; else
 * what policy has unpriced models cost. Undefined where it denies those, and for a price by the second:
 * no classifier says how long it ran.
 */
export function stagePriceOf(
  document: PolicyDocument,
  stage: PricedStage,
  book: BookPrice,
): Price | undefined {
  const price = namedPriceOf(document, stage, book);
  return price?.secondNanos === undefined ? price : undefined;
}

function namedPriceOf(
  document: PolicyDocument,
  { costUsd, model, binding }: PricedStage,
  book: BookPrice,
): Price | undefined {
  if (costUsd !== undefined) {
    return { inputNanosPerMtok: 0, outputNanosPerMtok: 0, requestNanos: nanosOf(costUsd) };
  }
  const own = model === undefined ? undefined : priceFor(document, guardProvider, model);
  const known = own ?? (model && binding !== undefined ? book(boundKind, model) : undefined);
  return known ?? unpricedPrice(document);
}

/** What is wrong with a document's second stage where nobody knows what it costs. */
export function guardPriceProblems(document: PolicyDocument, book: BookPrice): PolicyProblem[] {
  const { secondStage } = document.guard;
  if (secondStage === undefined || stagePriceOf(document, secondStage, book) !== undefined) {
    return [];
  }
  const isBySecond = namedPriceOf(document, secondStage, book) !== undefined;
  const why = isBySecond
    ? "its price is by the second (`secondUsd`), and no classifier says how long it ran"
    : "no price is known for what this classifier is asked, so no budget could cover it";
  const message = `${why}; write what one question costs, 0 where it costs nothing`;
  return [{ path: "guard.secondStage.costUsd", message }];
}

/** Tokens that a classifier's own template may add: Llama Guard's list of hazards has a few hundred. */
const templateTokens = 1_024;
/** Tokens that a classifier may answer: `max_tokens` of a Llama Guard, more than a label has. */
const stageOutputTokensMax = 64;

/** What a question may use at most, and cost. */
export interface StageBound {
  price: Price;
  usage: { inputTokens: number; outputTokens: number };
  costNanos: number;
}

/** The most that a question of so many bytes may use: a token has a byte at least. */
export function stageBoundOf(bytes: number, price: Price): StageBound {
  const { inputNanosPerMtok, outputNanosPerMtok, requestNanos = 0 } = price;
  // A price by the question is exact: one that is free must not need room in a budget that has none.
  if (inputNanosPerMtok + outputNanosPerMtok === 0) {
    return { price, usage: { inputTokens: 0, outputTokens: 0 }, costNanos: requestNanos };
  }
  const usage = { inputTokens: bytes + templateTokens, outputTokens: stageOutputTokensMax };
  return { price, usage, costNanos: worstCaseCost(usage.inputTokens, usage.outputTokens, price) };
}
