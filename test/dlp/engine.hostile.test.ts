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
import { bredUnits, hostileUnits, repeated } from "../support/hostile-texts.ts";
import { ordinaryText } from "../support/ordinary-text.ts";
import { naiveCandidates, spell } from "../support/naive-scan.ts";

const SEED = 20261121;
/** A hostile text may cost so many times what an ordinary one of its length does. */
const TIMES_MAX = 10;
/** The walks over every character: folding, pairs, base64. */
const WALKS = 4;
/** Asking a detector costs as much as so many characters, before it reads one. */
const ASKED = 8;
let asked = 0;
const engine = compileEngine(
  DETECTORS.map((detector) => ({
    ...detector,
    validate(source, at) {
      asked += 1;
      return detector.validate(source, at);
    },
  })),
);
/** The dearest found so far, by counting all that `hostileUnits(1)` makes, and those found by timing. */
const DEAREST = [
  "ABSK=",
  "AQVN=",
  "glrtr-=",
  "GR1348941=",
  "000 000 019 ",
  "41 1",
  "a=-",
  "A3-=",
  "A3-",
  "t1.=",
  "3657 ",
  " 100",
  "73 44",
  "-SECRET-KEY-a1=",
  "-SECRET-KEY-=",
  "passport 1",
  "passport A1234567 ",
  "4111 ",
  "4111 1111 ",
  "AccountKey=-",
  "key=a1B2c3D4e5-",
  "10000000146 ",
  "test_a1B2=",
  "nascita=",
  "4b-",
  "6:-",
  "2token::",
  ":(passXyJ7",
  "::1-0a_pass",
  "S1234567D ",
  "00:00:00:00:00:00-",
];

/** What a scan of a text costs for each character, counted in characters read. */
function workPerChar(text: string): number {
  const { source, work } = countedSource(text);
  asked = 0;
  runEngine(engine, source, 0, true, () => undefined);
  return WALKS + (work.reads + ASKED * asked) / text.length;
}

const usual = workPerChar(ordinaryText(8192));
const times = (unit: string, length: number): number => workPerChar(repeated(unit, length)) / usual;

describe("a hostile text", () => {
  it(`costs at most ${TIMES_MAX} times what an ordinary one does, whatever is repeated (seed ${SEED})`, () => {
    const units = hostileUnits(80, SEED);
    expect(units.length).toBeGreaterThan(500);
    expect(units.filter((unit) => times(unit, 384) > TIMES_MAX)).toEqual([]);
  });

  it(`costs no more when its unit is bred for cost (seed ${SEED})`, () => {
    const bred = bredUnits((unit) => times(unit, 384), SEED).slice(0, 8);
    expect(times(bred[0] ?? "", 384)).toBeGreaterThan(2);
    expect(bred.filter((unit) => times(unit, 2048) > TIMES_MAX)).toEqual([]);
  });

  it("costs in proportion to its length", () => {
    for (const unit of DEAREST) {
      const most = times(unit, 8192);
      expect([unit, most <= TIMES_MAX ? "few" : most]).toEqual([unit, "few"]);
      expect(most).toBeLessThan(times(unit, 4096) * 1.1);
    }
  });

  it("is not gone back through for the name of a value, however many verbs stand before it", () => {
    const text = `my password ${"is ".repeat(30_000)}= a1B2c3D4e5f6`;
    const where = { direction: "answer", channel: "assistant" } as const;
    expect(redactText(everything(), text, where).text).toBe(text);
    const few = "my password is is: a1B2c3D4e5f6";
    expect(redactText(everything(), few, where).findings).toHaveLength(1);
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
