/** What stands around a place: where its word begins, and numbers that stand alone, told from what follows. */
import { ALNUM, DASH, DIGIT, LOCAL, NONE, is } from "./kit/chars.ts";
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

/** Where the word around `at` begins, at most 64 characters back. */
export function wordStart(source: Source, at: number): number {
  const { codes } = source;
  const floor = Math.max(0, at - STEP_BACK_CHARS);
  let start = at;
  while (start > floor && is(codes[start - 1] ?? NONE, ALNUM | LOCAL | DASH)) start -= 1;
  return start;
}
