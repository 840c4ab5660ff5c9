/** Texts made to be slow: the work of a scan is counted, not timed. */
import { describe, expect, it } from "vitest";

import { DETECTORS } from "#dlp/catalogue.ts";
import { runEngine } from "#dlp/engine.ts";
import { compileEngine } from "#dlp/engine-tables.ts";
import { Source } from "#dlp/kit/source.ts";
import { redactText } from "#dlp/redact.ts";
import { openStream } from "#dlp/stream.ts";

import { countedSource } from "../support/counted-source.ts";
import { everything } from "../support/dlp-texts.ts";
import { hostileUnits, repeated } from "../support/hostile-texts.ts";
import { naiveCandidates, spell } from "../support/naive-scan.ts";

const SEED = 20261121;
/** Characters that all detectors together may read for each character of a text. */
const READS_MAX = 160;
const engine = compileEngine(DETECTORS);
/** The dearest found so far, by counting all that `hostileUnits(1)` makes. */
const DEAREST = ["ABSK=", "AQVN=", "glrtr-=", "GR1348941=", "000 000 019 ", "41 1", "a=-", "A3-="];

function readsPerChar(unit: string, length: number): number {
  const { source, work } = countedSource(repeated(unit, length));
  runEngine(engine, source, 0, true, () => undefined);
  return work.reads / length;
}

describe("a hostile text", () => {
  it(`costs at most ${READS_MAX} reads a character, whatever is repeated (seed ${SEED})`, () => {
    const units = [...DEAREST, ...hostileUnits(80, SEED)];
    const dear = units.filter((unit) => readsPerChar(unit, 384) > READS_MAX);
    expect(units.length).toBeGreaterThan(500);
    expect(dear).toEqual([]);
  });

  it("costs in proportion to its length", () => {
    for (const unit of DEAREST) {
      const reads = readsPerChar(unit, 8192);
      expect([unit, reads <= READS_MAX ? "few" : reads]).toEqual([unit, "few"]);
      expect(reads).toBeLessThan(readsPerChar(unit, 4096) * 1.1);
    }
  });

  it("is read by the engine as by the naive scan", () => {
    for (const unit of [...DEAREST, ...hostileUnits(600, SEED)]) {
      const text = repeated(unit, 160);
      const found = new Set<string>();
      runEngine(engine, new Source(text, true), 0, true, (detector, candidate) => {
        found.add(spell(DETECTORS[detector]?.id ?? "", candidate));
      });
      expect([unit, [...found].toSorted()]).toEqual([unit, naiveCandidates(DETECTORS, text)]);
    }
  });

  it("is redacted in pieces as in the whole, also where values overlap by the dozen", () => {
    const all = everything();
    const where = { direction: "answer", channel: "assistant" } as const;
    for (const unit of [...DEAREST, "SG.=", "ATATT3=", ...hostileUnits(1200, SEED)]) {
      const text = repeated(unit, 400);
      const stream = openStream(all, where);
      let out = "";
      for (let at = 0; at < text.length; at += 7) out += stream.push(text.slice(at, at + 7)).text;
      out += stream.end().text;
      expect([unit, out]).toEqual([unit, redactText(all, text, where).text]);
    }
  });
});
