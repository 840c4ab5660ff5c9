/** Where a principal stands under each of their budgets, for readers. */
import type { BudgetStanding } from "./commands.ts";
import { creditOf } from "./leases.ts";
import type { UserState } from "./state.ts";

/** The accounts and leases of periods that are not over at `at`. */
export function standingsOf(state: UserState, at: number): BudgetStanding[] {
  const standings: BudgetStanding[] = [];
  for (const account of state.accounts.values()) {
    if (account.resetsAt <= at) continue;
    const { name: budget, scope, period, periodKey, resetsAt } = account;
    const { limitNanos, settledNanos, heldNanos } = account;
    const where = { budget, scope, period, periodKey, resetsAt };
    standings.push({ ...where, limitNanos, settledNanos, heldNanos });
  }
  for (const lease of state.leases.values()) {
    if (lease.ref.resetsAt <= at) continue;
    const { ref, grantedNanos, returnedNanos, usedNanos: settledNanos, heldNanos } = lease;
    const leasedNanos = Math.max(creditOf(lease), 0);
    const limitNanos = grantedNanos - returnedNanos;
    standings.push({ ...ref, limitNanos, settledNanos, heldNanos, leasedNanos });
  }
  return standings;
}
