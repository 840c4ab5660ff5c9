/** What a node tells of itself: to its parent in totals, to readers as where it stands. */
import type { LeaseTotals, NodeStatus } from "./api.ts";
import type { Account, BudgetState } from "./state.ts";

/** A node's own lease. Spent is what its children told; the rest that is out counts as held. */
export function nodeTotals(account: Account): LeaseTotals {
  const { own, outstandingNanos } = account;
  const { grantedNanos, returnedNanos } = own;
  const usedNanos = Math.max(account.usedNanos, 0);
  const heldNanos = Math.max(outstandingNanos - usedNanos, 0);
  return { grantedNanos, returnedNanos, usedNanos, heldNanos };
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
