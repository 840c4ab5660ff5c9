/**
 * Leases: credit of budgets above this principal, as escrow.
 *
 * Invariants, each a property test of the lease tree:
 * - credit is granted - returned - used - held, and an admission never makes it negative;
 * - granted and returned are totals of the period that only rise, so a message that is lost,
 *   repeated or late makes no credit;
 * - what is returned is durable here before the node hears of it;
 * - after a recall nothing is spent before a new grant, not even what settlements give back.
 */
import type { LeaseRefData, PrepaidData } from "#events/budget-events.ts";
import type { BudgetData, SharedBudgetData, UserFact } from "#events/user-events.ts";
import { localScope } from "#policy/split.ts";
import { teamOf } from "./history.ts";
import { accountKeepMs, leaseIdleMs } from "./limits.ts";
import { accountKey, type DataOf, type Hold, type Lease, type UserState } from "./state.ts";

/** What a lease asks of its node, in totals of the period. */
export interface LeaseTotals {
  grantedNanos: number;
  returnedNanos: number;
  usedNanos: number;
  heldNanos: number;
  pastNanos?: number;
  prepaid?: PrepaidData;
}

export function leaseRefOf(budget: BudgetData): LeaseRefData {
  const { name, scope, period, periodKey, resetsAt } = budget;
  return { budget: name, scope, period, periodKey, resetsAt };
}

export function leaseKey({ budget: name, scope, period, periodKey }: LeaseRefData): string {
  return accountKey({ name, scope, period, periodKey });
}

export function emptyLease(ref: LeaseRefData): Lease {
  return {
    ref,
    grantedNanos: 0,
    returnedNanos: 0,
    usedNanos: 0,
    heldNanos: 0,
    recalled: false,
    sizeNanos: 0,
    freeNanos: 0,
    usedAt: 0,
  };
}

export function leaseOf(state: UserState, ref: LeaseRefData): Lease {
  return state.leases.get(leaseKey(ref)) ?? emptyLease(ref);
}

/** Granted and neither returned, used nor held. Negative after an overrun that `estimate` let pass. */
export function creditOf(lease: Lease): number {
  const { grantedNanos, returnedNanos, usedNanos, heldNanos, pastNanos = 0 } = lease;
  return grantedNanos + pastNanos - returnedNanos - usedNanos - heldNanos;
}

/** Credit that an admission may take. */
export function spendable(lease: Lease): number {
  return lease.recalled ? 0 : Math.max(creditOf(lease), 0);
}

/**
 * The same under a policy version. Credit of a member's own budget from an older one is none: a cut
 * holds from the first request under it, as where one actor decides.
 */
export function spendableUnder(lease: Lease, version: number): number {
  const isOld = lease.version !== undefined && lease.version < version;
  return isOld && localScope(lease.ref.scope) !== undefined ? 0 : spendable(lease);
}

export function totalsOf(lease: Lease): LeaseTotals {
  const { grantedNanos, returnedNanos, usedNanos, heldNanos } = lease;
  const { pastNanos, parent, prepaidNanos = 0 } = lease;
  const totals: LeaseTotals = { grantedNanos, returnedNanos, usedNanos, heldNanos };
  if (pastNanos !== undefined) totals.pastNanos = pastNanos;
  if (parent !== undefined && prepaidNanos > 0) totals.prepaid = { parent, nanos: prepaidNanos };
  return totals;
}

/** What is left after `costNanos` more, as far as this principal knows: own credit and the node's. */
export function leaseLeft(lease: Lease, costNanos: number): number {
  return Math.max(spendable(lease) - costNanos, 0) + lease.freeNanos;
}

/** The same of the budget that the node leases from. */
export function parentLeft(lease: Lease, costNanos: number): number {
  return Math.max(spendable(lease) - costNanos, 0) + (lease.parentFreeNanos ?? lease.freeNanos);
}

/** The node said no, or nothing, a moment ago. */
export function denialOf(lease: Lease, at: number): Lease["denied"] {
  return lease.denied !== undefined && lease.denied.untilAt > at ? lease.denied : undefined;
}

/** What a node's answer adds to the log. */
export function decideLeaseGranted(state: UserState, data: DataOf<"LeaseGranted">): UserFact[] {
  const known = leaseOf(state, data.lease).grantedNanos;
  if (!Number.isSafeInteger(data.grantedNanos) || data.grantedNanos <= known) return [];
  return [{ type: "LeaseGranted", v: 1, data }];
}

/** Gives back what is not held. A recall brings the grants that are still on their way. */
export function decideLeaseReturn(
  state: UserState,
  command: {
    lease: LeaseRefData;
    grantedNanos: number;
    recall?: number | undefined;
    keepNanos?: number;
  },
): UserFact[] {
  const { lease: ref, grantedNanos, keepNanos = 0 } = command;
  const lease = leaseOf(state, ref);
  // A grant that goes back unspent begins nothing: what older requests give back stays unspent too.
  const stays = lease.recalled && localScope(ref.scope) !== undefined ? 0 : undefined;
  const { recall = stays } = command;
  const facts = decideLeaseGranted(state, { lease: ref, grantedNanos });
  const granted = facts.length > 0 ? grantedNanos : lease.grantedNanos;
  const credit = Math.max(creditOf({ ...lease, grantedNanos: granted }) - keepNanos, 0);
  const recalled = lease.recalled && facts.length === 0;
  if (credit === 0 && (recall === undefined || recalled)) return facts;
  const data = { lease: ref, returnedNanos: lease.returnedNanos + credit };
  return [
    ...facts,
    { type: "LeaseReturned", v: 1, data: recall === undefined ? data : { ...data, recall } },
  ];
}

/** Gives back what nobody used for a while. */
export function decideIdleReturns(state: UserState, at: number): UserFact[] {
  return [...state.leases.values()]
    .filter((lease) => creditOf(lease) > 0 && lease.usedAt + leaseIdleMs <= at)
    .flatMap(({ ref, grantedNanos }) => decideLeaseReturn(state, { lease: ref, grantedNanos }));
}

/** When the next lease is idle, milliseconds. */
export function nextIdleAt(state: UserState): number | undefined {
  let next = Infinity;
  for (const lease of state.leases.values()) {
    if (creditOf(lease) > 0) next = Math.min(next, lease.usedAt + leaseIdleMs);
  }
  return next === Infinity ? undefined : next;
}

/** Keeps a lease in the fold. */
export function keepLease(state: UserState, ref: LeaseRefData, at: number): Lease {
  const key = leaseKey(ref);
  let lease = state.leases.get(key);
  if (lease === undefined) {
    for (const [other, { ref: old, heldNanos }] of state.leases) {
      if (heldNanos === 0 && old.resetsAt + accountKeepMs < at) state.leases.delete(other);
    }
    lease = emptyLease(ref);
    lease.usedAt = at;
    state.leases.set(key, lease);
  }
  return lease;
}

/** Holds an admission's cost under every shared budget that was not passed. */
export function holdLeases(
  state: UserState,
  hold: Hold,
  shared: readonly SharedBudgetData[],
  over: readonly string[],
  at: number,
): void {
  for (const budget of shared) {
    if (over.includes(budget.name)) continue;
    const ref = leaseRefOf(budget);
    const lease = keepLease(state, ref, at);
    leaseFrom(lease, budget.parent?.name);
    lease.heldNanos += hold.costNanos;
    addSlice(lease, hold, hold.costNanos);
    lease.usedAt = at;
    (hold.leases ??= []).push(leaseKey(ref));
  }
}

/** Notes the budget that a lease's node leases from. What another one counted is not this one's. */
export function leaseFrom(lease: Lease, parent: string | undefined): void {
  if (lease.parent === parent) return;
  delete lease.prepaidNanos;
  if (parent === undefined) delete lease.parent;
  else lease.parent = parent;
}

/** The key of the lease that a principal has of the budget above, when it leases there directly too. */
export function aboveKey({ ref, parent }: Lease): string | undefined {
  if (parent === undefined) return undefined;
  return leaseKey({ ...ref, budget: parent, scope: "organisation" });
}

/** A request under a budget and, from an earlier policy, under the one above it: now it is certain. */
export function notePrepaid(state: UserState, { leases = [] }: Hold, costNanos: number): void {
  for (const key of leases) {
    const lease = state.leases.get(key);
    const above = lease && aboveKey(lease);
    if (lease === undefined || above === undefined || !leases.includes(above)) continue;
    lease.prepaidNanos = (lease.prepaidNanos ?? 0) + costNanos;
  }
}

function addSlice(lease: Lease, hold: Hold, nanos: number): void {
  if (lease.ref.scope !== "organisation") return;
  const slice = teamOf(hold);
  lease.bySlice ??= {};
  lease.bySlice[slice] = (lease.bySlice[slice] ?? 0) + nanos;
}

/** Moves what a hold holds, and what it used, under each of its leases. */
export function moveLeases(
  state: UserState,
  hold: Hold,
  heldDelta: number,
  usedDelta: number,
): void {
  for (const key of hold.leases ?? []) {
    const lease = state.leases.get(key);
    if (lease === undefined) continue;
    lease.heldNanos += heldDelta;
    lease.usedNanos += usedDelta;
    addSlice(lease, hold, heldDelta + usedDelta);
  }
}

export function leaseGranted(state: UserState, data: DataOf<"LeaseGranted">, at: number): void {
  const lease = keepLease(state, data.lease, at);
  const { grantedNanos, freeNanos, parentFreeNanos } = data;
  lease.usedAt = at;
  if (freeNanos !== undefined) lease.freeNanos = freeNanos;
  if (parentFreeNanos !== undefined) lease.parentFreeNanos = parentFreeNanos;
  delete lease.denied;
  if (grantedNanos <= lease.grantedNanos) return;
  lease.sizeNanos = grantedNanos - lease.grantedNanos;
  lease.grantedNanos = grantedNanos;
  lease.recalled = false;
}

export function leaseReturned(state: UserState, data: DataOf<"LeaseReturned">, at: number): void {
  const lease = keepLease(state, data.lease, at);
  lease.returnedNanos = Math.max(lease.returnedNanos, data.returnedNanos);
  if (data.recall !== undefined) lease.recalled = true;
}

export function leaseDenied(state: UserState, data: DataOf<"LeaseDenied">, at: number): void {
  const lease = keepLease(state, data.lease, at);
  const { reason, by, untilAt } = data;
  lease.denied = { reason, by, untilAt };
  lease.freeNanos = 0;
}
