/** What a node tells of itself: to its parent in totals, to readers as where it stands. */
import type { LeaseTotals, NodeStatus } from "./api.ts";
import type { LeaseRefData } from "#events/budget-events.ts";
import { periodIn, type Account, type BudgetState } from "./state.ts";

/** A node's own lease. Spent is what its children told; the rest that is out counts as held. */
export function nodeTotals(account: Account): LeaseTotals {
  const { own, outstandingNanos, prepaidNanos } = account;
  const { grantedNanos, returnedNanos, pastNanos } = own;
  const usedNanos = Math.max(account.usedNanos - prepaidNanos, 0);
  const heldNanos = Math.max(outstandingNanos - prepaidNanos - usedNanos, 0);
  const totals = { grantedNanos, returnedNanos, usedNanos, heldNanos };
  return pastNanos > 0 ? { ...totals, pastNanos } : totals;
}

/** What a node had of a budget that was its parent before. */
export function formerTotals(state: BudgetState, lease: LeaseRefData): LeaseTotals {
  const account = state.accounts.get(periodIn(lease));
  const { grantedNanos = 0, returnedNanos = 0 } = account?.former[lease.budget] ?? {};
  const heldNanos = Math.max(grantedNanos - returnedNanos, 0);
  return { grantedNanos, returnedNanos, usedNanos: 0, heldNanos };
}

export function statusOf(state: BudgetState, account: Account, complete: boolean): NodeStatus {
  const { lease, outstandingNanos } = account;
  const { limitNanos, version, effectiveVersion } = state;
  let settledNanos = 0;
  let heldNanos = 0;
  for (const child of account.children.values()) {
    settledNanos += child.usedNanos;
    heldNanos += child.heldNanos;
  }
  const leasedNanos = Math.max(outstandingNanos - settledNanos - heldNanos, 0);
  const spent = { settledNanos, heldNanos, leasedNanos, complete };
  return { lease, limitNanos, version, effectiveVersion, ...spent };
}
