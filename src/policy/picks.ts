/** What rules pick that came lately, as the actor needs it to count what was before them. */
import type { LimitData } from "#events/user-events.ts";
import type { PolicyDocument, PolicyWhen } from "./document.ts";
import { isShared } from "./compile.ts";
import { openMsMax } from "./limits.ts";

/** The `when` of rules by name; caps are limits. */
export interface RulePicks {
  limits?: Record<string, PolicyWhen>;
  budgets?: Record<string, PolicyWhen>;
}

interface Asked {
  limits: readonly LimitData[];
  budgets: readonly AskedBudget[];
  /** Those that several principals share, and those of a member who is split. */
  sharedLimits?: readonly LimitData[] | undefined;
  shared?: readonly AskedBudget[] | undefined;
}

interface Came {
  whole?: boolean | undefined;
  since?: number | undefined;
}

type AskedBudget = Came & { name: string; scope: string; startsAt?: number | undefined };

/** What a request's rules pick that came within their window or period; undefined for none. */
export function picksFor(
  document: Pick<PolicyDocument, "limits" | "concurrency" | "budgets">,
  request: Asked,
  at: number,
): RulePicks | undefined {
  let picks: RulePicks | undefined;
  for (const limit of allOf(request.limits, request.sharedLimits)) {
    if (!cameAfter(limit, at - reachOf(limit))) continue;
    const rules = limit.metric === "concurrency" ? document.concurrency : document.limits;
    const when = whenOf(rules, limit);
    if (when !== undefined) ((picks ??= {}).limits ??= {})[limit.name] = when;
  }
  for (const budget of allOf(request.budgets, request.shared)) {
    if (!cameAfter(budget, budget.startsAt ?? at)) continue;
    const when = whenOf(document.budgets, budget);
    if (when !== undefined) ((picks ??= {}).budgets ??= {})[budget.name] = when;
  }
  return picks;
}

function* allOf<Rule>(own: readonly Rule[], shared: readonly Rule[] | undefined): Generator<Rule> {
  yield* own;
  if (shared !== undefined) yield* shared;
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
  rules: readonly { name: string; scope?: string; when: PolicyWhen }[],
  { name }: { name: string },
): PolicyWhen | undefined {
  const rule = rules.find((rule) => rule.name === name);
  return rule && isShared(rule.scope ?? "") ? sharedPick(rule.when) : rule?.when;
}

/**
 * What a rule of several members picks of one member's requests: `member` where that is not one whose
 * request it has picked already.
 */
export function sharedPick(when: PolicyWhen, member?: string): PolicyWhen {
  const { members, ...rest } = when;
  const isOut = member !== undefined && members?.includes(member) === false;
  return isOut ? { members: [] } : rest;
}
