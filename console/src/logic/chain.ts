/**
 * Checks a run of events as anyone can: each event's hash over its very text, and each event's
 * `prev` against the hash before it. The hash function comes in, since browsers have their own.
 */
import type { SealedEvent } from "#events/envelope.ts";

export type Sha256 = (text: string) => Promise<string>;

export interface ChainCheck {
  seq: number;
  type: string;
  at: number;
  hash: string;
  prev: string;
  /** What is wrong with this event; absent when it is sound. */
  fault?: string;
}

interface Body {
  seq: number;
  type: string;
  at: number;
  prev: string;
}

/** One line per event. The first event's `prev` is taken as given: nothing before it is at hand. */
export async function checkChain(
  events: readonly SealedEvent[],
  sha256: Sha256,
): Promise<ChainCheck[]> {
  const checks: ChainCheck[] = [];
  let before: ChainCheck | undefined;
  for (const event of events) {
    const check = await checkOne(event, before, sha256);
    checks.push(check);
    before = check;
  }
  return checks;
}

async function checkOne(
  event: SealedEvent,
  before: ChainCheck | undefined,
  sha256: Sha256,
): Promise<ChainCheck> {
  const { seq, type, at, prev } = JSON.parse(event.body) as Body;
  const check: ChainCheck = { seq, type, at, prev, hash: event.hash };
  if ((await sha256(event.body)) !== event.hash) check.fault = "its text does not have this hash";
  else if (seq !== event.seq) check.fault = `it says it is event ${seq}, not ${event.seq}`;
  else if (before !== undefined && seq !== before.seq + 1)
    check.fault = "an event is missing before it";
  else if (before !== undefined && prev !== before.hash)
    check.fault = "it does not follow the event before it";
  return check;
}

/** A stretch of events that are the entry's own, or of others that happened between them. */
export interface Stretch {
  isOwn: boolean;
  /** Where it begins among the events, and one past where it ends. */
  first: number;
  end: number;
}

/** The events in stretches, in order; those of others are there only because a chain has no gaps. */
export function stretchesOf(events: readonly { seq: number }[], own: readonly number[]): Stretch[] {
  const stretches: Stretch[] = [];
  events.forEach(({ seq }, index) => {
    const isOwn = own.includes(seq);
    const last = stretches.at(-1);
    if (last?.isOwn === isOwn) last.end = index + 1;
    else stretches.push({ isOwn, first: index, end: index + 1 });
  });
  return stretches;
}
