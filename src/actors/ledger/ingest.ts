/**
 * Which of a batch's events are new: the pure half of `ingest`.
 *
 * Only the next event of a stream is taken. Events that the ledger has are skipped after comparing
 * hashes; a gap is answered with what is needed; anything that is not the stream's one history is a
 * fork, which nobody resolves by force. A stream that was restored goes on after all that the ledger
 * has, under the next epoch, with an event that says so.
 */
import { readChain, type EventEnvelope, type Head, type SealedEvent } from "#events/envelope.ts";
import type { StreamForked } from "#events/stream-events.ts";
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
  const [next] = chain.events;
  if (next !== undefined && !continues(head, next)) {
    return fork(next.seq, `expected epoch ${head.epoch}, found ${command.epoch}`);
  }
  const stranger = chain.events.find((event) => !belongs(event, command));
  if (stranger !== undefined) {
    return fork(stranger.seq, `event ${stranger.seq} belongs to another stream`);
  }
  return { outcome: "take", sealed: fresh, events: chain.events };
}

/** Whether an event may be the first after a head: of the same epoch, or the start of the next. */
function continues(head: Head, { epoch, type, data }: EventEnvelope): boolean {
  if (epoch === head.epoch) return true;
  const { ledger } = data as Partial<StreamForked["data"]>;
  return epoch === head.epoch + 1 && type === "StreamForked" && ledger?.hash === head.hash;
}

function belongs(event: EventEnvelope, command: IngestCommand): boolean {
  const { organisation, stream, epoch } = command;
  return event.organisation === organisation && event.stream === stream && event.epoch === epoch;
}

function fork(seq: number, message: string): IngestPlan {
  return { outcome: "fork", seq, message };
}
