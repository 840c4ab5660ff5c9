/** The guard's part of a plan: its word on the prompt, or whom it will ask under the request's hold. */
import type { GuardSecondData } from "#events/guard-events.ts";
import { stageBoundOf, stagePriceOf } from "#policy/guard-price.ts";
import { priceOf } from "#providers/price-book.ts";
import { secondOpinionsMax } from "../limits.ts";
import { type FirstLook, type GuardJudgement, judgePrompt } from "./guard.ts";
import type { Call, Plan, Verdict } from "./plan.ts";
import { knownOpinion, textOf } from "./second-opinion.ts";

/**
 * Adds what the guard says, and what it will say once somebody was asked about texts in doubt. That
 * costs money, so it is asked under the hold: until then the plan has no verdict of the guard's.
 */
export function guardPlan(
  plan: Plan,
  call: Call,
  look: FirstLook,
  verdictUnder: (guard: GuardJudgement) => Verdict | undefined,
): void {
  const decide = (second?: GuardSecondData): GuardJudgement => {
    const guard = judgePrompt(plan.resolved.guard, look, second);
    const verdict = verdictUnder(guard);
    if (guard.outcome !== undefined) plan.request.guard = guard.outcome;
    if (verdict === undefined) delete plan.verdict;
    else plan.verdict = verdict;
    return guard;
  };
  const { asks } = decide();
  if (asks === undefined) return;
  const known = knownOpinion(call, asks);
  if (known !== undefined) return void decide(known);
  // What is refused for another reason is shown to nobody: the first stage's word stands.
  if ((call.opinions?.length ?? 0) >= secondOpinionsMax) return;
  if (verdictUnder({ blocked: false }) !== undefined) return;
  const { document } = plan.policy.snapshot;
  const price = stagePriceOf(document, asks.stage, priceOf);
  if (price === undefined) {
    const unpriced = {
      outcome: "failed",
      failure: "unpriced",
      latencyMs: 0,
      costNanos: 0,
    } as const;
    return void decide(unpriced);
  }
  const bound = stageBoundOf(Buffer.byteLength(textOf(plan, asks.texts)), price);
  delete plan.verdict;
  if (plan.request.guard !== undefined) plan.request.guard.heldNanos = bound.costNanos;
  plan.request.bound.costNanos += bound.costNanos;
  plan.doubt = { ...asks, bound, decide };
}
