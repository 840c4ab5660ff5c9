/**
 * Events of several streams in the order of their times.
 *
 * A ledger collects each stream in its order, and streams beside each other nearly so: what comes is
 * held back until enough came after it, so the order is exact unless one stream was collected later
 * than that. Moments that are the same are put in the order of the streams' names, each in its own.
 */
import type { EventEnvelope } from "#events/envelope.ts";

/** What orders events. */
export type Timed = Pick<EventEnvelope, "at" | "stream" | "seq">;

/** Below 0 where the first comes first. */
export function compareTimes(one: Timed, other: Timed): number {
  if (one.at !== other.at) return one.at - other.at;
  if (one.stream !== other.stream) return one.stream < other.stream ? -1 : 1;
  return one.seq - other.seq;
}

/** Holds back so many events, and gives the earliest of them: a heap. */
export class HoldBack<E extends Timed> {
  readonly #heap: E[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes an event; gives the earliest where too many wait. */
  push(event: E): E | undefined {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const parent = heap[above];
      if (parent === undefined || compareTimes(parent, event) <= 0) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = event;
    return heap.length > this.#most ? this.pop() : undefined;
  }

  /** The earliest that waits. */
  pop(): E | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const below = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
      const child = heap[below];
      if (child === undefined || compareTimes(last, child) <= 0) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(one: Timed | undefined, other: Timed | undefined): boolean {
  return one !== undefined && other !== undefined && compareTimes(one, other) < 0;
}

/** Sources that are in order, as one that is. Ends all of them when its reader stops. */
export async function* mergeInTime<E extends Timed>(
  sources: readonly AsyncGenerator<E>[],
): AsyncGenerator<E> {
  try {
    const heads = await Promise.all(sources.map((source) => source.next()));
    for (;;) {
      let first = -1;
      for (const [index, head] of heads.entries()) {
        if (head.done === true) continue;
        const known = heads[first];
        if (known === undefined || compareTimes(head.value, known.value as E) < 0) first = index;
      }
      const [head, source] = [heads[first], sources[first]];
      if (head === undefined || head.done === true || source === undefined) return;
      yield head.value;
      heads[first] = await source.next();
    }
  } finally {
    await Promise.all(sources.map((source) => source.return(undefined)));
  }
}
