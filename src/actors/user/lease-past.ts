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
import { localScope } from "#policy/split.ts";
import {
  BOOKED,
  bookedSince,
  hasPast,
  pastOf,
  pastScopeOf,
  sliceOf,
  teamOf,
  teamsOf,
} from "./history.ts";
import { aboveKey, keepLease, leaseFrom, leaseKey, leaseOf } from "./leases.ts";
import { leasesMax } from "./limits.ts";
import { accountKey, type DataOf, type Hold, type Lease, type UserState } from "./state.ts";

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
}

/** Takes over what is spent and held and that the budget does not count yet. */
export function decideOpenLease(
  state: UserState,
  opening: LeaseOpening,
  version: number,
): UserFact[] {
  const { lease: ref, startsAt, parent, whole } = opening;
  const known = state.leases.get(leaseKey(ref));
  if (known === undefined && state.leases.size >= leasesMax) return [];
  const lease = { ...leaseOf(state, ref) };
  leaseFrom(lease, parent);
  const isNew = lease.grantedNanos === 0 && lease.pastNanos === undefined;
  const isOwn = localScope(ref.scope) !== undefined;
  const asks = (isNew || whole) && (isOwn || hasPast(opening, startsAt));
  const missed = asks ? missedBy(state, lease, opening) : [];
  const heldNanos = sum(missed.map(({ held }) => held));
  const usedNanos = sum(missed.map(({ nanos }) => nanos)) - heldNanos;
  lease.usedNanos += usedNanos;
  lease.heldNanos += heldNanos;
  const prepaidNanos = prepaidOf(state, lease, startsAt);
  const isMoved = known !== undefined && known.parent !== parent;
  // From here on nothing is admitted under an older version, also where nothing was spent.
  const isFence = isOwn && (lease.version ?? -1) < version;
  const isNews = usedNanos + heldNanos > 0 || prepaidNanos > (lease.prepaidNanos ?? 0);
  if (!isNews && !isMoved && !isFence) return [];
  const past = { usedNanos, heldNanos, prepaidNanos };
  const data: DataOf<"LeaseOpened"> = { lease: ref, version, startsAt, ...past };
  if (parent !== undefined) data.parent = parent;
  if (isFence) data.recalled = true;
  if (opening.below !== undefined) data.below = [...opening.below];
  if (isTop(lease))
    data.bySlice = Object.fromEntries(missed.map(({ team, nanos }) => [team, nanos]));
  return [{ type: "LeaseOpened", v: 1, data }];
}

/** The fold of it. */
export function leaseOpened(state: UserState, data: DataOf<"LeaseOpened">, at: number): void {
  state.policyVersion = Math.max(state.policyVersion, data.version);
  const lease = keepLease(state, data.lease, at);
  leaseFrom(lease, data.parent);
  const isOwn = localScope(lease.ref.scope) !== undefined;
  if (isOwn) lease.version = data.version;
  if (data.recalled === true) lease.recalled = true;
  // Of a member's own budget only open requests are corrected: what expired stays counted in full.
  const isOpen = data.heldNanos > 0;
  // One that only learns of its parent takes nothing in: what it lacks was not picked by it.
  const isPast = isOwn ? isOpen : isOpen || data.usedNanos > 0;
  const taken = isOwn ? state.holds.values() : unsettled(state);
  for (const hold of isPast ? taken : []) {
    if (misses(state, lease, data, hold)) (hold.leases ??= []).push(leaseKey(lease.ref));
  }
  lease.pastNanos = (lease.pastNanos ?? 0) + data.usedNanos + data.heldNanos;
  lease.usedNanos += data.usedNanos;
  lease.heldNanos += data.heldNanos;
  if (data.prepaidNanos > 0) lease.prepaidNanos = data.prepaidNanos;
  for (const [team, nanos] of Object.entries(data.bySlice ?? {})) {
    lease.bySlice ??= {};
    lease.bySlice[team] = (lease.bySlice[team] ?? 0) + nanos;
  }
}

interface Counting {
  startsAt: number;
  below?: readonly string[] | undefined;
}

interface Missed {
  team: string;
  /** Spent and held, of which so much is held. */
  nanos: number;
  held: number;
}

/** What a lease does not count, by the team that it was spent in. */
function missedBy(state: UserState, lease: Lease, of: Counting & { whole: boolean }): Missed[] {
  const { startsAt, below } = of;
  const local = localScope(lease.ref.scope);
  if (local !== undefined) return [missedOwn(state, lease, of, local)];
  if (!isTop(lease)) {
    const all = bookedSince(state, pastScopeOf(lease.ref), startsAt);
    return [missedIn(state, lease, of, undefined, all - lease.usedNanos - lease.heldNanos)];
  }
  const teams = teamsOf(state).map((team) => {
    return { team, nanos: bookedSince(state, sliceOf(team), startsAt) };
  });
  const none = bookedSince(state, "user", startsAt) - sum(teams.map(({ nanos }) => nanos));
  return [...teams, { team: "", nanos: Math.max(none, 0) }].map(({ team, nanos }) => {
    const counted = (lease.bySlice?.[team] ?? 0) + countedBelow(state, lease, below, team);
    return missedIn(state, lease, of, team, nanos - counted);
  });
}

/** What a member's own budget does not count: its account's sums, or all of its scope's past. */
function missedOwn(
  state: UserState,
  lease: Lease,
  of: Counting & { whole: boolean },
  local: string,
): Missed {
  const { budget: name, period, periodKey } = lease.ref;
  const account = state.accounts.get(accountKey({ name, scope: local, period, periodKey }));
  const past = pastOf(state, BOOKED, local, of.startsAt - 1)?.sums[0] ?? 0;
  let held = 0;
  for (const hold of state.holds.values()) {
    if (misses(state, lease, of, hold)) held += hold.costNanos;
  }
  const counted = lease.usedNanos + lease.heldNanos;
  // One that picks some of its scope's requests knows better than the scope what it spent.
  const isPart = !of.whole && account !== undefined && counted === 0;
  const all = isPart ? account.settledNanos + held : Math.max(past, account?.settledNanos ?? 0);
  return { team: "", nanos: Math.max(all - counted, held), held };
}

function missedIn(
  state: UserState,
  lease: Lease,
  of: Counting,
  slice: string | undefined,
  nanos: number,
): Missed {
  let held = 0;
  for (const hold of state.holds.values()) {
    const isIn = slice === undefined || teamOf(hold) === slice;
    if (isIn && misses(state, lease, of, hold)) held += hold.costNanos;
  }
  return { team: slice ?? "", nanos: Math.max(nanos, held), held };
}

/** What budgets of a team count, and pass on, and what the one above does not count as well. */
function countedBelow(
  state: UserState,
  above: Lease,
  below: readonly string[] | undefined,
  team: string,
): number {
  let counted = 0;
  for (const lease of leasesUnder(state, above, below)) {
    if (lease.ref.scope !== `team:${team}`) continue;
    counted += lease.usedNanos + lease.heldNanos - (lease.prepaidNanos ?? 0);
    for (const { leases = [], costNanos } of unsettled(state)) {
      const isTwice = leases.includes(leaseKey(lease.ref)) && leases.includes(leaseKey(above.ref));
      if (isTwice) counted -= costNanos;
    }
  }
  return counted;
}

/**
 * What the parent counts for this principal without the budget between: what both count of the
 * team's past is at least what they count together above the whole of it. Open and unverified costs
 * may still fall, so they are left out.
 */
function prepaidOf(state: UserState, lease: Lease, startsAt: number): number {
  const before = lease.prepaidNanos ?? 0;
  const key = aboveKey(lease);
  const above = key === undefined ? undefined : state.leases.get(key);
  if (key === undefined || above === undefined || isTop(lease)) return before;
  const team = lease.ref.scope.slice(5);
  let certain = above.bySlice?.[team] ?? 0;
  for (const { leases = [], scopes, costNanos } of unsettled(state)) {
    if (teamOf({ scopes }) === team && leases.includes(key)) certain -= costNanos;
  }
  const both = certain + lease.usedNanos + lease.heldNanos;
  return Math.max(both - bookedSince(state, sliceOf(team), startsAt), before);
}

/** Whether a hold of the period belongs to a budget that does not count it. */
function misses(
  state: UserState,
  lease: Lease,
  { startsAt, below }: Counting,
  hold: Hold,
): boolean {
  const { leases = [] } = hold;
  if (hold.at < startsAt || leases.includes(leaseKey(lease.ref))) return false;
  const local = localScope(lease.ref.scope);
  if (local !== undefined) return hold.scopes.includes(local);
  if (!isTop(lease)) return hold.scopes.includes(pastScopeOf(lease.ref));
  const under = new Set([...leasesUnder(state, lease, below)].map(({ ref }) => leaseKey(ref)));
  return !leases.some((other) => under.has(other));
}

/** Leases of budgets that lease from this one. */
function* leasesUnder(
  state: UserState,
  { ref }: Lease,
  below: readonly string[] | undefined,
): Generator<Lease> {
  for (const other of state.leases.values()) {
    const { period, periodKey } = other.ref;
    const isSame = period === ref.period && periodKey === ref.periodKey;
    const isBelow = below?.includes(other.ref.budget) ?? true;
    if (isSame && isBelow && other.parent === ref.budget) yield other;
  }
}

function isTop({ ref }: Lease): boolean {
  return ref.scope === "organisation";
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

function* unsettled(state: UserState): Generator<Hold> {
  yield* state.holds.values();
  for (const { hold } of state.expired.values()) yield hold;
}
