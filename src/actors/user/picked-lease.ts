/**
 * What a lease of a shared budget that picks some requests takes in, once the principal's stream was
 * read for it.
 */
import { canonicalJson } from "#events/canonical.ts";
import { sha256Hex } from "#events/sha256.ts";
import { teamOf } from "./history.ts";
import {
  countedBelow,
  isTop,
  leasesUnder,
  misses,
  sum,
  takenOf,
  type Missed,
  type Taken,
} from "./lease-missed.ts";
import type { LeaseOpening } from "./lease-past.ts";
import { leaseKey } from "./leases.ts";
import type { PickedPast } from "./picked-past.ts";
import type { Lease, UserState } from "./state.ts";

/**
 * What a budget that picks some requests counts. One that is part of no other, and has none below it
 * here, counts that and nothing else. What others count through it stays counted: there only what it
 * lacks is added.
 */
export function takenPicked(
  state: UserState,
  lease: Lease,
  opening: LeaseOpening,
  past: PickedPast,
): Taken {
  const { parent, below, when } = opening;
  const key = leaseKey(lease.ref);
  const picks = sha256Hex(canonicalJson(when ?? {}));
  const [under] = isTop(lease) ? leasesUnder(state, lease, below) : [];
  if (parent === undefined && under === undefined) {
    const { usedNanos, heldNanos } = lease;
    const { bySlice, open, heldNanos: held } = past;
    const used = sum(Object.values(bySlice)) - held;
    const before = { usedNanos, heldNanos };
    return { usedNanos: used, heldNanos: held, bySlice, open, picks, before };
  }
  const isSame = lease.picks === picks;
  const slices = isTop(lease) ? lease.bySlice : { [lease.ref.scope.slice(5)]: countedIn(lease) };
  const own = isSame ? slices : past.direct;
  const open = past.open.filter((id) => {
    const hold = state.holds.get(id) ?? state.expired.get(id)?.hold;
    return hold !== undefined && misses(state, lease, opening, hold);
  });
  const missed = Object.entries(past.bySlice).map(([team, nanos]): Missed => {
    const elsewhere = isTop(lease) ? countedBelow(state, lease, below, team) : 0;
    const held = heldAnew(state, key, open, team);
    return { team, nanos: Math.max(nanos - (own?.[team] ?? 0) - elsewhere, held), held };
  });
  const taken = { ...takenOf(missed), open };
  const isClean = isSame || countedIn(lease) === sum(Object.values(past.direct));
  return isClean ? { ...taken, picks } : taken;
}

/** What open requests of a team hold that a lease does not count yet. */
function heldAnew(state: UserState, key: string, open: readonly string[], team: string): number {
  const holds = open.flatMap((id) => state.holds.get(id) ?? []);
  const anew = holds.filter((hold) => teamOf(hold) === team && hold.leases?.includes(key) !== true);
  return sum(anew.map(({ costNanos }) => costNanos));
}

function countedIn({ usedNanos, heldNanos }: Lease): number {
  return usedNanos + heldNanos;
}
