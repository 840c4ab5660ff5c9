/**
 * Texts that ask as much as possible of the scan: what anchors a detector, whole values and values
 * cut off at every place, repeated with everything that may stand between.
 */
import { DETECTORS } from "#dlp/catalogue.ts";
import type { Prefilter } from "#dlp/kit/detector.ts";

import { EXAMPLES } from "../dlp/detectors/examples.ts";
import { SECRET_EXAMPLES } from "../dlp/detectors/secrets-examples.ts";

/** Shapes that cost most once, and others that no detector names. */
const KNOWN = [
  ..."1 1- 1. 1: 12- (1 a a. a@ @ a@b. - _ = x= :: ff: 0x % %4 %41 & &# &#65; QUJD eyJ. |a :A".split(
    " ",
  ),
  "1 ",
  "12 ",
  "4111 1111 ",
  "+1 ",
  "1/1/2000 ",
  "x: ",
  " is ",
  "password=a1 ",
  "twitter=a1b2c3d4e5f6 ",
  "a://b:c@",
  "eyJ ",
  "QUJD ",
  "\u200b",
  "\uff11",
  "\u00e9",
  "0x52908400098527886E0F7030069857D2E4169EE7 ",
  "1BoatSLRHtKNngkdXEeobR76b53LETtpyT ",
  '"type": "service_account"',
  "passport A1234567 ",
  "AB12 ",
  "GB29 NWBK ",
  "a1b2c3 ",
] as const;
const GLUE = ["", " ", "\n", "-", "=", "1"] as const;

function prefilters(prefilter: Prefilter | readonly Prefilter[]): readonly Prefilter[] {
  return Array.isArray(prefilter) ? (prefilter as Prefilter[]) : [prefilter as Prefilter];
}

/** What anchors a detector, bare and with the beginning of a value. */
function anchors(prefilter: Prefilter): string[] {
  switch (prefilter.kind) {
    case "literals":
    case "anywhere":
      return prefilter.literals.slice(0, 24).flatMap((literal) => [literal, `${literal}a1B2`]);
    case "assignment":
      return ["key=a1B2c3D4e5", 'token": "a1B2c3', "secret is a1B2c3D4"];
    case "digits":
      return prefilter.first.flatMap((first) =>
        (prefilter.second ?? [0, first]).map(
          (second) => "4111111111111111111111".slice(0, first) + ` 23456789`.slice(0, second + 1),
        ),
      );
    case "mixed":
    default:
      return prefilter.letters.flatMap((letters) => [
        `${"ABCDEFGHIJKL".slice(0, letters)}1`,
        `${"ABCDEFGHIJKL".slice(0, letters)}12345678`,
      ]);
  }
}

/** Small numbers from a seed, the same in every run. */
export function lottery(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Everything worth repeating. `every` takes one of so many of the cut values, glued at random. */
export function hostileUnits(every = 1, seed = 20261121): string[] {
  const draw = lottery(seed);
  const units = new Set<string>(KNOWN);
  const whole: string[] = [];
  for (const detector of DETECTORS)
    for (const prefilter of prefilters(detector.prefilter))
      for (const anchor of anchors(prefilter))
        for (const glue of GLUE) if (every === 1 || draw(every) === 0) units.add(anchor + glue);
  for (const { hits, misses } of Object.values({ ...EXAMPLES, ...SECRET_EXAMPLES })) {
    whole.push(...hits.map((hit) => hit.replaceAll(/[«»]/g, "")), ...misses);
    for (const hit of hits) whole.push(/«([^»]*)»/s.exec(hit)?.[1] ?? "");
  }
  for (const text of whole) {
    for (const glue of [" ", "\n"]) units.add(text + glue);
    for (let end = 1; end <= Math.min(text.length, 64); end += 1) {
      const start = draw(3) === 0 ? draw(end) : 0;
      if (draw(every) === 0) units.add(text.slice(start, end) + (GLUE[draw(GLUE.length)] ?? ""));
    }
  }
  // Two that were written for different detectors may still share a word.
  for (let i = 0; i < 4000 / every; i += 1)
    units.add(`${whole[draw(whole.length)] ?? ""} ${whole[draw(whole.length)] ?? ""}`);
  units.delete("");
  return [...units];
}

/** What triggers are made of: digits and signs weigh more than letters, and words count as one. */
const TRIGGERS = [
  ..."0123456789123456789    ----==::..,,//++@@((_\"'|\n<>abcdefGRAJSXkx".split(""),
  ..."key SECRET passport ssn AKIA eyJ Mar :: ff pass token card is 4111 100".split(" "),
];
const UNIT_CHARS_MAX = 12;

/** A unit with a character or word of it changed, left out or put in. */
function varied(unit: string, draw: (below: number) => number): string {
  const at = draw(unit.length + 1);
  const put = draw(3) === 0 ? "" : (TRIGGERS[draw(TRIGGERS.length)] ?? "");
  return (unit.slice(0, at) + put + unit.slice(at + draw(2))).slice(0, UNIT_CHARS_MAX);
}

/**
 * Short units that cost much, found by breeding: drawn at random, and then again and again the
 * dearest of them varied. The same seed finds the same.
 */
export function bredUnits(costOf: (unit: string) => number, seed: number): string[] {
  const draw = lottery(seed);
  const costs = new Map<string, number>();
  const weigh = (unit: string): void => {
    if (unit !== "" && !costs.has(unit)) costs.set(unit, costOf(unit));
  };
  const dearest = (count: number): string[] =>
    [...costs]
      .toSorted((a, b) => b[1] - a[1])
      .slice(0, count)
      .map(([unit]) => unit);
  for (let i = 0; i < 160; i += 1) {
    let unit = "";
    for (let left = 1 + draw(6); left > 0; left -= 1) unit += TRIGGERS[draw(TRIGGERS.length)] ?? "";
    weigh(unit.slice(0, UNIT_CHARS_MAX));
  }
  for (let generation = 0; generation < 6; generation += 1)
    for (const unit of dearest(10)) for (let i = 0; i < 4; i += 1) weigh(varied(unit, draw));
  return dearest(costs.size);
}

/** A unit over and over, to a length. */
export function repeated(unit: string, length: number): string {
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
}
