/** The one pass finds what the naive scan finds. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { DETECTORS } from "#dlp/catalogue.ts";
import { runEngine } from "#dlp/engine.ts";
import { compileEngine } from "#dlp/engine-tables.ts";
import { Source } from "#dlp/kit/source.ts";

import { anyText } from "../support/dlp-texts.ts";
import { naiveCandidates, spell } from "../support/naive-scan.ts";

const engine = compileEngine(DETECTORS);

function passCandidates(text: string): string[] {
  const found = new Set<string>();
  runEngine(engine, new Source(text, true), 0, true, (detector, candidate) => {
    found.add(spell(DETECTORS[detector]?.id ?? "", candidate));
  });
  return [...found].toSorted();
}

describe("the engine", () => {
  it("finds in any text exactly what every detector finds at every position", () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(passCandidates(text)).toEqual(naiveCandidates(DETECTORS, text));
      }),
      { numRuns: 300, seed: 20261121 },
    );
  });

  it("holds back nothing of a text whose verdicts are final", () => {
    const hold = runEngine(engine, new Source("Hello there, ", false), 0, false, () => undefined);
    expect(hold).toBeGreaterThanOrEqual("Hello there,".length);
  });

  it("holds back an address that may go on", () => {
    const hold = runEngine(engine, new Source("mail alice@exam", false), 0, false, () => undefined);
    expect(hold).toBeLessThanOrEqual("mail ".length);
  });
});
