/**
 * Words of one case each, with up to four digits behind and hyphens or underscores between:
 * "db-credentials", "MY_KEY_2", "myService-clientName". Names read so, and values that are names.
 */
import { DASH, DIGIT, LOWER, UPPER, is } from "./chars.ts";

/** What a character is to such words. */
const OTHER = 0;
const SMALL = 1;
const CAPITAL = 2;
const NUMERAL = 3;
const JOINT = 4;
const KINDS = 5;

const KIND = Uint8Array.from({ length: 256 }, (_, code) => {
  if (is(code, LOWER)) return SMALL;
  if (is(code, UPPER)) return CAPITAL;
  if (is(code, DIGIT)) return NUMERAL;
  return is(code, DASH) ? JOINT : OTHER;
});

/** Where one is in a word; a word may end in the states from SMALLS on. */
const NOWHERE = 0;
const BEGIN = 1;
const HUMP = 2;
const SMALLS = 3;
const ONE_CAPITAL = 4;
const CAPITALS = 5;
const DIGITS = 6;
const DIGITS_MAX = 4;

/** By state * KINDS + kind: the next state; what leads nowhere is left out. */
const NEXT = new Uint8Array((DIGITS + DIGITS_MAX) * KINDS);

function lead(state: number, kind: number, to: number): void {
  NEXT[state * KINDS + kind] = to;
}

lead(BEGIN, SMALL, SMALLS);
lead(BEGIN, CAPITAL, ONE_CAPITAL);
lead(HUMP, SMALL, SMALLS);
lead(SMALLS, SMALL, SMALLS);
lead(SMALLS, CAPITAL, HUMP);
lead(ONE_CAPITAL, SMALL, SMALLS);
lead(ONE_CAPITAL, CAPITAL, CAPITALS);
lead(CAPITALS, CAPITAL, CAPITALS);
for (const state of [SMALLS, ONE_CAPITAL, CAPITALS]) lead(state, NUMERAL, DIGITS);
for (let digits = 1; digits < DIGITS_MAX; digits += 1)
  lead(DIGITS + digits - 1, NUMERAL, DIGITS + digits);
for (let state = SMALLS; state < DIGITS + DIGITS_MAX; state += 1) lead(state, JOINT, BEGIN);

/** Whether the codes from an index up to another are at least two such words. */
export function areJoinedWords(codes: Uint8Array, from: number, to: number): boolean {
  let state = BEGIN;
  let joints = 0;
  for (let i = from; i < to && state !== NOWHERE; i += 1) {
    state = NEXT[state * KINDS + (KIND[codes[i] ?? 0] ?? OTHER)] ?? NOWHERE;
    if (state === BEGIN) joints += 1;
  }
  return state >= SMALLS && joints > 0;
}
