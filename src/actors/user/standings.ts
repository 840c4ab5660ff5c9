/** Where a principal stands under each of their budgets, for readers. */
import { localScope } from "#policy/split.ts";
import type { BudgetStanding } from "./commands.ts";
import { creditOf } from "./leases.ts";
import type { UserState } from "./state.ts";

/** The accounts and leases of periods that are not over at `at`. */
export function standingsOf(state: UserState, at: number): BudgetStanding[] {
  const standings: BudgetStanding[] = [];
  for (const account of state.accounts.values()) {
    // What was read of a shared one's past is its lease's.
    if (account.resetsAt <= at || localScope(account.scope) !== undefined) continue;
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
