/**
 * Budgets: what was spent and what is held, per budget and period.
 *
 * Invariants, each the title of a property test:
 * - settled + held never exceeds the limit at an admission, unless policy says `allow`;
 * - a cost is booked to the period of its admission, whenever it settles;
 * - a threshold is recorded once per period and share;
 * - a budget that is new or lowered counts what its scope spent since the period began.
 */
import type { BudgetData } from "#events/user-events.ts";
import { BOOKED, lacksPast, pastOf } from "./history.ts";
import { accountKeepMs } from "./limits.ts";
import { accountKey, type Account, type DataOf, type Hold, type UserState } from "./state.ts";

const hourMs = 60 * 60 * 1_000;
const dayMs = 24 * hourMs;

/**
 * A budget's account as it stands for a request: the fold's own, or a new one that starts from what
 * its scope spent since the period began.
 */
export function accountOf(state: UserState, budget: BudgetData, version: number): Account {
  const known = state.accounts.get(accountKey(budget));
  if (known !== undefined && (budget.whole !== true || known.version >= version)) return known;
  const startsAt = startOf(budget);
  const counts = lacksPast(state, "budget", budget, startsAt);
  const past = counts ? pastOf(state, BOOKED, budget.scope, startsAt - 1) : undefined;
  const spentNanos = past?.sums[0] ?? 0;
  // A policy in between may have been without this budget: then it lacks what was spent under that.
  if (known !== undefined && spentNanos <= known.settledNanos + known.heldNanos) return known;
  let heldNanos = 0;
  for (const hold of counts ? state.holds.values() : []) {
    if (isUnder(hold, budget, startsAt)) heldNanos += hold.costNanos;
  }
  const { name, scope, period, periodKey, resetsAt, limitNanos, thresholds, atLimit } = budget;
  return {
    name,
    scope,
    period,
    periodKey,
    resetsAt,
    limitNanos,
    thresholds,
    atLimit,
    settledNanos: Math.max(spentNanos - heldNanos, 0),
    heldNanos,
    version,
    crossed: known?.crossed ?? [],
  };
}

/** When a budget's period began: an hour early at most, when the request does not say. */
export function startOf(budget: BudgetData): number {
  if (budget.startsAt !== undefined) return budget.startsAt;
  const [year = 0, month = 1] = budget.periodKey.split("-").map(Number);
  const monthDays = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const days = { day: 1, week: 7, month: monthDays }[budget.period];
  return budget.resetsAt - days * dayMs - hourMs;
}

/** Whether a hold counts against a budget that was made after it. */
export function isUnder(hold: Hold, budget: BudgetData, startsAt: number): boolean {
  return hold.at >= startsAt && hold.scopes.includes(budget.scope);
}

/** Whether a cost fits. A cost of nothing always does. */
export function affords(
  account: Account,
  budget: { limitNanos: number },
  costNanos: number,
): boolean {
  if (costNanos === 0) return true;
  return account.settledNanos + account.heldNanos + costNanos <= budget.limitNanos;
}

/** What is left after `costNanos` more. */
export function budgetLeft(
  account: Account,
  budget: { limitNanos: number },
  costNanos: number,
): number {
  const used = account.settledNanos + account.heldNanos + costNanos;
  return Math.max(budget.limitNanos - used, 0);
}

/** Keeps what the policy says now of a budget. Changes the account. */
export function adoptBudget(account: Account, budget: BudgetData, version: number): void {
  account.version = version;
  account.limitNanos = budget.limitNanos;
  account.thresholds = budget.thresholds;
  account.resetsAt = budget.resetsAt;
  account.atLimit = budget.atLimit;
}

/** The thresholds that an account has passed and that no event says yet. */
export function crossings(
  account: Account,
  budget: { limitNanos: number; thresholds: readonly number[] },
  settledNanos: number,
): { type: "ThresholdCrossed"; v: 1; data: DataOf<"ThresholdCrossed"> }[] {
  const facts: ReturnType<typeof crossings> = [];
  const { limitNanos } = budget;
  for (const threshold of budget.thresholds) {
    if (settledNanos === 0 || settledNanos < limitNanos * threshold) continue;
    if (account.crossed.includes(threshold)) continue;
    const { name, scope, period, periodKey } = account;
    const spentNanos = settledNanos;
    facts.push({
      type: "ThresholdCrossed",
      v: 1,
      data: { budget: name, scope, period, periodKey, threshold, spentNanos, limitNanos },
    });
  }
  return facts;
}

/** Notes that a crossing is recorded. */
export function noteCrossing(state: UserState, data: DataOf<"ThresholdCrossed">): void {
  const { budget: name, scope, periodKey, period = "month" } = data;
  const account = state.accounts.get(accountKey({ name, scope, period, periodKey }));
  if (account !== undefined && !account.crossed.includes(data.threshold)) {
    account.crossed.push(data.threshold);
  }
}

/** Forgets accounts of periods to which nothing can be booked any more. */
export function dropOldAccounts(state: UserState, at: number): void {
  for (const [key, account] of state.accounts) {
    if (account.heldNanos === 0 && account.resetsAt + accountKeepMs < at) {
      state.accounts.delete(key);
    }
  }
}
