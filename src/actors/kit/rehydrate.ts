/** The state that storage holds: the snapshot, where it is of today's shape, and every event after. */
import { unseal, type Fact, type SealedEvent } from "#events/envelope.ts";
import type { Decider } from "./decider.ts";
import type { EventStore } from "./event-store.ts";
import { readStored } from "./stored.ts";

/** A cache of the fold, as it is stored. */
export interface Snapshot {
  version: number;
  seq: number;
  state: unknown;
}

/** The fold, and up to which event a snapshot gave it. */
export function rehydrate<State, Command, F extends Fact>(
  store: EventStore,
  decider: Decider<State, Command, F>,
): { state: State; snapshotSeq: number } {
  const snapshot = (store.getMeta("snapshot") ?? undefined) as Snapshot | undefined;
  const usable = snapshot !== undefined && snapshot.version === decider.snapshotVersion;
  let state = usable ? decider.fromSnapshot(snapshot.state) : decider.initialState();
  const snapshotSeq = usable ? snapshot.seq : 0;
  const page = 1_000;
  let next = snapshotSeq + 1;
  let events: SealedEvent[];
  do {
    events = store.read(next, page);
    for (const sealed of events) {
      const event = readStored(unseal(sealed));
      state = decider.evolve(state, event as unknown as F, event.at);
    }
    next += page;
  } while (events.length === page);
  return { state, snapshotSeq };
}
