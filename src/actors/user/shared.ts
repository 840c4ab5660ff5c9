/**
 * What a request may do under budgets and rates that it shares with others: as far as this
 * principal's own credit and permits tell, in the transaction that admits.
 */
import type { LimitData, SharedBudgetData } from "#events/user-events.ts";
import type { Refusal } from "./admit.ts";
import { denialOf, leaseLeft, leaseOf, leaseRefOf, parentLeft, spendableUnder } from "./leases.ts";
import { amountOf } from "./rates.ts";
import { bookable, rateDenialOf, rateLeaseOf, sharedLeft } from "./shared-rates.ts";
import type { RequestData, UserState } from "./state.ts";

interface Checked {
  readonly left: readonly number[];
  readonly refusals: readonly Refusal[];
}

/** Of the many requests that share nothing. */
const NOTHING: Checked = { left: [], refusals: [] };

const codes = {
  requests: "rate_limited",
  concurrency: "concurrency_limited",
  tokens: "token_rate_limited",
  usd: "spend_rate_limited",
} as const;

/** Every shared budget, and the one that it leases from. */
export function checkSharedBudgets(
  state: UserState,
  { shared, bound, policyVersion }: RequestData,
  at: number,
  over: string[],
): Checked {
  if (shared === undefined) return NOTHING;
  const left: number[] = [];
  const refusals: Refusal[] = [];
  for (const budget of shared) {
    const verdict = checkShared(state, budget, bound.costNanos, policyVersion, at, over);
    if (typeof verdict === "number") {
      left.push(verdict);
      if (budget.parent === undefined) continue;
      left.push(parentLeft(leaseOf(state, leaseRefOf(budget)), bound.costNanos));
    } else refusals.push(verdict);
  }
  return { left, refusals };
}

/** Every shared rate. */
export function checkSharedRates(
  state: UserState,
  { sharedLimits, bound, policyVersion }: RequestData,
  at: number,
): Checked {
  if (sharedLimits === undefined) return NOTHING;
  const left: number[] = [];
  const refusals: Refusal[] = [];
  for (const limit of sharedLimits) {
    const verdict = checkRate(state, limit, policyVersion, amountOf(limit.metric, bound), at);
    if (typeof verdict === "number") left.push(verdict);
    // A full cap is told before a rate that is used up.
    else if (limit.metric === "concurrency") refusals.unshift(verdict);
    else refusals.push(verdict);
  }
  return { left, refusals };
}

function checkRate(
  state: UserState,
  limit: LimitData,
  version: number,
  amount: number,
  at: number,
): number | Refusal {
  const lease = rateLeaseOf(state, limit);
  const may = bookable(lease, version, at);
  if (amount === 0 || may >= amount) return sharedLeft(lease, limit, may, amount);
  const { name: by, scope, metric } = limit;
  if (amount > limit.limit) return { code: codes[metric], by, scope };
  const denial = rateDenialOf(lease, at);
  if (denial === undefined) return { code: "limit_unavailable", by, scope, short: true };
  const { reason, retryAt, untilAt } = denial;
  if (reason === "unavailable") return { code: "limit_unavailable", by, scope, retryAt: untilAt };
  return { code: codes[metric], by, scope, retryAt };
}

/** A shared budget covers what its lease covers; without a word of its node, nothing is known. */
function checkShared(
  state: UserState,
  budget: SharedBudgetData,
  costNanos: number,
  version: number,
  at: number,
  over: string[],
): number | Refusal {
  const lease = leaseOf(state, leaseRefOf(budget));
  if (costNanos === 0 || spendableUnder(lease, version) >= costNanos)
    return leaseLeft(lease, costNanos);
  const denial = denialOf(lease, at);
  const { name: by, scope, parent } = budget;
  if (denial === undefined) return { code: "budget_unavailable", by, scope, short: true };
  const atLimit = parent?.name === denial.by ? parent.atLimit : budget.atLimit;
  if (denial.reason === "unavailable") {
    return { code: "budget_unavailable", by: denial.by, scope, retryAt: denial.untilAt };
  }
  if (atLimit === "allow") {
    over.push(by);
    return 0;
  }
  const code = atLimit === "downgrade" ? "budget_downgrade" : "budget_exceeded";
  return { code, by: denial.by, scope, retryAt: denial.untilAt };
}

/** The shared budgets and rates of a request that must be asked before it can be decided. */
export interface Short {
  budgets: SharedBudgetData[];
  rates: LimitData[];
}

/** What a request lacks; `short` is for those whose judgement says that something is. */
export function lackOf(state: UserState, request: RequestData, at: number): Short {
  const { shared = [], sharedLimits = [], bound, policyVersion } = request;
  return {
    budgets: shared.filter((budget) => {
      const lease = leaseOf(state, leaseRefOf(budget));
      const credit = spendableUnder(lease, policyVersion);
      return credit < bound.costNanos && denialOf(lease, at) === undefined;
    }),
    rates: sharedLimits.filter((limit) => {
      const lease = rateLeaseOf(state, limit);
      const amount = amountOf(limit.metric, bound);
      const isMet =
        bookable(lease, policyVersion, at) >= amount || rateDenialOf(lease, at) !== undefined;
      return amount > 0 && !isMet;
    }),
  };
}
