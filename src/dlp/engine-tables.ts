/**
 * The tables of the one pass, compiled from what detectors say of where they may find something:
 * flags by pairs of characters, literals behind them, digit groups by their lengths.
 */
import { ALNUM, ALPHA, DIGIT, FOLD, LETTER_LIKE, OTHER, is } from "./kit/chars.ts";
import type { Detector, Prefilter } from "./kit/detector.ts";
import { OPERATORS } from "./kit/operators.ts";

/** Set with any of the flags after it, so that places with flags can be counted without a branch. */
export const MARK = 1;
export const DIGIT_START = 2;
export const LETTER_DIGIT = 4;
export const LITERAL = 8;
/** Bits of `thirds`: a literal that may stand anywhere, and one that no letter may precede. */
export const ANYWHERE = 1;
export const OPENING = 2;
/** Where the half of the pair table begins for pairs inside a word: most literals open words. */
export const INSIDE = 1 << 16;
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
  /** Class mask of the second character after a literal of one character; 0 for any. */
  readonly after: number;
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
  /** Bits of `followBits`: which characters may follow the first group of digits; 0 for any. */
  readonly follow: number;
  /** Bits of the lengths that a third group of digits may have; 0 for any. */
  readonly third: number;
}

/** Tables compiled from detectors; shared by every scan of the same set. */
export interface Engine {
  readonly detectors: readonly Detector[];
  /** Flags by (previous code << 8) | code, and INSIDE where a letter or digit goes before both. */
  readonly pairs: Uint8Array;
  /** 1 where a character may begin a literal: a stream keeps it until the next one comes. */
  readonly begins: Uint8Array;
  /** By pair: the place of its literals in `buckets`, 0 for none. */
  readonly bucketOf: Uint16Array;
  /**
   * By (bucket << 8) | third code: whether a literal of the bucket may go on so, as ANYWHERE and
   * OPENING. Most pairs of prose end here.
   */
  readonly thirds: Uint8Array;
  readonly buckets: readonly (readonly LiteralEntry[])[];
  /** By code: the sets of characters it is in that a detector wants after a number. */
  readonly followBits: Uint8Array;
  /** By first group length * GROUP_KEYS + second group length (0 for none); smallest reach first. */
  readonly byGroups: readonly (readonly Asked[])[];
  /** The same for a number that a separator joins to digits before it: few want those. */
  readonly byGroupsJoined: readonly (readonly Asked[])[];
  readonly byLetters: readonly (readonly Asked[])[];
}

/** What a prefilter says of its literals. */
type LiteralTerms = Omit<Extract<Prefilter, { kind: "literals" | "anywhere" }>, "literals">;

const ALL_CODES = Array.from({ length: 256 }, (_, code) => code);

/** Folded codes that a literal entry accepts at a place, all of a mask when there is no character. */
function spellings(character: string | undefined, ignoreCase: boolean, mask = 0): number[] {
  if (character === undefined)
    return mask === 0 ? ALL_CODES : ALL_CODES.filter((code) => is(code, mask));
  if (!ignoreCase) return [FOLD[character.charCodeAt(0)] ?? OTHER];
  const forms = [character, character.toLowerCase(), character.toUpperCase()];
  const codes = forms.map((form) => FOLD[form.charCodeAt(0)] ?? OTHER);
  // Letters outside ASCII that are capitals of letters inside it: the long s and the Kelvin sign.
  if (codes.some((code) => code > 127 || code === 107 || code === 115))
    codes.push(LETTER_LIKE, OTHER);
  return [...new Set(codes)];
}

/** INSIDE by code, for letters and digits. */
export const INSIDES = Int32Array.from({ length: 256 }, (_, code) =>
  is(code, ALNUM) ? INSIDE : 0,
);

/** The union of two sets of bits, of which the empty one stands for everything. */
function either(one: number, other: number): number {
  return one === 0 || other === 0 ? 0 : one | other;
}

/** A detector with several prefilters is asked once, on the terms of the most lenient. */
function file(list: Asked[], asked: Asked): void {
  const at = list.findIndex(({ detector }) => detector === asked.detector);
  const known = list[at];
  if (known === undefined) list.push(asked);
  else
    list[at] = {
      detector: asked.detector,
      reach: Math.min(known.reach, asked.reach),
      follow: either(known.follow, asked.follow),
      third: either(known.third, asked.third),
    };
}

class Builder {
  readonly pairs = new Uint8Array(2 * INSIDE);
  readonly begins = new Uint8Array(256);
  readonly bucketOf = new Uint16Array(INSIDE);
  readonly followBits = new Uint8Array(256);
  readonly #follows: string[] = [];
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
          file(this.byLetters[letters] ?? [], {
            detector,
            reach: prefilter.reach ?? 0,
            follow: 0,
            third: 0,
          });
        return;
      case "assignment":
        for (const { literal, ...terms } of OPERATORS)
          this.#literal(literal, terms, true, detector);
        return;
      case "literals":
      case "anywhere":
        for (const literal of prefilter.literals)
          this.#literal(literal, prefilter, false, detector);
    }
  }

  #digits(prefilter: Extract<Prefilter, { kind: "digits" }>, detector: number): void {
    const { reach = 0 } = prefilter;
    let third = 0;
    for (const length of prefilter.third ?? []) third |= 1 << length;
    const follow = this.#followBit(prefilter.follow);
    const seconds = prefilter.second ?? Array.from({ length: GROUP_KEYS }, (_, i) => i);
    for (const first of prefilter.first) {
      for (const second of seconds) {
        const key = Math.min(first, FIRST_MAX) * GROUP_KEYS + second;
        const lists =
          prefilter.whole === true ? [this.byGroups] : [this.byGroups, this.byGroupsJoined];
        for (const table of lists) file(table[key] ?? [], { detector, reach, follow, third });
      }
    }
  }

  /** A bit for a set of characters; those of more than eight sets are asked whatever follows. */
  #followBit(characters: string | undefined): number {
    if (characters === undefined) return 0;
    if (!this.#follows.includes(characters)) this.#follows.push(characters);
    const bit = 1 << this.#follows.indexOf(characters);
    if (bit > 128) return 0;
    for (const character of characters) {
      const code = character.charCodeAt(0);
      this.followBits[code] = (this.followBits[code] ?? 0) | bit;
    }
    return bit;
  }

  /** Detectors with the same literal on the same terms share one entry. */
  #literal(literal: string, terms: LiteralTerms, assigns: boolean, detector: number): void {
    const { kind, ignoreCase = false, next = 0, after = 0, previous = 0, reach = 0 } = terms;
    const opens = kind === "literals";
    const key = JSON.stringify([literal, ignoreCase, next, after, previous, reach, opens, assigns]);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.detectors.push(detector);
      return;
    }
    const detectors = [detector];
    const entry = { literal, ignoreCase, next, after, previous, reach, opens, assigns, detectors };
    this.#entries.set(key, entry);
    this.#file(entry);
  }

  /** A literal of one character is filed under every pair that begins with it. */
  #file(entry: LiteralEntry): void {
    const { literal, ignoreCase, next } = entry;
    for (const first of spellings(literal[0], ignoreCase)) {
      this.begins[first] = 1;
      for (const second of spellings(literal[1], ignoreCase, next)) {
        const pair = (first << 8) | second;
        this.pairs[pair] = MARK | LITERAL;
        if (!entry.opens) this.pairs[INSIDE | pair] = MARK | LITERAL;
        if (this.bucketOf[pair] === 0) this.bucketOf[pair] = this.buckets.push([]) - 1;
        this.buckets[this.bucketOf[pair] ?? 0]?.push(entry);
      }
    }
  }

  /** What may stand in the third place of each bucket's literals. */
  thirds(): Uint8Array {
    const thirds = new Uint8Array(this.buckets.length << 8);
    this.buckets.forEach((bucket, index) => {
      for (const { literal, ignoreCase, opens, after } of bucket) {
        for (const third of spellings(literal[2], ignoreCase, after)) {
          const at = (index << 8) | third;
          thirds[at] = (thirds[at] ?? 0) | (opens ? OPENING : ANYWHERE);
        }
      }
    });
    return thirds;
  }

  markDigits(): void {
    for (const previous of ALL_CODES) {
      for (let digit = 48; digit < 58; digit += 1) {
        if (is(previous, DIGIT)) continue;
        const flag = MARK | (is(previous, ALPHA) ? LETTER_DIGIT : DIGIT_START);
        for (const pair of [(previous << 8) | digit, INSIDE | (previous << 8) | digit])
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
  const { pairs, begins, bucketOf, buckets, followBits } = builder;
  const { byGroups, byGroupsJoined, byLetters } = builder;
  for (const lists of [byGroups, byGroupsJoined, byLetters])
    for (const list of lists) list.sort((a, b) => a.reach - b.reach);
  return {
    detectors,
    pairs,
    begins,
    bucketOf,
    thirds: builder.thirds(),
    buckets,
    followBits,
    byGroups,
    byGroupsJoined,
    byLetters,
  };
}
