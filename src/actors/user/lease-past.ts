/**
 * What a principal spent in a period before a shared budget counted it.
 *
 * Invariants, each a property test of the lease tree:
 * - a budget of a team counts what was spent as a member of that team, whoever is in it now; one of
 *   the organisation counts what no budget below it counts;
 * - nothing is counted twice for good: what a parent counts already is told as prepaid, and never as
 *   more than is spent and certain;
 * - a request that was open then is corrected, where its cost is counted, when it ends.
 */
import type { UserFact } from "#events/user-events.ts";
import type { LeaseRefData } from "#events/budget-events.ts";
import type { PolicyWhen } from "#policy/document.ts";
import { localScope } from "#policy/split.ts";
import { hasPast } from "./history.ts";
import {
  isTop,
  misses,
  missedBy,
  prepaidOf,
  takenOf,
  unsettled,
  type Taken,
} from "./lease-missed.ts";
import { keepLease, leaseFrom, leaseKey, leaseOf } from "./leases.ts";
import { leasesMax } from "./limits.ts";
import { unledgered } from "./own-past.ts";
import { takenPicked } from "./picked-lease.ts";
import { isUnread, type PickedPast } from "./picked-past.ts";
import { type DataOf, type Lease, type UserState } from "./state.ts";

/** A budget that begins to count, for the period that its lease names. */
export interface LeaseOpening {
  lease: LeaseRefData;
  startsAt: number;
  /** The budget that it leases from. */
  parent?: string | undefined;
  /** Of the organisation's: the budgets that lease from it. */
  below?: readonly string[];
  /** True when it counts every request of its scope, so that what it lacks can be told later too. */
  whole: boolean;
  /** Since when it has been what it is, milliseconds. */
  since?: number | undefined;
  /** What it picks of its scope's requests, and what the principal's stream says of those. */
  when?: PolicyWhen | undefined;
  past?: PickedPast | undefined;
  /** True when a request has met it: also that it has no past is written down. */
  met?: boolean;
}

/** Budgets of teams first: what they count is not counted above them again. */
export function inOrder(openings: readonly LeaseOpening[]): LeaseOpening[] {
  return [...openings].sort((a, b) => levelOf(a) - levelOf(b));
}

export function levelOf({ lease }: LeaseOpening): number {
  return lease.scope === "organisation" ? 1 : 0;
}

/** Takes over what is spent and held and that the budget does not count yet. */
export function decideOpenLease(
  state: UserState,
  opening: LeaseOpening,
  version: number,
): UserFact[] {
  const { lease: ref, startsAt, parent } = opening;
  const known = state.leases.get(leaseKey(ref));
  if (known === undefined && state.leases.size >= leasesMax) return [];
  const lease = { ...leaseOf(state, ref) };
  leaseFrom(lease, parent);
  const isOwn = localScope(ref.scope) !== undefined;
  const taken = takenBy(state, lease, opening);
  const { usedNanos, heldNanos, before } = taken;
  lease.usedNanos += usedNanos - (before?.usedNanos ?? 0);
  lease.heldNanos += heldNanos - (before?.heldNanos ?? 0);
  const prepaidNanos = prepaidOf(state, lease, taken, opening);
  const isMoved = known !== undefined && known.parent !== parent;
  // From here on nothing is admitted under an older version, also where nothing was spent.
  const isFence = isOwn && (lease.version ?? -1) < version;
  const isRead = isUnread(lease, opening) && (known !== undefined || opening.met === true);
  const isLedger = isLedgered(state, known ?? lease, opening);
  const isNews =
    usedNanos + heldNanos > 0 || prepaidNanos > (lease.prepaidNanos ?? 0) || isRead || isLedger;
  if (!isNews && !isMoved && !isFence) return [];
  const past = { usedNanos, heldNanos, prepaidNanos };
  const data: DataOf<"LeaseOpened"> = { lease: ref, version, startsAt, ...past };
  if (parent !== undefined) data.parent = parent;
  if (isFence) data.recalled = true;
  if (isLedger && opening.since !== undefined) data.since = opening.since;
  if (opening.below !== undefined) data.below = [...opening.below];
  if (isTop(lease)) data.bySlice = taken.bySlice;
  if (isUnread(lease, opening)) {
    if (opening.since !== undefined) data.since = opening.since;
    const { picks, open } = taken;
    Object.assign(data, picks && { picks }, open && { open }, before && { before });
  }
  return [{ type: "LeaseOpened", v: 1, data }];
}

function takenBy(state: UserState, lease: Lease, opening: LeaseOpening): Taken {
  const { startsAt, whole, past } = opening;
  const isNew = lease.grantedNanos === 0 && lease.pastNanos === undefined;
  const isOwn = localScope(lease.ref.scope) !== undefined;
  const unread = isUnread(lease, opening);
  if (unread && past !== undefined) return takenPicked(state, lease, opening, past);
  const asks =
    isLedgered(state, lease, opening) ||
    ((isNew || whole || unread) && (isOwn || hasPast(opening, startsAt)));
  return takenOf(asks ? missedBy(state, lease, opening) : []);
}

/** Whether the past of a member's own budget was read, and is not taken over yet. */
function isLedgered(state: UserState, lease: Lease, { since }: LeaseOpening): boolean {
  const isOwn = localScope(lease.ref.scope) !== undefined;
  return isOwn && unledgered(state, lease, since) !== undefined;
}

/** The fold of it. */
export function leaseOpened(state: UserState, data: DataOf<"LeaseOpened">, at: number): void {
  state.policyVersion = Math.max(state.policyVersion, data.version);
  const lease = keepLease(state, data.lease, at);
  leaseFrom(lease, data.parent);
  const isOwn = localScope(lease.ref.scope) !== undefined;
  if (isOwn) lease.version = data.version;
  if (data.recalled === true) lease.recalled = true;
  listHolds(state, lease, data);
  const { before } = data;
  const usedNanos = data.usedNanos - (before?.usedNanos ?? 0);
  const heldNanos = data.heldNanos - (before?.heldNanos ?? 0);
  // What is counted no more leaves its credit: that was granted once, or counted as past.
  lease.pastNanos = (lease.pastNanos ?? 0) + Math.max(usedNanos + heldNanos, 0);
  lease.usedNanos += usedNanos;
  lease.heldNanos += heldNanos;
  if (data.prepaidNanos > 0) lease.prepaidNanos = data.prepaidNanos;
  if (data.since !== undefined) {
    lease.since = data.since;
    if (data.picks === undefined) delete lease.picks;
    else lease.picks = data.picks;
  }
  if (before !== undefined) delete lease.bySlice;
  for (const [team, nanos] of Object.entries(data.bySlice ?? {})) {
    lease.bySlice ??= {};
    lease.bySlice[team] = (lease.bySlice[team] ?? 0) + nanos;
  }
}

/** Which requests without their truth a lease counts from here on. */
function listHolds(state: UserState, lease: Lease, data: DataOf<"LeaseOpened">): void {
  const key = leaseKey(lease.ref);
  const isOwn = localScope(lease.ref.scope) !== undefined;
  const { open, before, usedNanos, heldNanos } = data;
  const named = open && new Set(open);
  // Of a member's own budget only open requests are corrected: what expired stays counted in full.
  // One that only learns of its parent takes nothing in: what it lacks was not picked by it.
  // What was read says which of those are the budget's, also of what expired.
  const isLedger = isOwn && data.since !== undefined;
  const isPast = isLedger || heldNanos > 0 || (!isOwn && usedNanos > 0);
  for (const [id, hold] of unsettled(state)) {
    const { leases = [] } = hold;
    const isCounted = leases.includes(key);
    if (named === undefined) {
      if (
        isPast &&
        (!isOwn || isLedger || state.holds.has(id)) &&
        misses(state, lease, data, hold)
      ) {
        (hold.leases ??= []).push(key);
      }
    } else if (named.has(id)) {
      if (!isCounted) (hold.leases ??= []).push(key);
    } else if (before !== undefined && isCounted) {
      hold.leases = leases.filter((other) => other !== key);
    }
  }
}
