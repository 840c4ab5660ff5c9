/** What values are made of: digits, letters and signs, counted in one walk. */
import { ALNUM, DIGIT, LOWER, UPPER, is } from "./chars.ts";

/** How many digits, capitals, small letters and other characters a value has. */
export interface Mixture {
  digits: number;
  upper: number;
  lower: number;
  other: number;
  /** Which signs it has, as `SIGNS` has their bits. */
  signs: number;
}

/** Bits of the signs that values are told by; `ODD` stands for all that has no bit of its own. */
export const SIGNS = {
  join: 1,
  dot: 2,
  colon: 4,
  slash: 8,
  open: 16,
  equals: 32,
  odd: 64,
} as const;

/** What values are made of, and what ends them, by code: see the bits below. */
export const TRAITS = new Uint16Array(256).fill(SIGNS.odd);
const SIGN_BITS = 127;
for (const [signs, bit] of [
  ["_-", SIGNS.join],
  [".", SIGNS.dot],
  [":", SIGNS.colon],
  ["/", SIGNS.slash],
  ["([{", SIGNS.open],
  ["=+|", SIGNS.equals],
] as const)
  for (const sign of signs) TRAITS[sign.charCodeAt(0)] = bit;
/** Digits, and letters. */
const IS_DIGIT = 128;
const IS_LETTER = 256;
const SIDES = IS_DIGIT | IS_LETTER;
for (let code = 0; code < 128; code += 1)
  if (is(code, ALNUM)) TRAITS[code] = is(code, DIGIT) ? IS_DIGIT : IS_LETTER;
/** Blanks, controls, backslashes and all outside printable ASCII end any value. */
export const ENDS = 512;
/** Quotes, brackets and punctuation that end an unquoted value. */
export const STOPS = 1024;
/** Equals signs and colons. */
const ASSIGNS = 2048;

function mark(code: number, trait: number): void {
  TRAITS[code] = (TRAITS[code] ?? 0) | trait;
}

for (let code = 0; code < 256; code += 1)
  if (code < 33 || code > 126 || code === 92) mark(code, ENDS);
for (const stop of "\"'`,;<>)]}|") mark(stop.charCodeAt(0), STOPS);
for (const sign of ":=") mark(sign.charCodeAt(0), ASSIGNS);

/** By code: one in the ten bits of digits, of capitals or of small letters; 0 for all others. */
export const COUNTS = Int32Array.from({ length: 256 }, (_, code) =>
  is(code, DIGIT) ? 1 : is(code, UPPER) ? 1 << 10 : is(code, LOWER) ? 1 << 20 : 0,
);
const COUNT_BITS = 10;
const COUNT = (1 << COUNT_BITS) - 1;

/** The mixture of the folded codes from an index up to another. */
export function mixture(codes: Uint8Array, from: number, to: number): Mixture {
  const mix = { digits: 0, upper: 0, lower: 0, other: 0, signs: 0 };
  mixInto(mix, codes, from, to);
  return mix;
}

/** The same, into what there is. At most 1,023 of them are told apart. */
export function mixInto(mix: Mixture, codes: Uint8Array, from: number, to: number): void {
  let counts = 0;
  let traits = 0;
  for (let i = from; i < to; i += 1) {
    const code = codes[i] ?? 0;
    counts += COUNTS[code] ?? 0;
    traits |= TRAITS[code] ?? 0;
  }
  fillMixture(mix, to - from, counts, traits);
}

/** Fills a mixture with what was counted. */
export function fillMixture(mix: Mixture, length: number, counts: number, traits: number): void {
  mix.digits = counts & COUNT;
  mix.upper = (counts >>> COUNT_BITS) & COUNT;
  mix.lower = (counts >>> (2 * COUNT_BITS)) & COUNT;
  mix.other = length - mix.digits - mix.upper - mix.lower;
  mix.signs = traits & SIGN_BITS;
}

/** How often letters and digits change places: random values do it all the time, words do not. */
export function turnsIn(codes: Uint8Array, from: number, to: number): number {
  let turns = 0;
  let side = 0;
  for (let i = from; i < to; i += 1) {
    const its = (TRAITS[codes[i] ?? 0] ?? 0) & SIDES;
    if (its === 0 || its === side) continue;
    if (side !== 0) turns += 1;
    side = its;
  }
  return turns;
}
