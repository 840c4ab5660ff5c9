/** What a budget means for each member, from the policy, the members and what the books say. */
import { periodOf } from "#policy/calendar.ts";
import type { PolicyDocument } from "#policy/document.ts";
import { usdToNanos } from "./money.ts";

export type Budget = PolicyDocument["budgets"][number];

/** Who a budget can apply to, as far as the console knows them. */
export interface Holder {
  id: string;
  tier: string;
  team?: string | undefined;
}

/** Spent against a limit. Amounts are nano-dollars, times milliseconds since 1970. */
export interface BudgetBar {
  /** Whose it is: a member, a team, or the organisation. */
  holder: string;
  spentNanos: number;
  limitNanos: number;
  resetsAt: number;
  /** What will be spent at the period's end if it goes on like this. */
  forecastNanos: number;
}

/** The period of a budget that holds a moment. */
export function budgetPeriod(budget: Budget, at: number, timeZone: string) {
  return periodOf(budget.period, at, timeZone);
}

/**
 * Whether a rule is about a member. Conditions on keys, models and tags of a request depend on the
 * request, so they count as met.
 */
export function concerns(when: Budget["when"], holder: Holder, defaultTier: string): boolean {
  const tier = holder.tier === "" ? defaultTier : holder.tier;
  return (
    (when.members?.includes(holder.id) ?? true) &&
    (when.tiers?.includes(tier) ?? true) &&
    (when.teams === undefined || (holder.team !== undefined && when.teams.includes(holder.team)))
  );
}

/** Whether a rule depends on what is in a request: then spend by member is not exactly its spend. */
export function dependsOnRequest(when: Budget["when"]): boolean {
  return when.keys !== undefined || when.models !== undefined || when.tags !== undefined;
}

/** At the rate so far: a straight line from the period's start, through now, to its end. */
export function forecast(
  spentNanos: number,
  startsAt: number,
  resetsAt: number,
  at: number,
): number {
  const passed = Math.min(Math.max(at - startsAt, 1), resetsAt - startsAt);
  return Math.round((spentNanos * (resetsAt - startsAt)) / passed);
}

/** One bar for each holder of a budget; the fullest first. */
export function budgetBars(options: {
  budget: Budget;
  holders: readonly Holder[];
  spentNanos: ReadonlyMap<string, number>;
  defaultTier: string;
  timeZone: string;
  at: number;
}): BudgetBar[] {
  const { budget, spentNanos, at } = options;
  const { startsAt, resetsAt } = budgetPeriod(budget, at, options.timeZone);
  const concerned = options.holders.filter((holder) =>
    concerns(budget.when, holder, options.defaultTier),
  );
  const spends = new Map<string, number>();
  for (const holder of concerned) {
    const name = nameOf(budget, holder);
    if (name === undefined) continue;
    spends.set(name, (spends.get(name) ?? 0) + (spentNanos.get(holder.id) ?? 0));
  }
  const limitNanos = usdToNanos(budget.limitUsd);
  const bars = [...spends].map(([holder, spent]) => ({
    holder,
    spentNanos: spent,
    limitNanos,
    resetsAt,
    forecastNanos: forecast(spent, startsAt, resetsAt, at),
  }));
  return bars.sort((a, b) => b.spentNanos - a.spentNanos || (a.holder < b.holder ? -1 : 1));
}

/** Whose bar a member's spend goes to; `undefined` when the books do not tell. */
function nameOf(budget: Budget, holder: Holder): string | undefined {
  if (budget.scope === "user") return holder.id;
  if (budget.scope === "team") return holder.team;
  if (budget.scope === "organisation") return "organisation";
  return undefined;
}
