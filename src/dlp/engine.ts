/**
 * The one pass. A table over pairs of characters tells where a detector may find something;
 * only there its validator runs. Nothing else of the text is looked at twice.
 */
import { ALNUM, ALPHA, DIGIT, LOCAL, DASH, is } from "./kit/chars.ts";
import type { Candidate, Detector, Prefilter } from "./kit/detector.ts";
import type { Source } from "./kit/source.ts";
import { STEP_BACK_CHARS } from "./limits.ts";

const DIGIT_START = 1;
const LETTER_DIGIT = 2;
const LITERAL = 4;
/** A literal that must not follow a letter or digit. */
const LITERAL_OPEN = 8;
const LETTERS_MAX = 16;
const FIRST_MAX = 21;
/** Shorter words and numbers are looked at only when something joins them to more. */
const ALONE_MAX = 5;
const BLANK = 32;
const OPEN = 40;
const CLOSE = 41;
const HYPHEN = 45;
const SLASH = 47;
const COLON = 58;
const NO_BREAK = 0xa0;

interface LiteralEntry {
  literal: string;
  ignoreCase: boolean;
  /** Code of the third character where only one will do; 0 where several may. */
  third: number;
  /** Class mask of the character after a literal of one character; 0 for any. */
  next: number;
  /** The literal must not follow a letter or digit. */
  opens: boolean;
  detector: number;
}

/** Tables compiled from detectors; shared by every scan of the same set. */
export interface Engine {
  readonly detectors: readonly Detector[];
  /** Flags by (previous code << 7) | code; codes outside ASCII count as 0. */
  readonly pairs: Uint8Array;
  /** 1 where a character may begin a literal: a stream keeps it until the next one comes. */
  readonly begins: Uint8Array;
  /** By pair: the place of its literals in `buckets`, 0 for none. */
  readonly bucketOf: Uint16Array;
  readonly buckets: readonly (readonly LiteralEntry[])[];
  readonly byFirst: readonly (readonly number[])[];
  readonly byLetters: readonly (readonly number[])[];
}

/** Receives every candidate of a pass, with the index of its detector and the anchor it hangs on. */
export type Sink = (detector: number, candidate: Candidate, anchor: number) => void;

function low(code: number): number {
  return code > 127 || code < 0 ? 0 : code;
}

/** Spellings of one character that a literal entry accepts at a place. */
function spellings(character: string | undefined, ignoreCase: boolean): number[] {
  if (character === undefined) return Array.from({ length: 128 }, (_, code) => code);
  if (!ignoreCase) return [low(character.charCodeAt(0))];
  const both = [character.toLowerCase(), character.toUpperCase()];
  return [...new Set(both.map((form) => low(form.charCodeAt(0))))];
}

class Builder {
  readonly pairs = new Uint8Array(128 * 128);
  readonly begins = new Uint8Array(128);
  readonly bucketOf = new Uint16Array(128 * 128);
  readonly buckets: LiteralEntry[][] = [[]];
  readonly byFirst: number[][] = Array.from({ length: FIRST_MAX + 1 }, () => []);
  readonly byLetters: number[][] = Array.from({ length: LETTERS_MAX + 1 }, () => []);

  add(prefilter: Prefilter, detector: number): void {
    if (prefilter.kind === "digits") {
      for (const first of prefilter.first) this.byFirst[Math.min(first, FIRST_MAX)]?.push(detector);
      return;
    }
    if (prefilter.kind === "mixed") {
      for (const letters of prefilter.letters) this.byLetters[letters]?.push(detector);
      return;
    }
    for (const literal of prefilter.literals) {
      const ignoreCase = prefilter.ignoreCase ?? false;
      const opens = prefilter.kind === "literals";
      const third = ignoreCase || literal.length < 3 ? 0 : literal.charCodeAt(2);
      this.#literal({ literal, ignoreCase, opens, third, next: prefilter.next ?? 0, detector });
    }
  }

  /** A literal of one character is filed under every pair that begins with it. */
  #literal(entry: LiteralEntry): void {
    for (const first of spellings(entry.literal[0], entry.ignoreCase)) {
      this.begins[first] = 1;
      for (const second of spellings(entry.literal[1], entry.ignoreCase)) {
        if (
          entry.literal.length === 1 &&
          entry.next !== 0 &&
          second !== 0 &&
          !is(second, entry.next)
        )
          continue;
        const pair = (first << 7) | second;
        this.pairs[pair] = (this.pairs[pair] ?? 0) | (entry.opens ? LITERAL_OPEN : LITERAL);
        if (this.bucketOf[pair] === 0) this.bucketOf[pair] = this.buckets.push([]) - 1;
        this.buckets[this.bucketOf[pair] ?? 0]?.push(entry);
      }
    }
  }

  markDigits(): void {
    for (let previous = 0; previous < 128; previous += 1) {
      for (let digit = 48; digit < 58; digit += 1) {
        const pair = (previous << 7) | digit;
        if (is(previous, ALPHA)) this.pairs[pair] = (this.pairs[pair] ?? 0) | LETTER_DIGIT;
        else if (!is(previous, DIGIT)) this.pairs[pair] = (this.pairs[pair] ?? 0) | DIGIT_START;
      }
    }
  }
}

/** Compiles the tables. A detector found through several prefilters runs once per anchor and way. */
export function compileEngine(detectors: readonly Detector[]): Engine {
  const builder = new Builder();
  detectors.forEach((detector, index) => {
    const prefilters = Array.isArray(detector.prefilter)
      ? (detector.prefilter as readonly Prefilter[])
      : [detector.prefilter as Prefilter];
    for (const prefilter of prefilters) builder.add(prefilter, index);
  });
  builder.markDigits();
  const { pairs, begins, bucketOf, buckets, byFirst, byLetters } = builder;
  return { detectors, pairs, begins, bucketOf, buckets, byFirst, byLetters };
}

/** One pass over one source: holds what the visits of the pass share. */
class Pass {
  readonly #engine: Engine;
  readonly #source: Source;
  readonly #from: number;
  readonly #sink: Sink;
  /** The first place whose verdict needs text that has not arrived. */
  hold: number;

  constructor(engine: Engine, source: Source, from: number, sink: Sink) {
    this.#engine = engine;
    this.#source = source;
    this.#from = from;
    this.#sink = sink;
    this.hold = source.length;
  }

  #ask(detector: number, at: number): void {
    const source = this.#source;
    source.touched = false;
    const found = this.#engine.detectors[detector]?.validate(source, at);
    if (source.touched) this.#keepFrom(at);
    else if (found !== undefined) this.#sink(detector, found, at);
  }

  /** Holds back from the start of the word at `at`, since a detector may step back over it. */
  #keepFrom(at: number): void {
    if (at - STEP_BACK_CHARS >= this.hold) return;
    this.hold = Math.min(this.hold, wordStart(this.#source, at));
  }

  digits(at: number): void {
    const { byFirst } = this.#engine;
    const source = this.#source;
    source.touched = false;
    const end = source.run(at, DIGIT, at + FIRST_MAX);
    const alone = end - at < ALONE_MAX && isAlone(source, end);
    if (source.touched) this.#keepFrom(at);
    if (alone) return;
    const first = end - at;
    const list = byFirst[Math.min(first, FIRST_MAX)] ?? [];
    for (const detector of list) this.#ask(detector, at);
  }

  /** `at` is the first digit after letters. */
  mixed(at: number): void {
    const source = this.#source;
    let start = at;
    while (at - start <= LETTERS_MAX && is(source.code(start - 1), ALPHA)) start -= 1;
    if (start < this.#from || is(source.code(start - 1), DIGIT)) return;
    source.touched = false;
    const end = source.run(at, ALNUM, start + ALONE_MAX);
    const next = source.code(end);
    const joins = next === HYPHEN || next === COLON || (next === BLANK && at - start === 2);
    if (source.touched) this.#keepFrom(start);
    if (end - start < ALONE_MAX && !joins) return;
    const list = this.#engine.byLetters[at - start] ?? [];
    for (const detector of list) this.#ask(detector, start);
  }

  literals(at: number, pair: number): void {
    if (at < this.#from) return;
    const source = this.#source;
    const entered = is(source.code(at - 1), ALNUM);
    const third = source.text.charCodeAt(at + 2);
    const { bucketOf, buckets } = this.#engine;
    const bucket = buckets[bucketOf[pair] ?? 0] ?? [];
    for (const entry of bucket) {
      if (entry.opens && entered) continue;
      if (entry.third !== 0 && entry.third !== third && third < 128) continue;
      if (entry.literal.length === 1) {
        this.#ask(entry.detector, at);
        continue;
      }
      source.touched = false;
      const stands = entry.ignoreCase
        ? hasIgnoringCase(source, at, entry.literal)
        : source.has(at, entry.literal);
      if (source.touched) this.#keepFrom(at);
      else if (stands) this.#ask(entry.detector, at);
    }
  }
}

/**
 * Whether a short number that ends here stands alone, as most numbers of prose do: no letter is
 * glued to it, and no separator joins it to more digits or letters.
 */
function isAlone(source: Source, end: number): boolean {
  const next = source.code(end);
  if (next === BLANK || next === NO_BREAK) {
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

function hasIgnoringCase(source: Source, at: number, literal: string): boolean {
  for (let i = 0; i < literal.length; i += 1) {
    const code = source.code(at + i);
    const wanted = literal.charCodeAt(i);
    if (code === wanted) continue;
    if (code < 0 || String.fromCharCode(code).toLowerCase() !== literal[i]?.toLowerCase())
      return false;
  }
  return true;
}

/** Where the word around `at` begins, at most 64 characters back. */
export function wordStart(source: Source, at: number): number {
  let start = at;
  while (
    start > 0 &&
    at - start < STEP_BACK_CHARS &&
    is(source.code(start - 1), ALNUM | LOCAL | DASH)
  ) {
    start -= 1;
  }
  return start;
}

/**
 * Runs the pass from an index on and hands every final candidate to the sink. Returns where the
 * text must be held back: the length when every verdict is final.
 */
export function runEngine(
  engine: Engine,
  source: Source,
  from: number,
  ended: boolean,
  sink: Sink,
): number {
  const pass = new Pass(engine, source, from, sink);
  const { text, length } = source;
  const { pairs } = engine;
  let previous = from > 0 ? low(text.charCodeAt(from - 1)) : 0;
  let before = from > 1 ? low(text.charCodeAt(from - 2)) : 0;
  for (let i = from; i < length; i += 1) {
    let code = text.charCodeAt(i);
    if (code > 127) code = 0;
    const pair = (previous << 7) | code;
    const flags = pairs[pair] ?? 0;
    if (flags !== 0) {
      if ((flags & LITERAL) !== 0 || ((flags & LITERAL_OPEN) !== 0 && !is(before, ALNUM))) {
        pass.literals(i - 1, pair);
      }
      if ((flags & DIGIT_START) !== 0) pass.digits(i);
      else if ((flags & LETTER_DIGIT) !== 0) pass.mixed(i);
    }
    before = previous;
    previous = code;
  }
  if (length === 0 || length === from) return pass.hold;
  // The last character has no successor yet: at the end of the text, one that cannot match.
  if (ended) {
    if ((pairs[previous << 7] ?? 0) & (LITERAL | LITERAL_OPEN))
      pass.literals(length - 1, previous << 7);
    return length;
  }
  // A last character that may begin a literal is an open anchor, with the word before it.
  const open = engine.begins[previous] === 1 ? length - 1 : length;
  return Math.min(pass.hold, wordStart(source, open));
}
