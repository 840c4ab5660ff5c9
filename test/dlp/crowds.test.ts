/** Values of one detector that overlap by the dozen are one run. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Crowds } from "#dlp/crowds.ts";
import { compileEngine } from "#dlp/engine-tables.ts";
import { runEngine, type Sink } from "#dlp/engine.ts";
import { Source } from "#dlp/kit/source.ts";
import { CROWD_MAX } from "#dlp/limits.ts";
import { compileDlp } from "#dlp/program.ts";
import { scanText } from "#dlp/scan.ts";
import { typeformToken } from "#dlp/secrets/typeform-token.ts";

import { naiveCandidates, spell } from "../support/naive-scan.ts";

const SEED = 20261122;
/** Values in the order of their places: which detector, how far on from the one before, how long. */
const values = fc.array(
  fc.record({ detector: fc.nat(1), step: fc.nat(3), length: fc.integer({ min: 1, max: 9 }) }),
  { maxLength: 24 },
);

describe("values that overlap", () => {
  it(`are full inside the ${CROWD_MAX}th last, each detector's by themselves (seed ${SEED})`, () => {
    let full = 0;
    fc.assert(
      fc.property(values, (all) => {
        const crowds = new Crowds();
        const known: { at: number; end: number }[][] = [[], []];
        let at = 0;
        for (const { detector, step, length } of all) {
          at += step;
          const mine = known[detector] ?? [];
          const before = (mine.at(-CROWD_MAX)?.end ?? -1) > at && (mine.at(-1)?.at ?? -1) < at;
          expect(crowds.isFull(detector, at)).toBe(before);
          if (before) full += 1;
          if (mine.at(-1)?.at !== at) mine.push({ at, end: at + length });
          const last = (mine.at(-CROWD_MAX)?.end ?? -1) > at;
          expect(crowds.enter(detector, at, at + length)).toBe(last);
        }
      }),
      { seed: SEED, numRuns: 500 },
    );
    expect(full).toBeGreaterThan(0);
  });

  it("are found up to the fourth, which takes what is left of their run", () => {
    const program = compileDlp([
      {
        id: "keys",
        detector: "typeform-token",
        directions: ["prompt"],
        action: "redact",
        mode: "enforce",
      },
    ]);
    const [before, token, times] = ["see ", "tfp_0nLl1w1J5V7=", 40];
    const text = `${before}${token.repeat(times)} there`;
    const found = scanText(program, text, { direction: "prompt", channel: "user" });
    expect(found).toHaveLength(CROWD_MAX);
    expect(found[0]?.start).toBe(before.length);
    expect(found.at(-1)?.end).toBe(before.length + token.length * times);
  });

  it("are not looked for where four of them stand already", () => {
    const [token, times] = ["tfp_0nL=", 40];
    const text = token.repeat(times);
    const found = new Set<string>();
    const sink: Sink = (_, candidate) => found.add(spell(typeformToken.id, candidate));
    runEngine(compileEngine([typeformToken]), new Source(text, true), 0, true, sink);
    expect([...found].toSorted()).toEqual(naiveCandidates([typeformToken], text));
    // 63 characters each, so that eight begin before the first of them ends.
    expect(found.size).toBeGreaterThan(CROWD_MAX);
    expect(found.size).toBeLessThan((times * 3) / 4);
  });
});
