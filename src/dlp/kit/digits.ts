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

/**
 * Digits from one place on, up to 20 of them in up to 8 groups. A source has one run and reads it
 * anew for every place: hostile texts begin a number at every other character.
 */
export class DigitRun {
  readonly #text: string;
  start = 0;
  /** How many groups. */
  count = 0;
  /** True when a digit or letter is glued to the left: a part of something longer. */
  glued = false;
  /** Value of every digit, separators left out. */
  readonly values = new Uint8Array(DIGITS_MAX);
  readonly #ends = new Int32Array(GROUPS_MAX);
  readonly #totals = new Int32Array(GROUPS_MAX);

  constructor(text: string) {
    this.#text = text;
  }

  /** Forgets the groups and begins at another place. */
  reset(start: number, glued: boolean): void {
    this.start = start;
    this.glued = glued;
    this.count = 0;
  }

  /** Adds a group that ends at an index. */
  add(length: number, end: number): void {
    this.#totals[this.count] = this.total(this.count - 1) + length;
    this.#ends[this.count] = end;
    this.count += 1;
  }

  /** Digits up to and with a group. */
  total(group: number): number {
    return group < 0 ? 0 : (this.#totals[group] ?? 0);
  }

  /** Length of a group, 0 past the last. */
  group(group: number): number {
    return group < this.count ? this.total(group) - this.total(group - 1) : 0;
  }

  /** Index past a group. */
  end(group: number): number {
    return this.#ends[group] ?? -1;
  }

  /** The separator after a group. */
  separator(group: number): string {
    return this.#text[this.end(group)] ?? "";
  }

  /** The number that `count` digits from a place on make. */
  number(from: number, count: number): number {
    let number = 0;
    for (let i = from; i < from + count; i += 1) number = number * 10 + (this.values[i] ?? 0);
    return number;
  }

  /** The digits up to and with a group, separators left out. */
  digitsTo(group: number): string {
    let digits = this.#text.slice(this.start, this.end(0));
    for (let i = 1; i <= group; i += 1)
      digits += this.#text.slice(this.end(i - 1) + 1, this.end(i));
    return digits;
  }
}

/** What may stand between two groups of one number. */
export function isSeparator(code: number): boolean {
  return code === SPACE || (code >= HYPHEN && code <= SLASH) || code === COLON;
}

/** Whether the digits at `at` continue a longer number or identifier to their left. */
function gluedBefore(source: DigitReader, at: number): boolean {
  const before = source.code(at - 1);
  return before === 95 || is(before, ALPHA | DIGIT) || joinedBefore(source, at);
}

/** Whether a separator other than a blank joins the digits at `at` to more before it. */
export function joinedBefore(source: DigitReader, at: number): boolean {
  const before = source.code(at - 1);
  if (before !== COMMA && !isSeparator(before)) return false;
  if (before === SPACE) return false;
  return is(source.code(at - 2), DIGIT);
}

/** Reads the run at `at`, which must be a digit, into `run`. */
export function parseDigits(source: DigitReader, at: number, run: DigitRun): void {
  run.reset(at, gluedBefore(source, at));
  let index = at;
  while (run.count < GROUPS_MAX) {
    const end = source.run(index, DIGIT, index + DIGITS_MAX + 1);
    // A single run of more than 20 digits is no number of any kind we know.
    if (run.count > 0 && run.total(run.count - 1) + end - index > DIGITS_MAX) break;
    for (let i = index, k = run.total(run.count - 1); i < end && k < DIGITS_MAX; i += 1, k += 1)
      run.values[k] = source.code(i) - 48;
    run.add(end - index, end);
    if (!isSeparator(source.code(end)) || !is(source.code(end + 1), DIGIT)) break;
    index = end + 1;
  }
}

/** True when the number may end after group `last`: nothing is glued to its right. */
export function endsAfter(source: DigitReader, run: DigitRun, last: number): boolean {
  const end = run.end(last);
  if (last < 0 || !source.closes(end)) return false;
  const next = source.code(end);
  if (next === SPACE || next === SLASH || next === COLON) return true;
  if (next !== COMMA && !isSeparator(next)) return true;
  return !is(source.code(end + 1), DIGIT);
}

/**
 * True when the separators of the first groups, up to group `last`, are in `allowed` and, unless
 * `mixed`, equal to each other.
 */
export function separatedBy(run: DigitRun, last: number, allowed = " -", mixed = false): boolean {
  for (let i = 0; i < last; i += 1) {
    const separator = run.separator(i);
    if (!allowed.includes(separator)) return false;
    if (!mixed && separator !== run.separator(0)) return false;
  }
  return true;
}
