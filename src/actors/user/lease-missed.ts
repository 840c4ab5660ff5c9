/**
 * What a lease of a shared budget does not count yet of what its principal spent, and what is counted
 * by it and by the budget above it.
 */
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
import { aboveKey, leaseKey } from "./leases.ts";
import { newsOf, unledgered, wasRead } from "./own-past.ts";
import { accountKey, type Hold, type Lease, type UserState } from "./state.ts";

export interface Counting {
  startsAt: number;
  since?: number | undefined;
  below?: readonly string[] | undefined;
}

export interface Missed {
  team: string;
  /** Spent and held, of which so much is held. */
  nanos: number;
  held: number;
}

/** What a lease takes in, by the slices that it was spent in. */
export interface Taken {
  usedNanos: number;
  heldNanos: number;
  bySlice: Record<string, number>;
  /** Of a budget that picks some requests: those it counts that have not come to their truth. */
  open?: string[];
  /** A hash of what it picks, where nothing else is counted. */
  picks?: string;
  /** What it counted before, where all of that is counted anew. */
  before?: { usedNanos: number; heldNanos: number };
}

export function takenOf(missed: readonly Missed[]): Taken {
  const heldNanos = sum(missed.map(({ held }) => held));
  const usedNanos = sum(missed.map(({ nanos }) => nanos)) - heldNanos;
  const bySlice = Object.fromEntries(missed.map(({ team, nanos }) => [team, nanos]));
  return { usedNanos, heldNanos, bySlice };
}

/** What a lease does not count, by the team that it was spent in. */
export function missedBy(
  state: UserState,
  lease: Lease,
  of: Counting & { whole: boolean },
): Missed[] {
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
  const read = unledgered(state, lease, of.since);
  if (read !== undefined) return { team: "", ...newsOf(state, lease, read) };
  const { budget: name, period, periodKey } = lease.ref;
  const account = state.accounts.get(accountKey({ name, scope: local, period, periodKey }));
  const past = pastOf(state, BOOKED, local, of.startsAt - 1)?.sums[0] ?? 0;
  let held = 0;
  for (const hold of state.holds.values()) {
    if (misses(state, lease, of, hold)) held += hold.costNanos;
  }
  const counted = lease.usedNanos + lease.heldNanos;
  // One that picks some of its scope's requests, and always did, knows better than the scope.
  const isPart = !of.whole && account !== undefined && counted === 0 && !hasPast(of, of.startsAt);
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
export function countedBelow(
  state: UserState,
  above: Lease,
  below: readonly string[] | undefined,
  team: string,
): number {
  let counted = 0;
  for (const lease of leasesUnder(state, above, below)) {
    if (lease.ref.scope !== `team:${team}`) continue;
    counted += lease.usedNanos + lease.heldNanos - (lease.prepaidNanos ?? 0);
    for (const [, { leases = [], costNanos }] of unsettled(state)) {
      const isTwice = leases.includes(leaseKey(lease.ref)) && leases.includes(leaseKey(above.ref));
      if (isTwice) counted -= costNanos;
    }
  }
  return counted;
}

/**
 * What the parent counts for this principal without the budget between: what both count of the
 * team's past is at least what they count together above the whole of it, and what is known of
 * single requests. Open and unverified costs may still fall, so they are left out. `lease` is what it
 * will be once `taken` is folded.
 */
export function prepaidOf(
  state: UserState,
  lease: Lease,
  taken: Taken,
  { startsAt, below, past }: Counting & { past?: { aboveNanos: number } | undefined },
): number {
  const before = lease.prepaidNanos ?? 0;
  const key = aboveKey(lease);
  const above = key === undefined ? undefined : state.leases.get(key);
  if (key === undefined || above === undefined || isTop(lease)) return before;
  const team = lease.ref.scope.slice(5);
  const open = taken.open && new Set(taken.open);
  const takes = taken.usedNanos + taken.heldNanos > 0;
  let certain = above.bySlice?.[team] ?? 0;
  for (const [id, hold] of unsettled(state)) {
    const { leases = [], costNanos } = hold;
    if (teamOf(hold) !== team || !leases.includes(key)) continue;
    // One that is not counted here weighs as much in what both count as in the whole.
    const isTaken = open?.has(id) ?? (takes && misses(state, lease, { startsAt, below }, hold));
    if (isTaken || leases.includes(leaseKey(lease.ref))) certain -= costNanos;
  }
  const both = certain + lease.usedNanos + lease.heldNanos;
  const least = both - bookedSince(state, sliceOf(team), startsAt);
  return Math.max(least, open === undefined ? 0 : (past?.aboveNanos ?? 0), before);
}

/** Whether a hold of the period belongs to a budget that does not count it. */
export function misses(
  state: UserState,
  lease: Lease,
  { startsAt, below, since }: Counting,
  hold: Hold,
): boolean {
  const { leases = [] } = hold;
  if (hold.at < startsAt || leases.includes(leaseKey(lease.ref))) return false;
  const local = localScope(lease.ref.scope);
  if (local !== undefined) {
    return unledgered(state, lease, since) === undefined
      ? hold.scopes.includes(local)
      : wasRead(lease.ref, hold);
  }
  if (!isTop(lease)) return hold.scopes.includes(pastScopeOf(lease.ref));
  const under = new Set([...leasesUnder(state, lease, below)].map(({ ref }) => leaseKey(ref)));
  return !leases.some((other) => under.has(other));
}

/** Leases of budgets that lease from this one. */
export function* leasesUnder(
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

export function isTop({ ref }: Lease): boolean {
  return ref.scope === "organisation";
}

export function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

/** Requests without their truth: open, or expired. */
export function* unsettled(state: UserState): Generator<[string, Hold]> {
  yield* state.holds;
  for (const [id, { hold }] of state.expired) yield [id, hold];
}
