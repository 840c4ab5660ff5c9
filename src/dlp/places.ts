/**
 * Where in a text something may begin: one walk over pairs of characters with a look at a table for
 * each, then one over the few places that are left, with a look at the third character. Neither has
 * a branch that depends on the text, but for base64.
 */
import {
  ANYWHERE,
  APART,
  BLOCK,
  DIGIT_START,
  LETTER_DIGIT,
  LITERAL,
  MARK,
  OPENING,
  type Engine,
} from "./engine-tables.ts";
import { KEPT_CODES_MAX } from "./limits.ts";
import type { Source } from "./kit/source.ts";

/** Above the flags of a pair: which literals of its bucket may stand, as bits of `thirds`. */
export const LITERALS_SHIFT = 8;

/** Places that are worth a look, and what there is to look for. */
export interface Places {
  /** The second character of the pair. */
  readonly at: Int32Array;
  readonly pair: Uint16Array;
  /** Flags of the pair, and above them its literals, see `LITERALS_SHIFT`. */
  readonly flags: Uint16Array;
  /** Places inside of long runs of base64 characters, ascending: every run of 16 has one. */
  readonly blocks: Int32Array;
  /** How many of them there are. */
  blockCount: number;
}

function make(count: number): Places {
  return {
    at: new Int32Array(count),
    pair: new Uint16Array(count),
    flags: new Uint16Array(count),
    blocks: new Int32Array(count),
    blockCount: 0,
  };
}

/** Kept from pass to pass, as codes are: a pass visits its places before another one begins. */
let kept = make(4096);

/** Room for the places of a text of so many characters. */
export function placesFor(count: number): Places {
  if (kept.at.length >= count) return kept;
  const made = make(count * 2);
  if (count <= KEPT_CODES_MAX) kept = made;
  return made;
}

/** MARK when something may begin at a pair, given the flags of the pair before it. */
function begins(flags: number, before: number): number {
  return (flags | ((flags >> 1) & (before >> 2))) & MARK;
}

/** Texts from this length on are read by words of four characters. */
const WORDWISE_CHARS_MIN = 256;
/** So many pairs of base64 characters in a row are a run that is looked at. */
const RUN_PAIRS = 11;

/** What one walk hands to the next: the place where it stopped, and how many of what were noted. */
const walk = { place: 0, count: 0, blockCount: 0 };

/** Walks from `walk.place` to an index one by one. */
function markSingly(engine: Engine, source: Source, to: number, places: Places): void {
  const { codes } = source;
  const { swapped } = engine;
  const { at } = places;
  let { place, count } = walk;
  let last = place > 0 ? (codes[place - 1] ?? 0) : 0;
  let before = swapped[(last << 8) | (place > 1 ? (codes[place - 2] ?? 0) : 0)] ?? 0;
  let run = 0;
  for (; place < to; place += 1) {
    const code = codes[place] ?? 0;
    const flags = swapped[(code << 8) | last] ?? 0;
    at[count] = place;
    count += begins(flags, before);
    run = (flags & BLOCK) === 0 ? 0 : run + 1;
    if (run === RUN_PAIRS) noteBlock(places, place);
    last = code;
    before = flags;
  }
  walk.place = place;
  walk.count = count;
}

/**
 * Walks on to the last whole word of four characters. `walk.place` must be at the beginning of one.
 * A word holds its first character in its lowest byte, as memory does on every machine there is; so
 * a pair is two bytes of it, and the table is by the second character first.
 */
function markWordwise({ swapped }: Engine, words: Uint32Array, { at }: Places): void {
  let { count } = walk;
  let k = walk.place >> 2;
  let previous = k > 0 ? (words[k - 1] ?? 0) : 0;
  let before = swapped[previous >>> 16] ?? 0;
  for (; k < words.length; k += 1) {
    const word = words[k] ?? 0;
    const first = swapped[((word & 255) << 8) | (previous >>> 24)] ?? 0;
    at[count] = k << 2;
    count += begins(first, before);
    const second = swapped[word & 0xffff] ?? 0;
    at[count] = (k << 2) | 1;
    count += begins(second, first);
    const third = swapped[(word >>> 8) & 0xffff] ?? 0;
    at[count] = (k << 2) | 2;
    count += begins(third, second);
    before = swapped[word >>> 16] ?? 0;
    at[count] = (k << 2) | 3;
    count += begins(before, third);
    previous = word;
  }
  walk.place = k << 2;
  walk.count = count;
}

/** Notes base64 among words: a walk of its own, since both together are too much for registers. */
function findBlocks({ swapped }: Engine, words: Uint32Array, from: number, places: Places): void {
  // Two words are eight characters: wherever a run of 16 begins, it has two that begin evenly.
  for (let k = (from + 1) & ~1; k + 1 < words.length; k += 2) {
    const one = words[k] ?? 0;
    const two = words[k + 1] ?? 0;
    const start = (swapped[one & 0xffff] ?? 0) & (swapped[one >>> 16] ?? 0);
    const end = (swapped[two & 0xffff] ?? 0) & (swapped[two >>> 16] ?? 0);
    if ((start & end & BLOCK) !== 0) noteBlock(places, k << 2);
  }
}

function noteBlock({ blocks }: Places, place: number): void {
  blocks[walk.blockCount] = place;
  walk.blockCount += 1;
}

/** The literals that may begin at the first character of a pair, as bits of `thirds`. */
function literalsAt(
  { pairs, bucketOf, thirds }: Engine,
  { codes, length }: Source,
  at: number,
  pair: number,
): number {
  const before = at > 0 ? (codes[at - 1] ?? 0) : 0;
  const apart = (pairs[(before << 8) | (pair >> 8)] ?? 0) & APART;
  // What stands in the third place is unknown at the end: then all of the bucket may follow.
  const third =
    at + 2 < length
      ? (thirds[((bucketOf[pair] ?? 0) << 8) | (codes[at + 2] ?? 0)] ?? 0)
      : ANYWHERE | OPENING;
  return third & (ANYWHERE | (apart >> 1));
}

/** Leaves out the places where a pair begins a literal that its third character rules out: most. */
function sift(engine: Engine, source: Source, places: Places, count: number): number {
  const { codes } = source;
  const { pairs } = engine;
  const { at, pair, flags } = places;
  let left = 0;
  for (let k = 0; k < count; k += 1) {
    const i = at[k] ?? 0;
    const both = ((i > 0 ? (codes[i - 1] ?? 0) : 0) << 8) | (codes[i] ?? 0);
    const bits = pairs[both] ?? 0;
    const literals = literalsAt(engine, source, i - 1, both) & -((bits & LITERAL) >> 5);
    const said = (bits & (DIGIT_START | LETTER_DIGIT)) | (literals << LITERALS_SHIFT);
    at[left] = i;
    pair[left] = both;
    flags[left] = said;
    left += said === 0 ? 0 : 1;
  }
  return left;
}

/** Finds the places of a text from an index on; answers how many. */
export function findPlaces(engine: Engine, source: Source, from: number, places: Places): number {
  const { codes, length } = source;
  walk.place = from;
  walk.count = walk.blockCount = 0;
  if (length - from >= WORDWISE_CHARS_MIN && codes.byteOffset % 4 === 0) {
    markSingly(engine, source, (from + 3) & ~3, places);
    const words = new Uint32Array(codes.buffer, codes.byteOffset, length >> 2);
    findBlocks(engine, words, walk.place >> 2, places);
    markWordwise(engine, words, places);
  }
  markSingly(engine, source, length, places);
  places.blockCount = walk.blockCount;
  return sift(engine, source, places, walk.count);
}
