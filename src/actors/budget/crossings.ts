/** The thresholds of a shared budget: each is said once a period, when what is spent reaches it. */
import type { BudgetFact } from "#events/budget-events.ts";
import type { Account, BudgetState } from "./state.ts";

/** The thresholds that an account has passed and that no event says yet. */
export function crossings(state: BudgetState, account: Account): BudgetFact[] {
  const { usedNanos: spentNanos, crossed, lease } = account;
  const { limitNanos } = state;
  return state.thresholds
    .filter((share) => spentNanos > 0 && spentNanos >= limitNanos * share)
    .filter((share) => !crossed.includes(share))
    .map((threshold) => ({
      type: "BudgetThresholdCrossed",
      v: 1,
      data: { lease, threshold, spentNanos, limitNanos },
    }));
}
