/**
 * The state as plain JSON and back: a cache of the fold, never the truth.
 *
 * Moments are written as differences, so that a busy principal's snapshot stays small.
 */
import { BOOKED, NANOS } from "./history.ts";
import { initialState, type Bucket, type UserState } from "./state.ts";
import type { UsageLog } from "./usage-log.ts";

/** Raised whenever the state's shape or meaning changes. */
export const snapshotVersion = 6;

type Packed = Omit<UsageLog, "head">;

/** The state as plain JSON. */
export function toSnapshot(state: UserState): unknown {
  return {
    ...state,
    fenced: [...state.fenced],
    holds: [...state.holds],
    expired: [...state.expired],
    outcomes: [...state.outcomes],
    outcomeIds: state.outcomeIds.slice(state.forgotten),
    forgotten: 0,
    buckets: [...state.buckets].map(([key, bucket]) => [key, { ...bucket, log: pack(bucket.log) }]),
    caps: [...state.caps],
    accounts: [...state.accounts],
    leases: [...state.leases],
    rates: [...state.rates],
    history: [...state.history].map(([scope, log]) => [scope, pack(log)]),
    // States without either are as they were before there was such a thing.
    read: orNothing(state.read),
    awaited: orNothing(state.awaited),
    quiets: [...state.quiets],
  };
}

type Pairs<T> = [string, T][];
type Stored = Omit<UserState, "fenced" | "buckets" | "history"> & {
  fenced: string[];
  buckets: Pairs<Omit<Bucket, "log"> & { log: Packed }>;
  history: Pairs<Packed>;
};

/** The state that `toSnapshot` wrote. The JSON becomes part of the state: give it away. */
export function fromSnapshot(json: unknown): UserState {
  const stored = json as Stored;
  return {
    ...initialState(),
    ...stored,
    fenced: new Set(stored.fenced),
    holds: map(stored.holds),
    expired: map(stored.expired),
    outcomes: map(stored.outcomes),
    buckets: map(
      stored.buckets.map(([key, bucket]) => [key, { ...bucket, log: unpack(bucket.log) }]),
    ),
    caps: map(stored.caps),
    accounts: map(stored.accounts),
    leases: map(stored.leases),
    rates: map(stored.rates),
    history: map(stored.history.map(([scope, log]) => [scope, unpack(log)])),
    read: map(stored.read ?? []),
    awaited: map(stored.awaited ?? []),
    quiets: map(stored.quiets),
  };
}

function map<T>(pairs: unknown): Map<string, T> {
  return new Map(pairs as Pairs<T>);
}

function orNothing(book: ReadonlyMap<string, number>): [string, number][] | undefined {
  return book.size === 0 ? undefined : [...book];
}

function pack(log: UsageLog): Packed {
  let before = 0;
  const at = log.at.slice(log.head).map((moment) => {
    const step = moment - before;
    before = moment;
    return step;
  });
  const lanes = log.lanes.map((list) => list.slice(log.head));
  // The two lanes of money differ only where a hold was raised.
  if (isTwice(lanes)) lanes.pop();
  return { at, lanes, sums: [...log.sums], goneAt: log.goneAt };
}

function unpack(packed: Packed): UsageLog {
  let before = 0;
  const at = packed.at.map((step) => (before += step));
  const lanes = [...packed.lanes];
  const money = lanes[NANOS];
  if (lanes.length === BOOKED && money !== undefined) lanes.push([...money]);
  return { ...packed, at, lanes, head: 0 };
}

function isTwice(lanes: readonly (readonly number[])[]): boolean {
  const booked = lanes[BOOKED];
  return booked !== undefined && booked.every((nanos, index) => nanos === lanes[NANOS]?.[index]);
}
