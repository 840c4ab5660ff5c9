/** What rules pick that came lately, as the actor needs it to count what was before them. */
import type { LimitData } from "#events/user-events.ts";
import type { PolicyDocument, PolicyWhen } from "./document.ts";
import { openMsMax } from "./limits.ts";
import { localScope } from "./split.ts";

/** The `when` of rules by name; caps are limits. */
export interface RulePicks {
  limits?: Record<string, PolicyWhen>;
  budgets?: Record<string, PolicyWhen>;
}

interface Asked {
  limits: readonly LimitData[];
  budgets: readonly AskedBudget[];
  /** Those of a member who is split are among these. */
  sharedLimits?: readonly LimitData[] | undefined;
  shared?: readonly AskedBudget[] | undefined;
}

interface Came {
  whole?: boolean | undefined;
  since?: number | undefined;
}

type AskedBudget = Came & { name: string; scope: string; startsAt?: number | undefined };

/** What a request's own rules pick that came within their window or period; undefined for none. */
export function picksFor(
  document: Pick<PolicyDocument, "limits" | "concurrency" | "budgets">,
  request: Asked,
  at: number,
): RulePicks | undefined {
  let picks: RulePicks | undefined;
  for (const limit of ownRules(request.limits, request.sharedLimits)) {
    if (!cameAfter(limit, at - reachOf(limit))) continue;
    const rules = limit.metric === "concurrency" ? document.concurrency : document.limits;
    const when = whenOf(rules, limit);
    if (when !== undefined) ((picks ??= {}).limits ??= {})[limit.name] = when;
  }
  for (const budget of ownRules(request.budgets, request.shared)) {
    if (!cameAfter(budget, budget.startsAt ?? at)) continue;
    const when = whenOf(document.budgets, budget);
    if (when !== undefined) ((picks ??= {}).budgets ??= {})[budget.name] = when;
  }
  return picks;
}

/** A member's own rules, also where several actors share them. */
export function* ownRules<Rule extends { scope: string }>(
  own: readonly Rule[],
  shared: readonly Rule[] | undefined,
): Generator<Rule> {
  yield* own;
  if (shared === undefined) return;
  for (const rule of shared) if (localScope(rule.scope) !== undefined) yield rule;
}

/** How far back a limit counts, milliseconds: a cap, for as long as a request may be open. */
export function reachOf({ metric, windowMs }: Pick<LimitData, "metric" | "windowMs">): number {
  return metric === "concurrency" ? openMsMax : windowMs;
}

/** Whether a rule that picks some requests came, or became another, after a moment. */
export function cameAfter({ whole, since }: Came, startsAt: number): boolean {
  return whole !== true && since !== undefined && since > startsAt;
}

function whenOf(
  rules: readonly { name: string; when: PolicyWhen }[],
  { name }: { name: string },
): PolicyWhen | undefined {
  return rules.find((rule) => rule.name === name)?.when;
}
