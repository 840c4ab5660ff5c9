/** Values that documentation and templates put where a secret goes: never a secret. */
import { lateAutomaton } from "./automaton.ts";
import type { Source } from "./source.ts";

/** The signs of templates: angle brackets. */
const LESS = 60;
const MORE = 62;
/** The words of templates, sought letter case aside. */
const templateWords = lateAutomaton([
  "example",
  "sample",
  "your",
  "placeholder",
  "dummy",
  "changeme",
  "replace",
  "change_me",
  "change-me",
  "redacted",
  "token:",
  "xxxx",
  "...",
  "***",
  "insert",
  "${",
  "{{",
  "%(",
  "process.env",
  "os.environ",
  "getenv",
  "secrets.",
  "abcdefghijkl",
  "1234567890ab",
  "00000000",
]);

/** Fewest characters besides a run of A that make a key. */
const RANDOM_MIN = 30;
/** So many of one character in a row are nobody's key. */
const ROW = 8;
const LETTER_A = 65;
/** Longer than any word and any row: what ends later begins later than so much before. */
const LONGEST = 16;

/**
 * What marks placeholders in the part of a text that was looked at last: hostile texts have values that
 * begin at every few characters and end far away, and each of those is looked at once.
 */
export class Signs {
  #from = 0;
  #upTo = 0;
  #before = 0;
  #row = 0;
  /** Of the words that may go on. */
  #state = 0;
  /** Past the last run of A that is a row. */
  #pastLetters = -1;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** Whether a word of templates, an angle bracket or a row stands between two indexes. */
  within({ codes }: Source, from: number, to: number): boolean {
    if (from < this.#from || from > this.#upTo) this.#reset(from);
    if (this.#upTo < to) this.#walk(codes, to);
    for (let k = this.#starts.length - 1; k >= 0; k -= 1) {
      const start = this.#starts[k] ?? 0;
      if (start >= from) {
        if ((this.#ends[k] ?? 0) <= to) return true;
      } else if (start < from - LONGEST) break;
    }
    return this.#pastLetters >= from + ROW && hasLetters(codes, from, to);
  }

  #reset(from: number): void {
    this.#from = this.#upTo = from;
    this.#before = this.#state = this.#row = 0;
    this.#pastLetters = -1;
    this.#starts.length = this.#ends.length = 0;
  }

  #walk(codes: Uint8Array, to: number): void {
    const words = templateWords();
    let before = this.#before;
    let row = this.#row;
    let state = this.#state;
    for (let i = this.#upTo; i < to; i += 1) {
      const code = codes[i] ?? 0;
      state = words.step(state, code);
      const word = words.endsIn(state);
      if (word !== 0) this.#note(i + 1 - word, i + 1);
      if (code === LESS || code === MORE) this.#note(i, i + 1);
      row = code === before ? row + 1 : 1;
      if (row >= ROW) {
        if (code === LETTER_A) this.#pastLetters = i + 1;
        else this.#note(i + 1 - ROW, i + 1);
      }
      before = code;
    }
    this.#before = before;
    this.#state = state;
    this.#row = row;
    this.#upTo = to;
  }

  #note(start: number, end: number): void {
    this.#starts.push(start);
    this.#ends.push(end);
  }
}

/**
 * Whether a run of A leaves too little besides. Real keys hold long runs of one letter only as version
 * bytes ("AAAA" in base64), and much else.
 */
function hasLetters(codes: Uint8Array, from: number, to: number): boolean {
  let row = 0;
  for (let i = from; i < to; i += 1) {
    row = codes[i] === LETTER_A ? row + 1 : 0;
    if (row >= ROW && to - from - row < RANDOM_MIN) return true;
  }
  return false;
}

/**
 * True for documentation placeholders, templates, and runs nobody draws at random, from an index up to
 * another.
 */
export function isPlaceholder(source: Source, from: number, to: number): boolean {
  return source.signs.within(source, from, to) || distinct(source.codes, from, to) < 4;
}

const seen = new Uint16Array(128);

/** How many different characters there are, up to four. */
function distinct(codes: Uint8Array, from: number, to: number): number {
  let found = 0;
  let [first, second, third] = [-1, -1, -1];
  for (let i = from; i < to && found < 4; i += 1) {
    const code = codes[i] ?? 0;
    if (code === first || code === second || code === third) continue;
    found += 1;
    [first, second, third] = [second, third, code];
  }
  return found;
}

/** By count: what one more of it adds to the count times its logarithm. */
const WEIGHTS = Float64Array.from({ length: 129 }, (_, count) =>
  count === 0 ? 0 : (count + 1) * Math.log2(count + 1) - count * Math.log2(count),
);
/** By length: its logarithm. */
const LOGARITHMS = Float64Array.from({ length: 129 }, (_, length) => Math.log2(length));

/** Shannon entropy in bits a character, of the first 128 characters from an index up to another. */
export function entropy(codes: Uint8Array, from: number, to: number): number {
  const length = Math.min(to - from, 128);
  if (length <= 0) return 0;
  let weight = 0;
  for (let i = from; i < from + length; i += 1) {
    const code = (codes[i] ?? 0) & 127;
    const count = seen[code] ?? 0;
    weight += WEIGHTS[count] ?? 0;
    seen[code] = count + 1;
  }
  for (let i = from; i < from + length; i += 1) seen[(codes[i] ?? 0) & 127] = 0;
  // Rounded, so that a value of exactly so many bits has them.
  return Math.round(((LOGARITHMS[length] ?? 0) - weight / length) * 1e9) / 1e9;
}
