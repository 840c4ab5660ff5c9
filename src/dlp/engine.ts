/**
 * The one pass. A table over pairs of characters tells where a detector may find something;
 * only there its validator runs. Nothing else of the text is looked at twice.
 */
import {
  ANYWHERE,
  DIGIT_START,
  FIRST_MAX,
  GROUP_KEYS,
  LETTERS_MAX,
  LETTER_DIGIT,
  OPENING,
  type Asked,
  type Engine,
  type LiteralEntry,
} from "./engine-tables.ts";

import { STAND_APART, isAlone, secondGroup, wordStart } from "./edges.ts";
import { runsAround, type Run } from "./base64.ts";
import { LITERALS_SHIFT, findPlaces, placesFor, type Places } from "./places.ts";
import { mayHoldValue, readAssignment } from "./kit/assignment.ts";
import { VALUE_FIRST } from "./kit/operators.ts";
import { ALNUM, ALPHA, DIGIT, DASH, NONE, is } from "./kit/chars.ts";
import { hasContext, type ContextWords } from "./kit/context.ts";
import type { Candidate } from "./kit/detector.ts";
import { isSeparator, joinedBefore } from "./kit/digits.ts";
import type { Source } from "./kit/source.ts";
import { hasIgnoringCase, hasSmall } from "./kit/literal-case.ts";
import { Crowds } from "./crowds.ts";
import { STEP_BACK_CHARS } from "./limits.ts";

/** The longest run that a prefilter asks for. */
const REACH_MAX = 26;
/** Shorter words and numbers are looked at only when something joins them to more. */
const ALONE_MAX = 5;
/** The most digits that a prefilter asks for after letters. */
const MIXED_DIGITS_MAX = 9;
const BLANK = 32;
const HYPHEN = 45;
const FULL_STOP = 46;
const COLON = 58;

const NO_RUNS: readonly Run[] = [];

/** Receives every candidate of a pass, with the index of its detector and the anchor it hangs on. */
export type Sink = (detector: number, candidate: Candidate, anchor: number) => void;

/** One pass over one source: holds what the visits of the pass share. */
class Pass {
  readonly #engine: Engine;
  readonly #source: Source;
  readonly #codes: Uint8Array;
  readonly #from: number;
  readonly #sink: Sink;
  readonly #ended: boolean;
  #crowds: Crowds | undefined;
  /** The stretch of letters, digits, hyphens and underscores that was walked last. */
  #reachFrom = 0;
  #reachEnd = -1;
  /** How many digits the third group of the number has that was read last; -1 where none was read. */
  #third = -1;
  /** The first place whose verdict needs text that has not arrived. */
  hold: number;

  constructor(engine: Engine, source: Source, from: number, ended: boolean, sink: Sink) {
    this.#engine = engine;
    this.#source = source;
    this.#codes = source.codes;
    this.#from = from;
    this.#ended = ended;
    this.#sink = sink;
    this.hold = source.length;
  }

  #ask(detector: number, at: number): void {
    const source = this.#source;
    const asked = this.#engine.askable[detector];
    if (asked === undefined) return;
    if (asked.crowds !== undefined && this.#crowds?.isFull(detector, at) === true) return;
    source.touched = false;
    const found = asked.validate(source, at);
    if (source.touched) this.#keepFrom(at);
    else if (found !== undefined) {
      if (asked.crowds !== undefined) {
        this.#crowds ??= new Crowds();
        if (this.#crowds.enter(detector, at, found.end)) found.runsOn = asked.crowds;
      }
      this.#sink(detector, found, at);
    }
  }

  /** Holds back from the start of the word at `at`, since a detector may step back over it. */
  #keepFrom(at: number): void {
    if (at - STEP_BACK_CHARS >= this.hold) return;
    this.hold = Math.min(this.hold, wordStart(this.#source, at));
  }

  /**
   * Asks those for whom enough letters, digits and hyphens run on from the anchor. `follow` are the
   * bits of what follows the first group of a number; `from` is where the digits of a word begin;
   * `known` is how far it runs on, -1 where that is not known.
   */
  #askAll(list: readonly Asked[], at: number, follow: number, from: number, known: number): void {
    let third = this.#third;
    let reached = known;
    let solidly = -1;
    let digits = -1;
    let heard: ContextWords | undefined;
    let missed: ContextWords | undefined;
    for (let k = 0; k < list.length; k += 1) {
      const asked = list[k];
      if (asked === undefined) return;
      if (asked.plain) {
        this.#ask(asked.detector, at);
        continue;
      }
      const { reach } = asked;
      if (reach > 0) {
        if (reached < 0) reached = this.#reach(at);
        if (reached < reach) return;
        if (asked.solid) {
          if (solidly < 0) solidly = this.#solid(at, reached);
          if (solidly < reach) continue;
        }
      }
      if (asked.follow !== 0 && (asked.follow & follow) === 0) continue;
      if (asked.third !== 0) {
        if (third < 0) third = this.#thirdGroup(at);
        if (((asked.third >> third) & 1) === 0) continue;
      }
      if (asked.digits !== 0) {
        if (digits < 0) digits = this.#digitsFrom(at, from);
        if (digits < asked.digits) continue;
      }
      if (asked.needs !== undefined && asked.needs !== heard) {
        if (asked.needs === missed || !hasContext(this.#source, at, asked.needs)) {
          missed = asked.needs;
          continue;
        }
        heard = asked.needs;
      }
      this.#ask(asked.detector, at);
    }
  }

  /** How far letters and digits alone run on, of the characters that `#reach` counted. */
  #solid(at: number, reached: number): number {
    const codes = this.#codes;
    let count = 0;
    while (count < reached && is(codes[at + count] ?? NONE, ALNUM)) count += 1;
    return count;
  }

  /** How many digits stand from a place on, up to as many as are asked for after letters. */
  #digitsFrom(at: number, place: number): number {
    const source = this.#source;
    source.touched = false;
    const count = source.run(place, DIGIT, place + MIXED_DIGITS_MAX) - place;
    if (!source.touched) return count;
    this.#keepFrom(at);
    return 0;
  }

  /** How far letters, digits and hyphens run on; the most that is asked for when that is open. */
  #reach(at: number): number {
    const codes = this.#codes;
    const { length } = this.#source;
    // Anchors inside one run share what was walked of it.
    let end = at >= this.#reachFrom && at <= this.#reachEnd ? this.#reachEnd : at;
    const to = at + REACH_MAX;
    if (end >= to) return REACH_MAX;
    const stop = Math.min(to, length);
    while (end < stop && is(codes[end] ?? NONE, ALNUM | DASH)) end += 1;
    this.#reachFrom = at;
    this.#reachEnd = end;
    if (this.#ended || end < length || end >= to) return end - at;
    this.#keepFrom(at);
    return 0;
  }

  digits(at: number): void {
    const source = this.#source;
    const codes = this.#codes;
    const stop = Math.min(source.length, at + FIRST_MAX);
    let end = at + 1;
    while (end < stop && is(codes[end] ?? NONE, DIGIT)) end += 1;
    source.touched = false;
    const next = source.code(end);
    // Most numbers of prose are short and stand alone: they are told without a call.
    if (end - at < ALONE_MAX && !source.touched) {
      if (STAND_APART[next] === 1 || isAlone(source, end, next)) {
        if (source.touched) this.#keepFrom(at);
        return;
      }
    }
    const { byGroups, byGroupsJoined, followBits } = this.#engine;
    // Few want numbers that are joined to others.
    const joined = joinedBefore(source, at);
    const groups = joined ? byGroupsJoined : byGroups;
    this.#third = -1;
    // Most of those who want several groups want more than one digit in the first, and read them all.
    const second =
      joined || end - at === 1 ? secondGroup(source, at, end, next) : this.#group(at, end, next);
    // Whoever is asked reads at least as far: what is open here is open for all.
    if (source.touched) {
      this.#keepFrom(at);
      return;
    }
    const list = groups[(end - at) * GROUP_KEYS + second];
    if (list === undefined || list.length === 0) return;
    // Nothing runs on past a number that ends before another sign.
    const reached = is(next, ALNUM | DASH) ? -1 : end - at;
    this.#askAll(list, at, followBits[next] ?? 0, at, reached);
  }

  /** The same as `secondGroup`, by reading the number, which is kept for those who are asked. */
  #group(at: number, end: number, next: number): number {
    const source = this.#source;
    if (!isSeparator(next) || !is(source.code(end + 1), DIGIT)) return 0;
    const run = source.digits(at);
    if (run === undefined) return 0;
    this.#third = run.group(2);
    return run.group(1);
  }

  /** How many digits the third group of a number has; 0 for none, and for what is not known yet. */
  #thirdGroup(at: number): number {
    const source = this.#source;
    source.touched = false;
    const count = source.digits(at)?.group(2) ?? 0;
    if (!source.touched) return count;
    this.#keepFrom(at);
    return 0;
  }

  /** `at` is the first digit after letters. */
  mixed(at: number): void {
    const source = this.#source;
    const codes = this.#codes;
    let start = at;
    while (at - start <= LETTERS_MAX && start > 0 && is(codes[start - 1] ?? NONE, ALPHA))
      start -= 1;
    if (start < this.#from || is(source.code(start - 1), DIGIT)) return;
    source.touched = false;
    const end = source.run(at, ALNUM, start + ALONE_MAX);
    if (end - start < ALONE_MAX) {
      const next = source.code(end);
      const joins =
        next === HYPHEN ||
        next === COLON ||
        (at - start === 2 && (next === BLANK || next === FULL_STOP));
      if (source.touched) this.#keepFrom(start);
      if (!joins) return;
    }
    const list = this.#engine.byLetters[at - start];
    if (list !== undefined) this.#askAll(list, start, 0, at, -1);
  }

  /** `found` says which kinds of literals of the bucket may stand here, as bits of `thirds`. */
  literals(at: number, bucket: number, found: number): void {
    if (at < this.#from) return;
    const entries = this.#engine.buckets[bucket];
    if (entries === undefined) return;
    for (let k = 0; k < entries.length; k += 1) {
      const entry = entries[k];
      if (entry === undefined) return;
      if ((entry.where & found) === 0) continue;
      if (entry.previous !== 0 && !is(this.#source.code(at - 1), entry.previous)) continue;
      if (entry.literal.length > 1 && !this.#stands(entry, at)) continue;
      if (entry.reach > 0 && this.#reach(at) < entry.reach) continue;
      if (entry.assigns !== 0 && !this.#assigns(entry, at)) continue;
      const { detectors } = entry;
      for (let i = 0; i < detectors.length; i += 1) this.#ask(detectors[i] ?? 0, at);
    }
  }

  #assigns({ assigns, literal }: LiteralEntry, at: number): boolean {
    const source = this.#source;
    if (assigns === VALUE_FIRST && !mayHoldValue(source, at + literal.length)) return false;
    source.touched = false;
    const assigned = readAssignment(source, at);
    if (source.touched) this.#keepFrom(at);
    return assigned !== undefined && !source.touched;
  }

  /** Whether a literal stands at a place where its first two characters do. */
  #stands(entry: LiteralEntry, at: number): boolean {
    const source = this.#source;
    const wanted = entry.codes;
    if (wanted !== undefined && at + wanted.length <= source.length) {
      const codes = this.#codes;
      if (!entry.ignoreCase) {
        for (let i = 2; i < wanted.length; i += 1) if (codes[at + i] !== wanted[i]) return false;
        return true;
      }
      const told = hasSmall(codes, at, wanted);
      if (told >= 0) return told === 1;
    }
    source.touched = false;
    const stands = entry.ignoreCase
      ? hasIgnoringCase(source, at, entry.literal)
      : source.has(at, entry.literal);
    if (source.touched) this.#keepFrom(at);
    return stands && !source.touched;
  }
}

/** Looks at every place that `findPlaces` noted. */
function visit({ bucketOf }: Engine, pass: Pass, { at, pair, flags }: Places, count: number): void {
  for (let k = 0; k < count; k += 1) {
    const i = at[k] ?? 0;
    const bits = flags[k] ?? 0;
    const literals = bits >> LITERALS_SHIFT;
    if (literals !== 0) pass.literals(i - 1, bucketOf[pair[k] ?? 0] ?? 0, literals);
    if ((bits & DIGIT_START) !== 0) pass.digits(i);
    else if ((bits & LETTER_DIGIT) !== 0) pass.mixed(i);
  }
}

/**
 * Runs the pass from an index on and hands every final candidate to the sink, and every base64 run
 * of modest length to `seen`, after them. Returns where the text must be held back: the length when
 * every verdict is final.
 */
export function runEngine(
  engine: Engine,
  source: Source,
  from: number,
  ended: boolean,
  sink: Sink,
  seen?: (start: number, end: number) => void,
): number {
  const places = placesFor(source.length - from + 2);
  const count = findPlaces(engine, source, from, places);
  const runs = seen === undefined ? NO_RUNS : runsAround(source.codes, source.length, from, places);
  const pass = new Pass(engine, source, from, ended, sink);
  visit(engine, pass, places, count);
  for (const { start, end } of runs) seen?.(start, end);
  return holdOf(engine, source, from, ended, pass);
}

/** Where the text must be held back after a pass. */
function holdOf(engine: Engine, source: Source, from: number, ended: boolean, pass: Pass): number {
  const { codes, length } = source;
  if (length === 0 || length === from) return pass.hold;
  // The last character has no successor yet: at the end of the text, one that cannot match.
  const last = codes[length - 1] ?? NONE;
  if (ended) {
    const bucket = engine.bucketOf[(last << 8) | NONE] ?? 0;
    const inside = length > 1 && is(codes[length - 2] ?? NONE, ALNUM);
    if (bucket !== 0) pass.literals(length - 1, bucket, inside ? ANYWHERE : ANYWHERE | OPENING);
    return length;
  }
  // A last character that may begin a literal is an open anchor, with the word before it.
  const open = engine.begins[last] === 1 ? length - 1 : length;
  return Math.min(pass.hold, wordStart(source, open));
}
