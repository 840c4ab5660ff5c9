/**
 * The tables of the one pass, compiled from what detectors say of where they may find something:
 * flags by pairs of characters, literals behind them, digit groups by their lengths.
 */
import { BASE64_CLASS } from "./base64.ts";
import { ALNUM, ALPHA, DIGIT, FOLD, LETTER_LIKE, OTHER, is } from "./kit/chars.ts";
import type { ContextWords } from "./kit/context.ts";
import type { Detector, Prefilter } from "./kit/detector.ts";
import { OPERATORS, VALUE_FIRST } from "./kit/operators.ts";

/** Flags of a pair of characters. Something may begin here, whatever goes before the pair. */
export const MARK = 1;
/** Something may begin here unless a letter or digit goes before the pair; one bit above MARK. */
export const MARK_OPENING = 2;
/** The first character is no letter or digit; two bits above MARK, one above MARK_OPENING. */
export const APART = 4;
export const DIGIT_START = 8;
export const LETTER_DIGIT = 16;
export const LITERAL = 32;
/** Both characters of the pair may stand in base64. */
export const BLOCK = 64;
/** Bits of `thirds`: a literal that may stand anywhere, and one that no letter may precede. */
export const ANYWHERE = 1;
export const OPENING = 2;
export const LETTERS_MAX = 16;
export const FIRST_MAX = 21;
export const GROUP_KEYS = FIRST_MAX + 1;
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
  /** `OPENING` when the literal must not follow a letter or digit, else `ANYWHERE`. */
  readonly where: number;
  /** The codes of a literal of ASCII, of small letters where case is ignored. */
  readonly codes: Uint8Array | undefined;
  /**
   * The literal is the operator of an assignment, which is read before any detector is asked: 0,
   * `VALUE_FIRST` or `NAME_FIRST`.
   */
  readonly assigns: number;
  readonly detectors: number[];
}

/** Detectors that share an anchor, with what must run on from it. */
export interface Asked {
  readonly detector: number;
  readonly reach: number;
  /** Whether letters and digits alone count for it. */
  readonly solid: boolean;
  /** Words of which one must stand shortly before; undefined for none. */
  readonly needs: ContextWords | undefined;
  /** Bits of `followBits`: which characters may follow the first group of digits; 0 for any. */
  readonly follow: number;
  /** Bits of the lengths that a third group of digits may have; 0 for any. */
  readonly third: number;
  /** How many digits there are at least after the letters of a word; 0 for any. */
  readonly digits: number;
  /** Whether nothing of all this is asked for. */
  plain: boolean;
}

/** What the pass asks of a detector. */
interface Askable {
  readonly validate: Detector["validate"];
  readonly crowds: string | undefined;
}

/** Tables compiled from detectors; shared by every scan of the same set. */
export interface Engine {
  readonly detectors: readonly Detector[];
  /** What of them is asked, all of one form: looking into objects of many forms takes longer. */
  readonly askable: readonly Askable[];
  /** Flags by (previous code << 8) | code. */
  readonly pairs: Uint8Array;
  /** The same by (code << 8) | previous code, as memory has two characters on most machines. */
  readonly swapped: Uint8Array;
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
type LiteralTerms = Omit<Extract<Prefilter, { kind: "literals" | "anywhere" }>, "literals"> & {
  assigns?: number;
};

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
      solid: known.solid && asked.solid,
      needs: known.needs === asked.needs ? known.needs : undefined,
      follow: either(known.follow, asked.follow),
      third: either(known.third, asked.third),
      digits: Math.min(known.digits, asked.digits),
      plain: false,
    };
}

function isPlain({ reach, needs, follow, third, digits }: Asked): boolean {
  return reach === 0 && needs === undefined && follow === 0 && third === 0 && digits === 0;
}

class Builder {
  readonly pairs = new Uint8Array(1 << 16);
  readonly begins = new Uint8Array(256);
  readonly bucketOf = new Uint16Array(1 << 16);
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
            solid: prefilter.solid ?? false,
            needs: prefilter.needs,
            follow: 0,
            third: 0,
            digits: prefilter.digits ?? 0,
            plain: false,
          });
        return;
      case "assignment":
        for (const { literal, ...terms } of OPERATORS)
          this.#literal(literal, { assigns: VALUE_FIRST, ...terms }, detector);
        return;
      case "literals":
      case "anywhere":
        for (const literal of prefilter.literals) this.#literal(literal, prefilter, detector);
    }
  }

  #digits(prefilter: Extract<Prefilter, { kind: "digits" }>, detector: number): void {
    const { reach = 0, solid = false, needs } = prefilter;
    let third = 0;
    for (const length of prefilter.third ?? []) third |= 1 << length;
    const follow = this.#followBit(prefilter.follow);
    const terms = { detector, reach, solid, needs, follow, digits: 0, plain: false };
    const seconds = prefilter.second ?? Array.from({ length: GROUP_KEYS }, (_, i) => i);
    for (const first of prefilter.first) {
      for (const second of seconds) {
        const key = Math.min(first, FIRST_MAX) * GROUP_KEYS + second;
        file(this.byGroups[key] ?? [], { ...terms, third });
        // Of numbers that are joined to digits before, the third group is not known.
        if (prefilter.whole !== true) file(this.byGroupsJoined[key] ?? [], { ...terms, third: 0 });
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
  #literal(literal: string, terms: LiteralTerms, detector: number): void {
    const { kind, ignoreCase = false, next = 0, after = 0, previous = 0, reach = 0 } = terms;
    const { assigns = 0 } = terms;
    const opens = kind === "literals";
    const key = JSON.stringify([literal, ignoreCase, next, after, previous, reach, opens, assigns]);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.detectors.push(detector);
      return;
    }
    const detectors = [detector];
    const written = ignoreCase ? literal.toLowerCase() : literal;
    const ascii = /^[\0-\u007f]*$/.test(written);
    const codes = ascii ? Uint8Array.from(written, (sign) => sign.charCodeAt(0)) : undefined;
    const said = { literal, ignoreCase, next, after, previous, reach };
    const where = opens ? OPENING : ANYWHERE;
    const entry: LiteralEntry = { ...said, codes, where, assigns, detectors };
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
        this.#flag(pair, LITERAL | (entry.where === OPENING ? MARK_OPENING : MARK));
        if (this.bucketOf[pair] === 0) this.bucketOf[pair] = this.buckets.push([]) - 1;
        this.buckets[this.bucketOf[pair] ?? 0]?.push(entry);
      }
    }
  }

  #flag(pair: number, flags: number): void {
    this.pairs[pair] = (this.pairs[pair] ?? 0) | flags;
  }

  /** What may stand in the third place of each bucket's literals. */
  thirds(): Uint8Array {
    const thirds = new Uint8Array(this.buckets.length << 8);
    this.buckets.forEach((bucket, index) => {
      for (const { literal, ignoreCase, where, after } of bucket) {
        for (const third of spellings(literal[2], ignoreCase, after)) {
          const at = (index << 8) | third;
          thirds[at] = (thirds[at] ?? 0) | where;
        }
      }
    });
    return thirds;
  }

  /** Flags that do not depend on literals. */
  markKinds(): void {
    for (const first of ALL_CODES) {
      const base64 = is(first, BASE64_CLASS);
      const digit = is(first, DIGIT) ? 0 : MARK | (is(first, ALPHA) ? LETTER_DIGIT : DIGIT_START);
      for (const second of ALL_CODES) {
        const pair = (first << 8) | second;
        if (!is(first, ALNUM)) this.#flag(pair, APART);
        if (is(second, DIGIT)) this.#flag(pair, digit);
        if (base64 && is(second, BASE64_CLASS)) this.#flag(pair, BLOCK);
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
  builder.markKinds();
  const { pairs, begins, bucketOf, buckets, followBits } = builder;
  const { byGroups, byGroupsJoined, byLetters } = builder;
  for (const lists of [byGroups, byGroupsJoined, byLetters])
    for (const list of lists) {
      list.sort((a, b) => a.reach - b.reach);
      for (const asked of list) asked.plain = isPlain(asked);
    }
  return {
    detectors,
    askable: detectors.map(({ validate, crowds }) => ({ validate, crowds })),
    pairs,
    swapped: pairs.map((_, pair) => pairs[((pair & 255) << 8) | (pair >> 8)] ?? 0),
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
