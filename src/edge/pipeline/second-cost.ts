/**
 * What asking the guard's second stage cost, as the books have it.
 *
 * Invariants: no more than its bound unless the classifier reports more; what it may have answered
 * after its time counts in full under `strict` accounting, as with a provider.
 */
import { costOf, type Usage } from "#events/money.ts";
import type { GuardSecondData } from "#events/guard-events.ts";
import type { AttemptData } from "#events/user-events.ts";
import type { PolicySecondStage } from "#policy/guard.ts";
import { guardProvider, type StageBound } from "#policy/guard-price.ts";

/** What came of a call; without a `status` nobody was called. */
export interface Exchange {
  answer: Pick<GuardSecondData, "outcome" | "score" | "categories" | "failure">;
  /** HTTP status; 0 when no answer came. */
  status?: number;
  /** Tokens that the answer reports. */
  usage?: { inputTokens: number; outputTokens: number };
  /** It is billed, or may be. */
  maybePaid?: boolean;
}

/** What a call is booked with. */
export interface StagePaid {
  costNanos: number;
  usage?: Usage;
  price?: StageBound["price"];
  /** True where its tokens were bounded, not reported. */
  estimated: boolean;
}

const free: StagePaid = { costNanos: 0, estimated: false };

/** The cost of a call: what it reports, else what it may have used. */
export function paidOf(
  { usage: reported, maybePaid = false, status }: Exchange,
  { price, usage: most }: StageBound,
  accounting: "strict" | "estimate",
): StagePaid {
  if (!maybePaid || (status === 0 && accounting === "estimate")) return free;
  const byTokens = price.inputNanosPerMtok + price.outputNanosPerMtok > 0;
  const seen = byTokens
    ? (reported ?? bounded(most, accounting))
    : { inputTokens: 0, outputTokens: 0 };
  return {
    costNanos: costOf(seen, price),
    usage: seen,
    price,
    estimated: byTokens && reported === undefined,
  };
}

/** As of a provider's answer that reports nothing: all that it may be, or a token for four bytes. */
function bounded({ inputTokens, outputTokens }: Usage, accounting: "strict" | "estimate"): Usage {
  if (accounting === "strict") return { inputTokens, outputTokens };
  return { inputTokens: Math.ceil(inputTokens / 4), outputTokens: 0 };
}

/** Its line among the request's calls; undefined when nobody was called. */
export function attemptOf(
  { model, kind }: Pick<PolicySecondStage, "model" | "kind">,
  { status, answer }: Exchange,
  { costNanos, usage, price }: StagePaid,
  latencyMs: number,
): AttemptData | undefined {
  if (status === undefined) return undefined;
  return {
    provider: guardProvider,
    model: model ?? kind,
    status,
    ...(answer.failure !== undefined && { code: answer.failure }),
    latencyMs,
    ...(usage && { usage }),
    ...(price && { price }),
    costNanos,
    role: "guard",
  };
}
