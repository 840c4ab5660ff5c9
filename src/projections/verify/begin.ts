/** Puts what a base says in the place of the events that it stands for. */
import { parseBaseLine, type BaseHead } from "#events/base.ts";
import { unseal, type EventEnvelope } from "#events/envelope.ts";
import { readLine } from "#events/segment.ts";
import { stateOf } from "../base/fold.ts";
import type { Bases } from "./bases.ts";
import type { Streams } from "./streams.ts";
import type { Sums } from "./sums.ts";

/** Reads base `n` into the streams and the sums; its head, unless it is none. */
export function beginWith(
  n: number,
  bases: Bases,
  streams: Streams,
  sums: Sums,
): Promise<BaseHead | undefined> {
  return bases.begin(n, (line, text, { stateVersion }) => {
    if (line.kind !== "stream") {
      if (line.kind === "sums") sums.restore(line.row);
      return;
    }
    sums.restoreOpen(line.open.flatMap(eventOf));
    // A stream's state is large, and few go on in any one archive's rest: it is read when it does.
    streams.restore({ ...line, state: null }, () => {
      const again = parseBaseLine(text);
      return again?.kind === "stream" ? stateOf(again, stateVersion) : undefined;
    });
  });
}

/** An open request's event; a line that is none has been altered, which the base's hash tells. */
function eventOf(text: string): EventEnvelope[] {
  const line = readLine(text);
  try {
    return line === undefined ? [] : [unseal(line)];
  } catch {
    return [];
  }
}
