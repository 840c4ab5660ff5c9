/**
 * Which of a batch's events are new: the pure half of `ingest`.
 *
 * Only the next event of a stream is taken. Events that the ledger has are skipped after comparing
 * hashes; a gap is answered with what is needed; anything that is not the stream's one history is a
 * fork, which nobody resolves by force.
 */
import { readChain, type EventEnvelope, type Head, type SealedEvent } from "#events/envelope.ts";
import type { IngestCommand, IngestReply } from "./api.ts";
import { ingestEventsMax } from "./limits.ts";

export type IngestPlan =
  | { outcome: "take"; sealed: readonly SealedEvent[]; events: readonly EventEnvelope[] }
  | Exclude<IngestReply, { outcome: "ok" }>;

/** What the ledger knows of a stream. */
export interface KnownStream {
  head: Head;
  /** The hashes of events `from` to `to`, both inclusive; those that only the archive has are absent. */
  hashes(from: number, to: number): ReadonlyMap<number, string>;
}

/** Decides what to do with a batch. */
export function planIngest(command: IngestCommand, known: KnownStream): IngestPlan {
  const { head } = known;
  const events = command.events.slice(0, ingestEventsMax);
  const [first] = events;
  if (first === undefined) return { outcome: "take", sealed: [], events: [] };
  if (command.epoch !== head.epoch) {
    return fork(first.seq, `expected epoch ${head.epoch}, found ${command.epoch}`);
  }
  if (first.seq > head.seq + 1) return { outcome: "need", seq: head.seq + 1 };
  const old = events.filter((event) => event.seq <= head.seq);
  const fresh = events.slice(old.length);
  if (old.length > 0) {
    const hashes = known.hashes(first.seq, head.seq);
    // What the log no longer has is skipped unseen: what follows must fit the head all the same.
    const differs = old.find(
      ({ seq, hash }) => (hashes.get(seq) ?? (seq >= 1 ? hash : undefined)) !== hash,
    );
    if (differs !== undefined) {
      return fork(differs.seq, `event ${differs.seq} is not the one that was collected before`);
    }
  }
  const chain = readChain(head, fresh);
  if ("fault" in chain) return fork(head.seq + 1, chain.fault);
  const stranger = chain.events.find((event) => !belongs(event, command));
  if (stranger !== undefined) {
    return fork(stranger.seq, `event ${stranger.seq} belongs to another stream`);
  }
  return { outcome: "take", sealed: fresh, events: chain.events };
}

function belongs(event: EventEnvelope, command: IngestCommand): boolean {
  const { organisation, stream, epoch } = command;
  return event.organisation === organisation && event.stream === stream && event.epoch === epoch;
}

function fork(seq: number, message: string): IngestPlan {
  return { outcome: "fork", seq, message };
}
