/** Where in a stream a moment is: times only grow along it, so a search by halves finds it. */
import { unseal } from "#events/envelope.ts";
import type { EventStore } from "./event-store.ts";

/** The number of the first event that is not before a moment; that of the next one when all are. */
export function firstSince(store: Pick<EventStore, "head" | "read">, at: number): number {
  let low = 1;
  let high = store.head.seq + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [sealed] = store.read(middle, 1);
    if (sealed !== undefined && unseal(sealed).at < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
