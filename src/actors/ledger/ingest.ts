/**
 * Which of a batch's events are new: the pure half of `ingest`.
 *
 * Only the next event of a stream is taken. Events that the ledger has are skipped after comparing
 * hashes; a gap is answered with what is needed; anything that is not the stream's one history is a
 * fork, which nobody resolves by force.
 */
import { chainFault, unseal, type Head, type SealedEvent } from "#events/envelope.ts";
import type { IngestCommand, IngestReply } from "./api.ts";
import { ingestEventsMax } from "./limits.ts";

export type IngestPlan =
  | { outcome: "take"; events: readonly SealedEvent[] }
  | Exclude<IngestReply, { outcome: "ok" }>;

/** What the ledger knows of a stream. */
export interface KnownStream {
  head: Head;
  /** The hashes of events `from` to `to`, both inclusive and known. */
  hashes(from: number, to: number): readonly string[];
}

/** Decides what to do with a batch. */
export function planIngest(command: IngestCommand, known: KnownStream): IngestPlan {
  const { head } = known;
  const events = command.events.slice(0, ingestEventsMax);
  const [first] = events;
  if (first === undefined) return { outcome: "take", events: [] };
  if (command.epoch !== head.epoch) {
    return fork(first.seq, `expected epoch ${head.epoch}, found ${command.epoch}`);
  }
  if (first.seq > head.seq + 1) return { outcome: "need", seq: head.seq + 1 };
  const old = events.filter((event) => event.seq <= head.seq);
  const fresh = events.slice(old.length);
  if (old.length > 0) {
    const hashes = known.hashes(first.seq, head.seq);
    const differs = old.find((event) => hashes[event.seq - first.seq] !== event.hash);
    if (differs !== undefined) {
      return fork(differs.seq, `event ${differs.seq} is not the one that was collected before`);
    }
  }
  const fault = chainFault(head, fresh);
  if (fault !== undefined) return fork(head.seq + 1, fault);
  const stranger = fresh.find((event) => !belongs(event, command));
  if (stranger !== undefined) {
    return fork(stranger.seq, `event ${stranger.seq} belongs to another stream`);
  }
  return { outcome: "take", events: fresh };
}

function belongs(sealed: SealedEvent, command: IngestCommand): boolean {
  const event = unseal(sealed);
  return (
    event.organisation === command.organisation &&
    event.stream === command.stream &&
    event.epoch === command.epoch
  );
}

function fork(seq: number, message: string): IngestPlan {
  return { outcome: "fork", seq, message };
}
