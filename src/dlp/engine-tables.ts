/**
 * The tables of the one pass, compiled from what detectors say of where they may find something:
 * flags by pairs of characters, literals behind them, digit groups by their lengths.
 */
import { ALNUM, ALPHA, DIGIT, is } from "./kit/chars.ts";
import type { Detector, Prefilter } from "./kit/detector.ts";

export const DIGIT_START = 1;
export const LETTER_DIGIT = 2;
export const LITERAL = 4;
/** Bits of `thirds`: a literal that may stand anywhere, and one that no letter may precede. */
export const ANYWHERE = 1;
export const OPENING = 2;
/** Where the half of the pair table begins for pairs inside a word: most literals open words. */
export const INSIDE = 1 << 14;
export const LETTERS_MAX = 16;
export const FIRST_MAX = 21;
export const GROUP_KEYS = FIRST_MAX + 1;
/** More digits than any number has: a second group that would pass it is not part of the first. */
export const DIGITS_MAX = 20;
export interface LiteralEntry {
  readonly literal: string;
  readonly ignoreCase: boolean;
  /** Class mask of the character after a literal of one character; 0 for any. */
  readonly next: number;
  /** Class mask of the character before the literal; 0 for any. */
  readonly previous: number;
  /** How many letters, digits and hyphens run on from the anchor at least. */
  readonly reach: number;
  /** The literal must not follow a letter or digit. */
  readonly opens: boolean;
  /** The literal is the operator of an assignment, which is read before any detector is asked. */
  readonly assigns: boolean;
  readonly detectors: number[];
}

/** Detectors that share an anchor, with what must run on from it. */
export interface Asked {
  readonly detector: number;
  readonly reach: number;
  /** Characters of which one must follow the first group of digits; "" for any. */
  readonly follow: string;
}

/** Tables compiled from detectors; shared by every scan of the same set. */
export interface Engine {
  readonly detectors: readonly Detector[];
  /**
   * Flags by (previous code << 7) | code, and INSIDE where a letter or digit goes before both;
   * codes outside ASCII count as 0.
   */
  readonly pairs: Uint8Array;
  /** 1 where a character may begin a literal: a stream keeps it until the next one comes. */
  readonly begins: Uint8Array;
  /** By pair: the place of its literals in `buckets`, 0 for none. */
  readonly bucketOf: Uint16Array;
  /**
   * By (bucket << 7) | third code: whether a literal of the bucket may go on so, as ANYWHERE and
   * OPENING. Most pairs of prose end here.
   */
  readonly thirds: Uint8Array;
  readonly buckets: readonly (readonly LiteralEntry[])[];
  /** By first group length * GROUP_KEYS + second group length (0 for none). */
  readonly byGroups: readonly (readonly Asked[])[];
  /** The same for a number that a separator joins to digits before it: few want those. */
  readonly byGroupsJoined: readonly (readonly Asked[])[];
  readonly byLetters: readonly (readonly Asked[])[];
}

/** What a prefilter says of its literals. */
type LiteralTerms = Omit<Extract<Prefilter, { kind: "literals" | "anywhere" }>, "literals">;

/** A code within the tables; what is outside ASCII counts as 0. */
export function low(code: number): number {
  return code > 127 || code < 0 ? 0 : code;
}

/** Spellings of one character that a literal entry accepts at a place. */
function spellings(character: string | undefined, ignoreCase: boolean): number[] {
  if (character === undefined) return Array.from({ length: 128 }, (_, code) => code);
  if (!ignoreCase) return [low(character.charCodeAt(0))];
  const both = [character.toLowerCase(), character.toUpperCase()];
  return [...new Set(both.map((form) => low(form.charCodeAt(0))))];
}

/** The operators of assignments, in the spellings that `readAssignment` reads. */
const OPERATORS = ["=", ":", " is "] as const;

/** INSIDE by code, for letters and digits. */
export const INSIDES = Uint16Array.from({ length: 128 }, (_, code) =>
  is(code, ALNUM) ? INSIDE : 0,
);

class Builder {
  readonly pairs = new Uint8Array(2 * INSIDE);
  readonly begins = new Uint8Array(128);
  readonly bucketOf = new Uint16Array(128 * 128);
  readonly buckets: LiteralEntry[][] = [[]];
  readonly #entries = new Map<string, LiteralEntry>();
  readonly byGroups: Asked[][] = Array.from({ length: GROUP_KEYS * GROUP_KEYS }, () => []);
  readonly byGroupsJoined: Asked[][] = Array.from({ length: GROUP_KEYS * GROUP_KEYS }, () => []);
  readonly byLetters: Asked[][] = Array.from({ length: LETTERS_MAX + 1 }, () => []);

  add(prefilter: Prefilter, detector: number): void {
    switch (prefilter.kind) {
      case "digits":
        this.#digits(prefilter, detector);
        return;
      case "mixed":
        for (const letters of prefilter.letters)
          this.byLetters[letters]?.push({ detector, reach: prefilter.reach ?? 0, follow: "" });
        return;
      case "assignment":
        for (const literal of OPERATORS)
          this.#literal(literal, { kind: "anywhere" }, true, detector);
        return;
      case "literals":
      case "anywhere":
        for (const literal of prefilter.literals)
          this.#literal(literal, prefilter, false, detector);
    }
  }

  #digits(prefilter: Extract<Prefilter, { kind: "digits" }>, detector: number): void {
    const { reach = 0, follow = "" } = prefilter;
    const seconds = prefilter.second ?? Array.from({ length: GROUP_KEYS }, (_, i) => i);
    for (const first of prefilter.first) {
      for (const second of seconds) {
        const key = Math.min(first, FIRST_MAX) * GROUP_KEYS + second;
        const lists =
          prefilter.whole === true ? [this.byGroups] : [this.byGroups, this.byGroupsJoined];
        for (const table of lists) {
          if (table[key]?.some((asked) => asked.detector === detector) === false)
            table[key]?.push({ detector, reach, follow });
        }
      }
    }
  }

  /** Detectors with the same literal on the same terms share one entry. */
  #literal(literal: string, terms: LiteralTerms, assigns: boolean, detector: number): void {
    const { kind, ignoreCase = false, next = 0, previous = 0, reach = 0 } = terms;
    const opens = kind === "literals";
    const key = JSON.stringify([literal, ignoreCase, next, previous, reach, opens, assigns]);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.detectors.push(detector);
      return;
    }
    const detectors = [detector];
    const entry = { literal, ignoreCase, next, previous, reach, opens, assigns, detectors };
    this.#entries.set(key, entry);
    this.#file(entry);
  }

  /** A literal of one character is filed under every pair that begins with it. */
  #file(entry: LiteralEntry): void {
    const { literal, ignoreCase, next } = entry;
    for (const first of spellings(literal[0], ignoreCase)) {
      this.begins[first] = 1;
      for (const second of spellings(literal[1], ignoreCase)) {
        if (literal.length === 1 && next !== 0 && second !== 0 && !is(second, next)) continue;
        const pair = (first << 7) | second;
        this.pairs[pair] = LITERAL;
        if (!entry.opens) this.pairs[INSIDE | pair] = LITERAL;
        if (this.bucketOf[pair] === 0) this.bucketOf[pair] = this.buckets.push([]) - 1;
        this.buckets[this.bucketOf[pair] ?? 0]?.push(entry);
      }
    }
  }

  /** What may stand in the third place of each bucket's literals. */
  thirds(): Uint8Array {
    const thirds = new Uint8Array(this.buckets.length << 7);
    this.buckets.forEach((bucket, index) => {
      for (const { literal, ignoreCase, opens } of bucket) {
        for (const third of spellings(literal[2], ignoreCase)) {
          const at = (index << 7) | third;
          thirds[at] = (thirds[at] ?? 0) | (opens ? OPENING : ANYWHERE);
        }
      }
    });
    return thirds;
  }

  markDigits(): void {
    for (let previous = 0; previous < 128; previous += 1) {
      for (let digit = 48; digit < 58; digit += 1) {
        if (is(previous, DIGIT)) continue;
        const flag = is(previous, ALPHA) ? LETTER_DIGIT : DIGIT_START;
        for (const pair of [(previous << 7) | digit, INSIDE | (previous << 7) | digit])
          this.pairs[pair] = (this.pairs[pair] ?? 0) | flag;
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
  const { pairs, begins, bucketOf, buckets, byGroups, byGroupsJoined, byLetters } = builder;
  return {
    detectors,
    pairs,
    begins,
    bucketOf,
    thirds: builder.thirds(),
    buckets,
    byGroups,
    byGroupsJoined,
    byLetters,
  };
}
