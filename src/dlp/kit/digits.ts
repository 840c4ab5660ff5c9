/** Groups of digits with single separators between them: the shape of most numbers people write. */
import { ALPHA, DIGIT, is } from "./chars.ts";

const DIGITS_MAX = 20;
const GROUPS_MAX = 8;
const SPACE = 32;
const COMMA = 44;
const HYPHEN = 45;
const SLASH = 47;
const COLON = 58;

/** What of a source reading digits needs. */
export interface DigitReader {
  readonly text: string;
  code(index: number): number;
  run(from: number, mask: number, to: number): number;
  closes(index: number): boolean;
}

/** Digits from one place on, up to 20 of them in up to 8 groups. */
export interface DigitRun {
  readonly start: number;
  /** All digits, separators left out. */
  readonly digits: string;
  /** Length of each group. */
  readonly groups: readonly number[];
  /** Digits up to and with each group. */
  readonly totals: readonly number[];
  /** Index past each group. */
  readonly ends: readonly number[];
  /** Separator before each group but the first, as one string. */
  readonly separators: string;
  /** True when a digit went before with a `.`, `,`, `-`, `/` or `:` between: a part of something. */
  readonly glued: boolean;
}

function isSeparator(code: number): boolean {
  return code === SPACE || (code >= HYPHEN && code <= SLASH) || code === COLON || code === 0xa0;
}

/** Whether the digits at `at` continue a longer number or identifier to their left. */
function gluedBefore(source: DigitReader, at: number): boolean {
  const before = source.code(at - 1);
  if (before === 95 || is(before, ALPHA | DIGIT)) return true;
  if (before !== COMMA && before !== SPACE && !isSeparator(before)) return false;
  if (before === SPACE || before === 0xa0) return false;
  return is(source.code(at - 2), DIGIT);
}

/** Reads the run at `at`, which must be a digit. */
export function parseDigits(source: DigitReader, at: number): DigitRun {
  const groups: number[] = [];
  const totals: number[] = [];
  const ends: number[] = [];
  let digits = "";
  let separators = "";
  let index = at;
  while (groups.length < GROUPS_MAX) {
    const end = source.run(index, DIGIT, index + DIGITS_MAX + 1);
    if (digits.length + end - index > DIGITS_MAX) {
      if (groups.length > 0) break;
      // A single run of more than 20 digits is no number of any kind we know.
      groups.push(end - index);
      totals.push(end - index);
      ends.push(end);
      digits = source.text.slice(index, end);
      break;
    }
    if (groups.length > 0) separators += source.text[index - 1] ?? "";
    digits += source.text.slice(index, end);
    groups.push(end - index);
    totals.push(digits.length);
    ends.push(end);
    if (!isSeparator(source.code(end)) || !is(source.code(end + 1), DIGIT)) break;
    index = end + 1;
  }
  return { start: at, digits, groups, totals, ends, separators, glued: gluedBefore(source, at) };
}

/** True when the number may end after group `last`: nothing is glued to its right. */
export function endsAfter(source: DigitReader, run: DigitRun, last: number): boolean {
  const end = run.ends[last];
  if (end === undefined || !source.closes(end)) return false;
  const next = source.code(end);
  if (next === SPACE || next === 0xa0 || next === SLASH || next === COLON) return true;
  if (next !== COMMA && !isSeparator(next)) return true;
  return !is(source.code(end + 1), DIGIT);
}

/**
 * The group after which exactly `count` digits have been read, or -1. All separators up to there
 * must be in `allowed`, and equal to each other unless `mixed`.
 */
export function groupAt(run: DigitRun, count: number, allowed = " -", mixed = false): number {
  const last = run.totals.indexOf(count);
  if (last < 0) return -1;
  for (let i = 0; i < last; i += 1) {
    const separator = run.separators[i] ?? "";
    if (!allowed.includes(separator)) return -1;
    if (!mixed && separator !== run.separators[0]) return -1;
  }
  return last;
}

/** True when the first groups of the run have exactly these lengths. */
export function shaped(run: DigitRun, ...lengths: number[]): boolean {
  return lengths.every((length, i) => run.groups[i] === length);
}
