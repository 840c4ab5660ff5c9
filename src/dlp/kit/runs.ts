/**
 * Runs of characters of one kind, each walked once: a hostile text begins a value at every other
 * character of one long run, and all of them end where that run ends.
 */
import { NONE, is } from "./chars.ts";

/** A set of folded codes, as a table; the index tells classes apart. */
interface RunClass {
  readonly index: number;
  readonly holds: Uint8Array;
}

let classes = 0;
const byMask: Map<string, RunClass>[] = [];

function make(mask: number, extra: string): RunClass {
  const holds = Uint8Array.from({ length: 256 }, (_, code) =>
    code !== NONE && (is(code, mask) || extra.includes(String.fromCharCode(code))) ? 1 : 0,
  );
  classes += 1;
  return { index: classes - 1, holds };
}

/** The class of a mask's characters and some more. There are a few dozen, one for each spelling. */
function classOfRun(mask: number, extra: string): RunClass {
  const known = (byMask[mask] ??= new Map<string, RunClass>());
  let found = known.get(extra);
  if (found === undefined) {
    found = make(mask, extra);
    known.set(extra, found);
  }
  return found;
}

/** The last run of every class that was walked over one text. */
export class Runs {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /**
   * Where the run from `from` on ends, at most `to`, in the codes up to `length`. What was walked
   * before, from an earlier place of the same run, is not walked again.
   */
  end(
    codes: Uint8Array,
    length: number,
    from: number,
    to: number,
    mask: number,
    extra: string,
  ): number {
    const { index, holds } = classOfRun(mask, extra);
    const start = this.#starts[index] ?? -1;
    const known = this.#ends[index] ?? -1;
    const continues = start >= 0 && from >= start && from <= known;
    let end = continues ? known : from;
    if (end >= to) return to;
    const stop = to < length ? to : length;
    while (end < stop && holds[codes[end] ?? NONE] === 1) end += 1;
    if (!continues) this.#starts[index] = from;
    this.#ends[index] = end;
    return end;
  }
}
