/** Groups of digits with single separators between them: the shape of most numbers people write. */
import { DIGIT, NONE, is, isWordCode } from "./chars.ts";

/** A number has at most so many digits. */
export const DIGITS_MAX = 20;
/** A run has at most so many groups. */
export const GROUPS_MAX = 6;
const PACKED_GROUPS = 6;
const BLANK_BIT = 1;
const SPACE = 32;
const COMMA = 44;
const HYPHEN = 45;
const SLASH = 47;
const COLON = 58;

/** Bits of a group in `layout`, and of its separator. */
const GROUP_BITS = 5;
/** All bits of the first group. */
const FIRST = 31;
/** By group: the lowest bits of those from the second up to it. */
const PLACES = [0, 1, 2, 3, 4, 5].map(
  (group) => ((2 ** (group * GROUP_BITS) - 1) / FIRST) << GROUP_BITS,
);

/** By code: the bit of what may stand between two groups of one number; 0 for what may not. */
const SEPARATORS = new Uint8Array(256);
SEPARATORS[SPACE] = BLANK_BIT;
for (let code = HYPHEN; code <= SLASH; code += 1) SEPARATORS[code] = 2 << (code - HYPHEN);
SEPARATORS[COLON] = 16;
/** 1 for digits. */
const DIGITS = Uint8Array.from({ length: 256 }, (_, code) => (is(code, DIGIT) ? 1 : 0));

/** What of a source reading digits needs. */
export interface DigitReader {
  readonly text: string;
  readonly codes: Uint8Array;
  readonly length: number;
  code(index: number): number;
  closes(index: number): boolean;
}

/**
 * Digits from one place on, up to 20 of them in up to 6 groups. A source has one run and reads it
 * anew for every place; where the next place is the next group of the same row, it goes on from what
 * it knows, since hostile texts begin a number at every group.
 */
export class DigitRun {
  readonly #text: string;
  start = 0;
  /** How many groups. */
  count = 0;
  /** True when a letter or digit of any script is glued to the left: a part of something longer. */
  glued = false;
  /** Lengths of the groups, five bits each: see `packed`. */
  layout = 0;
  /** Bits of the groups after which the number may end: nothing is glued to their right. */
  endings = 0;
  /** Value of every digit, separators left out. */
  readonly values = new Uint8Array(DIGITS_MAX);
  readonly #ends = new Int32Array(GROUPS_MAX);
  /** The kinds of the separators before the groups, five bits each: none before the first. */
  #separators = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Forgets the groups and begins at another place. */
  reset(start: number, glued: boolean): void {
    this.start = start;
    this.glued = glued;
    this.count = this.layout = this.endings = this.#separators = 0;
  }

  /** Adds a group that ends at an index, with the code of the separator before it. */
  add(length: number, end: number, separator: number): void {
    const { count } = this;
    this.#ends[count] = end;
    if (count > 0) this.#separators |= separatorBit(separator) << (count * GROUP_BITS);
    this.layout |= length << (count * GROUP_BITS);
    this.count += 1;
  }

  /** Drops the first group: the run then begins at the second, as if it had been read from there. */
  shift(): void {
    const { values } = this;
    const ends = this.#ends;
    const count = this.count - 1;
    const gone = this.layout & FIRST;
    const all = this.total(count);
    for (let i = gone; i < all; i += 1) values[i - gone] = values[i] ?? 0;
    for (let group = 0; group < count; group += 1) ends[group] = ends[group + 1] ?? 0;
    this.start += gone + 1;
    const separators = this.#separators >>> GROUP_BITS;
    this.glued = (separators & FIRST) !== BLANK_BIT;
    this.#separators = separators & ~FIRST;
    this.count = count;
    this.layout >>>= GROUP_BITS;
    this.endings >>>= 1;
  }

  /** Whether the separators up to a group are in a set, and all the same unless `mixed`. */
  isSeparated(group: number, set: number, mixed: boolean): boolean {
    const places = PLACES[group] ?? 0;
    const found = this.#separators & (places * FIRST);
    if ((found & ~(places * set)) !== 0) return false;
    return mixed || found === places * ((found >>> GROUP_BITS) & FIRST);
  }

  /** Digits up to and with a group: all that stands there but the separators. */
  total(group: number): number {
    return group < 0 ? 0 : this.end(group) - this.start - group;
  }

  /** Length of a group, 0 past the last. */
  group(group: number): number {
    return (this.layout >>> (group * GROUP_BITS)) & FIRST;
  }

  /**
   * The last group up to which there are at most so many digits, and none but the first group has a
   * single one.
   */
  lastWithin(most: number): number {
    let total = this.layout & FIRST;
    let rest = this.layout >>> GROUP_BITS;
    let last = 0;
    for (; last + 1 < this.count; last += 1) {
      const length = rest & FIRST;
      total += length;
      if (length === 1 || total > most) break;
      rest >>>= GROUP_BITS;
    }
    return last;
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
}

/** What may stand between two groups of one number. */
export function isSeparator(code: number): boolean {
  return SEPARATORS[code] !== 0;
}

/** Whether the digits at `at` continue a longer number or identifier to their left. */
function gluedBefore(source: DigitReader, at: number): boolean {
  const before = source.code(at - 1);
  return before === 95 || isWordCode(before) || joinedBefore(source, at);
}

/** Whether a separator other than a blank joins the digits at `at` to more before it. */
export function joinedBefore(source: DigitReader, at: number): boolean {
  const before = source.code(at - 1);
  if (before !== COMMA && !isSeparator(before)) return false;
  if (before === SPACE) return false;
  return is(source.code(at - 2), DIGIT);
}

/**
 * Reads the run at `at`, which must be a digit, into `run`. What `run` holds from before is gone on
 * from when `at` is its second group.
 */
export function parseDigits(source: DigitReader, at: number, run: DigitRun): void {
  let index = at;
  let separator = NONE;
  if (run.count > 1 && run.end(0) + 1 === at) {
    run.shift();
    index = run.end(run.count - 1);
    separator = source.code(index);
    if (!isSeparator(separator) || !is(source.code(index + 1), DIGIT)) {
      // Known already; asked again so that it is noted what the answer hangs on.
      ends(source, index);
      return;
    }
    index += 1;
  } else run.reset(at, gluedBefore(source, at));
  readGroups(source, index, separator, run);
}

/** Adds the groups from an index on, with the separator before the first of them. */
function readGroups(source: DigitReader, from: number, before: number, run: DigitRun): void {
  const { codes, length } = source;
  const { values } = run;
  let index = from;
  let total = run.total(run.count - 1);
  let separator = before;
  // What already has all digits of a number goes on with none.
  while (run.count < GROUPS_MAX && total < DIGITS_MAX) {
    const last = index + DIGITS_MAX + 1;
    const stop = last < length ? last : length;
    let end = index;
    let next = NONE;
    for (; end < stop; end += 1) {
      next = codes[end] ?? NONE;
      if (DIGITS[next] !== 1) break;
      const place = total + end - index;
      if (place < DIGITS_MAX) values[place] = next - 48;
    }
    if (end === stop) next = end < last ? source.code(end) : (codes[end] ?? NONE);
    // A single run of more than 20 digits is no number of any kind we know.
    if (run.count > 0 && total + end - index > DIGITS_MAX) return;
    run.add(end - index, end, separator);
    total += end - index;
    const joined = SEPARATORS[next] !== 0 && DIGITS[source.code(end + 1)] === 1;
    if (joined ? endsBefore(next) : ends(source, end)) run.endings |= 1 << (run.count - 1);
    if (!joined) return;
    separator = next;
    index = end + 1;
  }
}

/** Whether a number may end before a separator and more digits. */
function endsBefore(separator: number): boolean {
  return separator === SPACE || separator === SLASH || separator === COLON;
}

/** Whether a number may end where no separator joins it to more digits. */
function ends(source: DigitReader, end: number): boolean {
  if (!source.closes(end)) return false;
  return source.code(end) !== COMMA || !is(source.code(end + 1), DIGIT);
}

/** True when the number may end after group `last`: nothing is glued to its right. */
export function endsAfter(run: DigitRun, last: number): boolean {
  return last >= 0 && ((run.endings >> last) & 1) === 1;
}

/** The bit of a separator in a set of them; 0 for what is none. */
function separatorBit(code: number): number {
  return SEPARATORS[code] ?? 0;
}

/** A set of separators, for `isSeparated`. */
export function separatorSet(allowed: string): number {
  let set = 0;
  for (const separator of allowed) set |= separatorBit(separator.charCodeAt(0));
  return set;
}

/** What people write between the groups of most numbers: blanks and hyphens. */
export const USUAL_SEPARATORS = separatorSet(" -");

/** Group lengths in five bits each, at most six: what `DigitRun.layout` begins with, and the mask. */
export function packed(lengths: readonly number[]): { value: number; mask: number } {
  let value = 0;
  lengths.slice(0, PACKED_GROUPS).forEach((length, i) => (value |= length << (i * 5)));
  return { value, mask: 2 ** (Math.min(lengths.length, PACKED_GROUPS) * 5) - 1 };
}
