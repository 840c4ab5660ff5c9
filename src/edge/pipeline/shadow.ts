/**
 * A request under the draft that is decided beside the policy in force: planned as if it were in
 * force, on the text in flight, and thrown away but for names and counts.
 *
 * Invariants: whatever happens here, the caller's request goes on as it would without; no text
 * leaves this file; what is scanned twice is bounded.
 */
import type { ShadowAsk } from "#actors/user/shadow.ts";
import type { ShadowData } from "#events/shadow-events.ts";
import { shadowCharsMax, shadowFindingsMax } from "../limits.ts";
import type { LivePolicy } from "../policy-cache.ts";
import type { Call, Plan } from "./plan.ts";

/** Plans a request under a policy; the pipeline's own planner. */
export type PlanRequest = (call: Call, policy: LivePolicy, tier?: string) => Plan;

/** What the actor is asked beside the request; undefined while no draft is shadowed. */
export function shadowOf(
  call: Call,
  { shadow }: LivePolicy,
  tier: string | undefined,
  plan: PlanRequest,
): ShadowAsk | undefined {
  if (shadow === undefined) return undefined;
  const { draft, policy } = shadow;
  if (call.asked.text.length > shadowCharsMax) return { draft, undecided: "too_large" };
  try {
    const { tiers } = policy.snapshot.document;
    const known = tier !== undefined && Object.hasOwn(tiers, tier) ? tier : undefined;
    return askOf(draft, plan(call, policy, known));
  } catch {
    // A draft that cannot plan a request must not cost the caller theirs.
    return { draft, undecided: "failed" };
  }
}

function askOf(draft: number, { request, verdict }: Plan): ShadowAsk {
  const { tier, chain, limits, budgets, bound, shared, sharedLimits } = request;
  const ask: ShadowAsk = { draft, request: { tier, chain, limits, budgets, bound } };
  if (verdict !== undefined) {
    const { code, by } = verdict;
    ask.verdict = by === undefined ? { code } : { code, by };
  }
  const findings = shadowFindings(request.findings);
  if (findings.length > 0) ask.findings = findings;
  if (shared !== undefined) ask.shared = shared;
  if (sharedLimits !== undefined) ask.sharedLimits = sharedLimits;
  return ask;
}

/** Findings by rule and action: how many, never what. */
export function shadowFindings(
  found: Plan["request"]["findings"],
): NonNullable<ShadowData["findings"]> {
  const sums = new Map<string, NonNullable<ShadowData["findings"]>[number]>();
  for (const { rule, action, enforced, count } of found) {
    const key = `${rule} ${action} ${enforced}`;
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { rule, action, enforced, count });
    else sum.count += count;
  }
  return [...sums.values()].slice(0, shadowFindingsMax);
}
