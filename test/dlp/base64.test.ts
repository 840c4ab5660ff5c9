/** Runs of base64 are found on the way of the one pass, four characters at a time. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { runEngine } from "#dlp/engine.ts";
import { compileEngine } from "#dlp/engine-tables.ts";
import { Source } from "#dlp/kit/source.ts";

const engine = compileEngine([]);
const RUN = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}/g;
/** Longest run that is looked into, without its padding. */
const RUN_CHARS_MAX = 2048;

function runsOf(text: string, from: number): string[] {
  const found: string[] = [];
  const source = new Source(text, true);
  const seen = (start: number, end: number): void => void found.push(text.slice(start, end));
  runEngine(engine, source, from, true, () => undefined, seen);
  return found;
}

function wanted(text: string, from: number): string[] {
  return [...text.matchAll(RUN)]
    .filter((match) => match.index >= from)
    .map(([run]) => run)
    .filter((run) => run.replace(/=*$/, "").length <= RUN_CHARS_MAX);
}

describe("runs of base64", () => {
  it("are found wherever they begin and end, in short texts and long ones (seed 20261121)", () => {
    const length = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 24 }));
    const run = length.map((chars) => "QUJDkz09_-+/abc".repeat(3).slice(0, chars));
    const gap = fc.constantFrom(" ", "=", "==", "\n", ".", "é", " a ", ": ");
    const part = fc.tuple(run, gap).map((both) => both.join(""));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(part, { maxLength: 9 }),
          fc.array(part, { minLength: 30, maxLength: 60 }),
        ),
        fc.integer({ min: 0, max: 500 }),
        (parts, place) => {
          const text = parts.join("");
          const from = Math.min(place, text.length);
          expect(runsOf(text, from)).toEqual(wanted(text, from));
        },
      ),
      { numRuns: 400, seed: 20261121 },
    );
  });

  it("are not looked into when they are as long as files", () => {
    const file = "QUJD".repeat(513);
    expect(runsOf(`x ${file}== ${"QUJD".repeat(512)}=`, 0)).toEqual([`${"QUJD".repeat(512)}=`]);
  });
});
