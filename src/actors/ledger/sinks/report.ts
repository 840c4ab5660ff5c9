/** What admins see of sinks: how far each is, what it refused, and asking for that once more. */
import { unseal, type SealedEvent } from "#events/envelope.ts";
import { deadLettersAtOnce } from "../limits.ts";
import type { DeadLetter, LaneRow, SinkStore } from "./store.ts";

/** A lane of one shard. */
export interface SinkStatus {
  /** The sink's name; for OTLP with the signal, as in `traces-of-ours/traces`. */
  sink: string;
  /** Events that it has not taken yet, also those that it did not ask for. */
  waiting: number;
  /** Events that were sent, and when the last of them was; 0 for never. */
  sent: number;
  sentAt: number;
  failures: number;
  /** When it is tried again; 0 for as soon as there is something. */
  nextAt: number;
  deadLetters: number;
  trouble?: string;
}

/** An event that a sink refused. */
export interface SinkLetter {
  sink: string;
  /** The event's id, as the sink was told it. */
  id: string;
  type: string;
  at: number;
  /** When and how it was refused. */
  refusedAt: number;
  status: number;
  /** True while it waits to be sent again. */
  again: boolean;
}

export function sinkStatus(store: SinkStore, size: number): SinkStatus[] {
  return store.lanes().map((row) => ({
    sink: row.lane,
    waiting: size - row.pos,
    sent: row.sent,
    sentAt: row.sentAt,
    failures: row.failures,
    nextAt: row.nextAt,
    deadLetters: store.deadCount(row.lane),
    ...(row.trouble === null ? {} : { trouble: row.trouble }),
  }));
}

const lanesNamed = (store: SinkStore, sink: string): LaneRow[] =>
  store.lanes().filter(({ lane }) => lane === sink || lane.startsWith(`${sink}/`));

/** The oldest dead letters of a sink, a bounded number. */
export async function sinkLetters(
  store: SinkStore,
  sink: string,
  read: (pos: number, limit: number) => Promise<readonly SealedEvent[]>,
): Promise<SinkLetter[]> {
  const letters = lanesNamed(store, sink).flatMap(({ lane }) =>
    store.deadLetters(lane, deadLettersAtOnce),
  );
  const shown: SinkLetter[] = [];
  for (const letter of letters.slice(0, deadLettersAtOnce)) {
    const [sealed] = await read(letter.pos, 1);
    if (sealed !== undefined) shown.push(showLetter(letter, sealed));
  }
  return shown;
}

function showLetter({ lane, at, status, again }: DeadLetter, sealed: SealedEvent): SinkLetter {
  const { stream, epoch, seq, type, at: happenedAt } = unseal(sealed);
  const id = `${stream}/${epoch}/${seq}`;
  return { sink: lane, id, type, at: happenedAt, refusedAt: at, status, again };
}

/** Marks a sink's dead letters to be sent again, and has it tried at once; returns how many. */
export function retrySink(store: SinkStore, sink: string): number {
  let marked = 0;
  for (const row of lanesNamed(store, sink)) {
    marked += store.markAgain(row.lane);
    store.write({ ...row, failures: 0, nextAt: 0 });
  }
  return marked;
}
