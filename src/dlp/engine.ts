/**
 * The one pass. A table over pairs of characters tells where a detector may find something;
 * only there its validator runs. Nothing else of the text is looked at twice.
 */
import {
  ANYWHERE,
  DIGITS_MAX,
  DIGIT_START,
  FIRST_MAX,
  GROUP_KEYS,
  INSIDES,
  LETTERS_MAX,
  LETTER_DIGIT,
  LITERAL,
  OPENING,
  low,
  type Asked,
  type Engine,
  type LiteralEntry,
} from "./engine-tables.ts";
import { readAssignment } from "./kit/assignment.ts";
import { ALNUM, ALPHA, DIGIT, LOCAL, DASH, is } from "./kit/chars.ts";
import type { Candidate } from "./kit/detector.ts";
import { isSeparator, joinedBefore } from "./kit/digits.ts";
import type { Source } from "./kit/source.ts";
import { STEP_BACK_CHARS } from "./limits.ts";

/** The longest run that a prefilter asks for. */
const REACH_MAX = 26;
/** Shorter words and numbers are looked at only when something joins them to more. */
const ALONE_MAX = 5;
const BLANK = 32;
const OPEN = 40;
const CLOSE = 41;
const HYPHEN = 45;
const SLASH = 47;
const COLON = 58;
const NO_BREAK = 0xa0;

/** Receives every candidate of a pass, with the index of its detector and the anchor it hangs on. */
export type Sink = (detector: number, candidate: Candidate, anchor: number) => void;

/** 1 for what ends a number that stands alone, whatever follows: all but what `isAlone` looks at. */
const STAND_APART = Uint8Array.from({ length: 128 }, (_, code) =>
  is(code, ALNUM | DASH) || isDash(code) || [BLANK, COLON, OPEN, CLOSE].includes(code) ? 0 : 1,
);

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

  /** Asks those for whom enough letters, digits and hyphens run on from the anchor. */
  #askAll(list: readonly Asked[], at: number, follow: number): void {
    let reached = -1;
    for (const { detector, reach, follow: wanted } of list) {
      if (wanted !== "" && follow >= 0 && !wanted.includes(String.fromCharCode(follow))) continue;
      if (reach > 0) {
        if (reached < 0) reached = this.#reach(at);
        if (reached < reach) continue;
      }
      this.#ask(detector, at);
    }
  }

  /** How far letters, digits and hyphens run on; the most that is asked for when that is open. */
  #reach(at: number): number {
    const source = this.#source;
    source.touched = false;
    const end = source.run(at, ALNUM | DASH, at + REACH_MAX);
    if (!source.touched) return end - at;
    this.#keepFrom(at);
    return 0;
  }

  digits(at: number): void {
    const source = this.#source;
    const { text } = source;
    source.touched = false;
    // Most numbers of prose are short and stand alone: they are told without a call.
    let end = at + 1;
    let next = text.charCodeAt(end);
    while (next >= 48 && next <= 57 && end - at < FIRST_MAX) {
      end += 1;
      next = text.charCodeAt(end);
    }
    if (end >= source.length) next = source.code(end);
    else if (end - at < ALONE_MAX && next !== BLANK && next < 128 && STAND_APART[next] === 1)
      return;
    const alone = end - at < ALONE_MAX && isAlone(source, end, next);
    if (alone) {
      if (source.touched) this.#keepFrom(at);
      return;
    }
    let second = 0;
    if (isSeparator(next)) {
      second = source.run(end + 1, DIGIT, end + 1 + FIRST_MAX) - end - 1;
      if (end - at + second > DIGITS_MAX) second = 0;
    }
    // Whoever is asked reads at least as far: what is open here is open for all.
    if (source.touched) {
      this.#keepFrom(at);
      return;
    }
    const { byGroups, byGroupsJoined } = this.#engine;
    const table = joinedBefore(source, at) ? byGroupsJoined : byGroups;
    const list = table[(end - at) * GROUP_KEYS + second];
    if (list !== undefined) this.#askAll(list, at, next);
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
    const list = this.#engine.byLetters[at - start];
    if (list !== undefined) this.#askAll(list, start, -1);
  }

  /** `found` says which kinds of literals of the bucket may stand here, as bits of `thirds`. */
  literals(at: number, bucket: number, found: number): void {
    if (at < this.#from) return;
    const source = this.#source;
    const before = source.code(at - 1);
    for (const entry of this.#engine.buckets[bucket] ?? []) {
      if (((entry.opens ? OPENING : ANYWHERE) & found) === 0) continue;
      if (entry.previous !== 0 && !is(before, entry.previous)) continue;
      if (entry.literal.length > 1 && !this.#stands(entry, at)) continue;
      if (entry.reach > 0 && this.#reach(at) < entry.reach) continue;
      if (entry.assigns) {
        source.touched = false;
        const assigned = readAssignment(source, at);
        if (source.touched) this.#keepFrom(at);
        if (assigned === undefined || source.touched) continue;
      }
      for (const detector of entry.detectors) this.#ask(detector, at);
    }
  }

  #stands(entry: LiteralEntry, at: number): boolean {
    const source = this.#source;
    source.touched = false;
    const stands = entry.ignoreCase
      ? hasIgnoringCase(source, at, entry.literal)
      : source.has(at, entry.literal);
    if (source.touched) this.#keepFrom(at);
    return stands && !source.touched;
  }
}

/**
 * Whether a short number that ends here stands alone, as most numbers of prose do: no letter is
 * glued to it, and no separator joins it to more digits or letters.
 */
function isAlone(source: Source, end: number, next: number): boolean {
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
  const { pairs, bucketOf, thirds } = engine;
  let previous = from > 0 ? low(text.charCodeAt(from - 1)) : 0;
  let inside = from > 1 ? (INSIDES[low(text.charCodeAt(from - 2))] ?? 0) : 0;
  for (let i = from; i < length; i += 1) {
    let code = text.charCodeAt(i);
    if (code > 127) code = 0;
    const pair = (previous << 7) | code;
    const flags = pairs[inside | pair] ?? 0;
    if (flags !== 0) {
      if ((flags & LITERAL) !== 0) {
        const bucket = bucketOf[pair] ?? 0;
        // What stands in the third place is unknown at the end: then all of the bucket may follow.
        const third =
          i + 1 < length ? (thirds[(bucket << 7) | low(text.charCodeAt(i + 1))] ?? 0) : 3;
        const found = inside === 0 ? third : third & ANYWHERE;
        if (found !== 0) pass.literals(i - 1, bucket, found);
      }
      if ((flags & DIGIT_START) !== 0) pass.digits(i);
      else if ((flags & LETTER_DIGIT) !== 0) pass.mixed(i);
    }
    inside = INSIDES[previous] ?? 0;
    previous = code;
  }
  if (length === 0 || length === from) return pass.hold;
  // The last character has no successor yet: at the end of the text, one that cannot match.
  if (ended) {
    const bucket = bucketOf[previous << 7] ?? 0;
    if (bucket !== 0)
      pass.literals(length - 1, bucket, inside === 0 ? ANYWHERE | OPENING : ANYWHERE);
    return length;
  }
  // A last character that may begin a literal is an open anchor, with the word before it.
  const open = engine.begins[previous] === 1 ? length - 1 : length;
  return Math.min(pass.hold, wordStart(source, open));
}
