/** The sums as they were: folded anew from the events up to a moment. */
import type { EventEnvelope } from "#events/envelope.ts";
import { upcast } from "#events/upcast.ts";
import type { Row } from "../projection.ts";
import { Sums } from "../verify/sums.ts";

/** Rows of sums by hour, and how many events they are the fold of. */
export interface ViewsThen {
  position: number;
  sums: Row[];
}

/**
 * Folds every event whose time is not after `at`. Time does not step back within a stream, so that is
 * a prefix of each.
 */
export async function viewsAt(
  runs: AsyncIterable<readonly EventEnvelope[]>,
  at: number,
): Promise<ViewsThen> {
  const sums = new Sums();
  let position = 0;
  for await (const run of runs) {
    for (const event of run) {
      if (event.at > at) continue;
      position += 1;
      const read = upcast(event);
      if (read.kind === "known") sums.apply(read.event);
    }
  }
  return { position, sums: sums.rows() };
}
