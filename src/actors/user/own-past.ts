/**
 * What a budget of a member who is split counts of its past, once it was read from the stream of one
 * of the member's actors: an account beside the lease, which takes it over once.
 *
 * Invariants: what is taken over is at least what the budget would have counted had it been there, and
 * no more where its lease is new.
 */
import type { LeaseRefData } from "#events/budget-events.ts";
import { leaseKey } from "./leases.ts";
import {
  accountKey,
  pastKey,
  type Account,
  type Hold,
  type Lease,
  type UserState,
} from "./state.ts";

type Sums = Pick<Account, "settledNanos" | "heldNanos">;

/** What was read of the past of a budget that is what it is since a moment, and not taken over yet. */
export function unledgered(
  state: UserState,
  { ref, since: taken }: Lease,
  since: number | undefined,
): Sums | undefined {
  if (since === undefined || taken === since) return undefined;
  const read = state.accounts.get(ledgerKey(ref));
  if (read?.since === since) return read;
  const isRead =
    state.read.get(pastKey("budget", { name: ref.budget, scope: ref.scope })) === since;
  return isRead ? { settledNanos: 0, heldNanos: 0 } : undefined;
}

/** How much of it is news to a lease, and how much of that is held. */
export function newsOf(
  state: UserState,
  lease: Lease,
  { settledNanos, heldNanos }: Sums,
): { nanos: number; held: number } {
  const key = leaseKey(lease.ref);
  let held = 0;
  for (const hold of state.holds.values()) {
    if (wasRead(lease.ref, hold) && hold.leases?.includes(key) !== true) held += hold.costNanos;
  }
  // What the lease counts and has not come to its truth may yet turn out to be nothing.
  let certain = lease.usedNanos;
  for (const { hold } of state.expired.values()) {
    if (hold.leases?.includes(key) === true) certain -= hold.costNanos;
  }
  return { nanos: Math.max(settledNanos + heldNanos - certain, held), held };
}

/** Whether a request that has not come to its truth is part of what was read. */
export function wasRead(ref: LeaseRefData, { accounts }: Hold): boolean {
  return accounts.includes(ledgerKey(ref));
}

function ledgerKey({ budget: name, scope, period, periodKey }: LeaseRefData): string {
  return accountKey({ name, scope, period, periodKey });
}
