/**
 * What rules pick that came lately, as the actor needs it to count what was before them.
 *
 * A rule that tells requests by tier is left out: who was sent to a cheaper tier is recorded under
 * that one alone.
 */
import type { LimitData } from "#events/user-events.ts";
import type { PolicyDocument, PolicyWhen } from "./document.ts";
import { localScope } from "./split.ts";

/** The `when` of rules by name. */
export interface RulePicks {
  limits?: Record<string, PolicyWhen>;
  budgets?: Record<string, PolicyWhen>;
}

interface Asked {
  limits: readonly LimitData[];
  budgets: readonly (Came & { name: string; scope: string; startsAt?: number | undefined })[];
}

interface Came {
  whole?: boolean | undefined;
  since?: number | undefined;
}

/** What a request's own rules pick that came within their window or period; undefined for none. */
export function picksFor(
  document: Pick<PolicyDocument, "limits" | "budgets">,
  { limits, budgets }: Asked,
  at: number,
): RulePicks | undefined {
  let picks: RulePicks | undefined;
  for (const limit of limits) {
    if (limit.metric === "concurrency" || !cameAfter(limit, at - limit.windowMs)) continue;
    const when = whenOf(document.limits, limit);
    if (when !== undefined) ((picks ??= {}).limits ??= {})[limit.name] = when;
  }
  for (const budget of budgets) {
    if (!cameAfter(budget, budget.startsAt ?? at)) continue;
    const when = whenOf(document.budgets, budget);
    if (when !== undefined) ((picks ??= {}).budgets ??= {})[budget.name] = when;
  }
  return picks;
}

/** Whether a rule that picks some requests came, or became another, after a moment. */
export function cameAfter({ whole, since }: Came, startsAt: number): boolean {
  return whole !== true && since !== undefined && since > startsAt;
}

function whenOf(
  rules: readonly { name: string; when: PolicyWhen }[],
  { name, scope }: { name: string; scope: string },
): PolicyWhen | undefined {
  if (localScope(scope) !== undefined || scope.startsWith("session:")) return undefined;
  const when = rules.find((rule) => rule.name === name)?.when;
  return when?.tiers === undefined ? when : undefined;
}
