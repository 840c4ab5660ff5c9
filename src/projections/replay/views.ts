/** The sums as they were: folded anew from the events up to a moment. */
import type { BaseLine } from "#events/base.ts";
import { unseal, type EventEnvelope } from "#events/envelope.ts";
import { readLine } from "#events/segment.ts";
import { upcast } from "#events/upcast.ts";
import type { Row } from "../projection.ts";
import { Sums } from "../verify/sums.ts";
import { RecordGone } from "./gone.ts";

/** Rows of sums by hour, and how many events they are the fold of. */
export interface ViewsThen {
  position: number;
  sums: Row[];
}

/**
 * Folds every event whose time is not after `at`, from the base where there is one. Time does not step back within a stream, so that is
 * a prefix of each.
 */
export async function viewsAt(
  runs: AsyncIterable<Iterable<EventEnvelope>>,
  at: number,
  base?: AsyncIterable<BaseLine>,
): Promise<ViewsThen> {
  const sums = new Sums();
  let position = base === undefined ? 0 : await begin(sums, base, at);
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

/** Begins with what a base says; how many events it stands for. Throws RecordGone of before it. */
async function begin(sums: Sums, base: AsyncIterable<BaseLine>, at: number): Promise<number> {
  let position = 0;
  for await (const line of base) {
    if (line.kind === "head") {
      if (at < line.through) throw new RecordGone(line.through);
      position = line.position;
    }
    if (line.kind === "sums") sums.restore(line.row);
    if (line.kind === "stream") {
      const open = line.open.flatMap((text) => readLine(text) ?? []);
      sums.restoreOpen(open.map((sealed) => unseal(sealed)));
    }
  }
  return position;
}
