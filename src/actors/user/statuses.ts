/** What is left of each limit and budget of a request, as headers and refusals tell it. */
import type { BudgetData, LimitData, SharedBudgetData } from "#events/user-events.ts";
import { accountOf, budgetLeft, startOf } from "./budgets.ts";
import { capOf } from "./caps.ts";
import type { LimitStatus } from "./commands.ts";
import { leaseLeft, leaseOf, leaseRefOf, parentLeft } from "./leases.ts";
import { bucketOf, left, resetsAt } from "./rates.ts";
import { bookable, rateDenialOf, rateLeaseOf, sharedLeft } from "./shared-rates.ts";
import type { RequestData, UserState } from "./state.ts";

/**
 * The status of every limit, then of every budget. `exact`, when given, is what the admitting
 * transaction left of each, in the same order.
 */
export function statusesOf(
  state: UserState,
  request: RequestData,
  at: number,
  exact?: readonly number[],
): LimitStatus[] {
  const { policyVersion: version } = request;
  const limits = request.limits.map((limit): LimitStatus => {
    const { name, metric, limit: most, windowMs } = limit;
    if (metric === "concurrency") {
      const remaining = Math.max(most - capOf(state, limit, version).open, 0);
      return { name, metric, kind: "concurrency", limit: most, remaining, resetsAt: at, windowMs };
    }
    const bucket = bucketOf(state, limit, at, version);
    const remaining = left(bucket, limit, 0, at);
    const reset = resetsAt(bucket, limit, at);
    return { name, metric, kind: "rate", limit: most, remaining, resetsAt: reset, windowMs };
  });
  const budgets = request.budgets.map((budget) => budgetStatus(state, budget, version));
  const shared = (request.shared ?? []).flatMap((budget) => sharedStatuses(state, budget));
  const rates = (request.sharedLimits ?? []).map((limit) => sharedRate(state, limit, version, at));
  const all = [...limits, ...budgets, ...shared, ...rates];
  if (exact === undefined) return all;
  return all.map((status, index) => ({ ...status, remaining: exact[index] ?? status.remaining }));
}

/** A shared rate, as far as this principal's permits tell. */
function sharedRate(state: UserState, limit: LimitData, version: number, at: number): LimitStatus {
  const { name, metric, limit: most, windowMs } = limit;
  const lease = rateLeaseOf(state, limit);
  const remaining = sharedLeft(lease, limit, bookable(lease, version, at), 0);
  if (metric === "concurrency") {
    return { name, metric, kind: "concurrency", limit: most, remaining, resetsAt: at, windowMs };
  }
  const denial = rateDenialOf(lease, at);
  // The counter knows more; what this principal used itself leaves the window first from here.
  const own = resetsAt(bucketOf(state, limit, at, 0), limit, at);
  const reset = denial?.retryAt ?? own;
  return { name, metric, kind: "rate", limit: most, remaining, resetsAt: reset, windowMs };
}

/** A shared budget, and the one that it leases from, as far as this principal's credit tells. */
function sharedStatuses(state: UserState, budget: SharedBudgetData): LimitStatus[] {
  const lease = leaseOf(state, leaseRefOf(budget));
  const own = sharedStatus(budget, leaseLeft(lease, 0));
  const { parent } = budget;
  return parent === undefined ? [own] : [own, sharedStatus(parent, parentLeft(lease, 0))];
}

function sharedStatus(budget: BudgetData, remaining: number): LimitStatus {
  const { name, limitNanos: limit, resetsAt } = budget;
  const windowMs = resetsAt - startOf(budget);
  return { name, metric: "usd", kind: "budget", limit, remaining, resetsAt, windowMs };
}

function budgetStatus(state: UserState, budget: BudgetData, version: number): LimitStatus {
  const { name, limitNanos, resetsAt } = budget;
  return {
    name,
    metric: "usd",
    kind: "budget",
    limit: limitNanos,
    remaining: budgetLeft(accountOf(state, budget, version), budget, 0),
    resetsAt,
    windowMs: resetsAt - startOf(budget),
  };
}
