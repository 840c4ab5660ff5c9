/** What stands around a place: where its word begins, and numbers that stand alone, told from what follows. */
import { ALNUM, DASH, DIGIT, LOCAL, NONE, is } from "./kit/chars.ts";
import { DIGITS_MAX, isSeparator } from "./kit/digits.ts";
import type { Source } from "./kit/source.ts";
import { STEP_BACK_CHARS } from "./limits.ts";

const BLANK = 32;
const OPEN = 40;
const CLOSE = 41;
const HYPHEN = 45;
const SLASH = 47;
const COLON = 58;

/** 1 for what ends a number that stands alone, whatever follows: all but what `isAlone` looks at. */
export const STAND_APART = Uint8Array.from({ length: 256 }, (_, code) =>
  is(code, ALNUM | DASH) || isDash(code) || [BLANK, COLON, OPEN, CLOSE].includes(code) ? 0 : 1,
);

/**
 * Whether a short number that ends here stands alone, as most numbers of prose do: no letter is
 * glued to it, and no separator joins it to more digits or letters.
 */
export function isAlone(source: Source, end: number, next: number): boolean {
  if (next === BLANK) {
    const after = source.code(end + 1);
    return !is(after, DIGIT) && after !== OPEN && !isDash(after);
  }
  if (isDash(next) || next === COLON || next === OPEN || next === CLOSE) {
    const after = source.code(end + 1);
    return (
      !is(after, ALNUM) && after !== COLON && after !== BLANK && after !== OPEN && !isDash(after)
    );
  }
  return !is(next, ALNUM | DASH);
}

/** Hyphen, dot or slash. */
function isDash(code: number): boolean {
  return code >= HYPHEN && code <= SLASH;
}

/**
 * How many digits follow the first group of a number, from `at` to `end`, after one separator, which is
 * `next`: 0 for none, or too many.
 */
export function secondGroup(source: Source, at: number, end: number, next: number): number {
  if (!isSeparator(next)) return 0;
  const { codes, length } = source;
  const most = end + 2 + DIGITS_MAX;
  const stop = Math.min(most, length);
  let to = end + 1;
  while (to < stop && is(codes[to] ?? NONE, DIGIT)) to += 1;
  // What ends with the text may go on.
  if (to === stop && stop < most) source.code(stop);
  const count = to - end - 1;
  return end - at + count > DIGITS_MAX ? 0 : count;
}

/** Where the word around `at` begins, at most 64 characters back. */
export function wordStart(source: Source, at: number): number {
  const { codes } = source;
  const floor = Math.max(0, at - STEP_BACK_CHARS);
  let start = at;
  while (start > floor && is(codes[start - 1] ?? NONE, ALNUM | LOCAL | DASH)) start -= 1;
  return start;
}
