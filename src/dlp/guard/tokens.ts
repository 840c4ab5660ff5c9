/**
 * One pass over folded text: words, their classes, and signs that the text is written in a disguise
 * (leetspeak, rot13, reversed, spaced-out letters). A word that nobody knows is hashed three ways more,
 * so that a disguise is seen without building the undisguised text.
 */
import { type Buffers, buffersFor } from "./buffers.ts";
import { type Folded, fold, foldedText } from "./fold.ts";
import { commonWords, wordClasses } from "./lexicon.ts";
import { wordCharsMax } from "./limits.ts";

/** The words of a folded text. Arrays are valid up to `count`. */
export interface Tokens {
  readonly count: number;
  /** Hash of each word (`|` tokens have hash 0). */
  readonly hashes: Int32Array;
  /** Offset in the folded text just after each word. */
  readonly ends: Int32Array;
  /** Class letter of each word, as its code. */
  readonly classes: Uint8Array;
  /** Different words that are common only after undoing the disguise. */
  readonly leetWords: number;
  readonly rot13Words: number;
  readonly reversedWords: number;
  /** Longest run of single letters separated by one sign each. */
  readonly longestSpacedRun: number;
}

const multiplier = 0x01000193;
/** Short words that mean nothing until reversed; others (`saw`, `won`) are words both ways. */
const reversedOnlyWords = ["eht", "dna", "uoy", "rof", "tahw", "woh"];

/** What a digit or sign is read as in leetspeak; 0 = stands for itself. */
export const leetTable = new Uint8Array(128);
for (const pair of ["0o", "1i", "3e", "4a", "5s", "7t", "8b", "@a", "$s"]) {
  leetTable[pair.charCodeAt(0)] = pair.charCodeAt(1);
}

/** Hash of a whole word, as `tokenise` computes it. */
export function wordHash(word: string): number {
  let hash = 0;
  for (let at = 0; at < word.length; at++)
    hash = (Math.imul(hash, multiplier) + word.charCodeAt(at) + 1) | 0;
  return hash;
}

const tableBits = 12;
const tableSize = 1 << tableBits;
const slotOf = (hash: number): number => Math.imul(hash, 0x9e3779b1) >>> (32 - tableBits);
const keys = new Int32Array(tableSize);
const classOf = new Uint8Array(tableSize);
const commonAt = new Uint8Array(tableSize);

function slotFor(hash: number): number {
  let slot = slotOf(hash);
  while (keys[slot] !== 0 && keys[slot] !== hash) slot = (slot + 1) & (tableSize - 1);
  return slot;
}

/** The words of a list, spelled as folding leaves them. */
const wordsIn = (list: string): string[] =>
  foldedText(fold(list))
    .split(" ")
    .filter((word) => word.length > 0);

let isFilled = false;

/** Fills the tables when the first text is judged: gateways without a guard start without them. */
function fillTables(): void {
  isFilled = true;
  for (const [letter, list] of Object.entries(wordClasses)) {
    for (const word of wordsIn(list)) {
      const slot = slotFor(wordHash(word));
      keys[slot] = wordHash(word);
      classOf[slot] = letter.charCodeAt(0);
    }
  }
  for (const word of wordsIn(commonWords)) {
    const slot = slotFor(wordHash(word));
    keys[slot] = wordHash(word);
    commonAt[slot] = 1;
  }
}

const reversedOnly = new Set(reversedOnlyWords.map((word) => wordHash(word)));

/** Whether a word of this hash is among the common ones. */
const isCommon = (hash: number): boolean => {
  const slot = slotFor(hash);
  return keys[slot] === hash && commonAt[slot] === 1;
};

const other = 0x2e;
const sentenceEnd = 0x7c;
/** `DAN` and its like are personas in capitals and people otherwise. */
const personaName = 0x4a;
const firstName = 0x37;

/** 1 = part of a word, 2 = ends a sentence, 0 = between words; every unit past ASCII is a word's. */
const kindOf = new Uint8Array(128);
for (let code = 0x61; code <= 0x7a; code++) kindOf[code] = 1;
for (let code = 0x30; code <= 0x39; code++) kindOf[code] = 1;
for (const sign of "'@$_") kindOf[sign.charCodeAt(0)] = 1;
for (const sign of ".!?;") kindOf[sign.charCodeAt(0)] = 2;

/** Which disguise makes the unknown word at `start` a common one, if any. */
function disguiseOf(
  codes: Uint16Array,
  start: number,
  end: number,
  plain: number,
): "leet" | "rot13" | "reversed" | null {
  let rot13 = 0;
  let reversed = 0;
  let power = 1;
  let leet = 0;
  let digits = 0;
  for (let at = start; at < end; at++) {
    const code = codes[at]!;
    reversed = (reversed + Math.imul(code + 1, power)) | 0;
    power = Math.imul(power, multiplier);
    let turned = code;
    let unleeted = code;
    if (code >= 0x61 && code <= 0x7a) turned = code < 0x6e ? code + 13 : code - 13;
    else if (code < 128 && leetTable[code]! > 0) {
      unleeted = leetTable[code]!;
      digits++;
    }
    rot13 = (Math.imul(rot13, multiplier) + turned + 1) | 0;
    leet = (Math.imul(leet, multiplier) + unleeted + 1) | 0;
  }
  const size = end - start;
  if (digits > 0) return digits < size && isCommon(leet) ? "leet" : null;
  if (isCommon(rot13)) return "rot13";
  const meant = size > 3 || reversedOnly.has(plain);
  return meant && isCommon(reversed) ? "reversed" : null;
}

/** Splits folded text into words. Linear; a word is hashed over at most `wordCharsMax` units. */
export function tokenise(folded: Folded, into: Buffers = buffersFor(folded.length)): Tokens {
  if (!isFilled) fillTables();
  const { codes, length, capitals } = folded;
  const { hashes, ends, classes } = into;
  const found: Record<"leet" | "rot13" | "reversed", Set<number> | undefined> = {
    leet: undefined,
    rot13: undefined,
    reversed: undefined,
  };
  let count = 0;
  let spacedRun = 0;
  let longestSpacedRun = 0;
  for (let at = 0; at < length;) {
    const first = codes[at]!;
    const kind = first < 128 ? kindOf[first]! : 1;
    if (kind !== 1) {
      at++;
      if (kind === 2 && count > 0 && classes[count - 1] !== sentenceEnd) {
        hashes[count] = 0;
        ends[count] = at;
        classes[count++] = sentenceEnd;
      }
      continue;
    }
    const start = at;
    const stop = Math.min(length, start + wordCharsMax);
    let hash = 0;
    for (; at < stop; at++) {
      const code = codes[at]!;
      if (code < 128 && kindOf[code] !== 1) break;
      hash = (Math.imul(hash, multiplier) + (code + 1)) | 0;
    }
    const size = at - start;
    const slot = slotFor(hash);
    const known = keys[slot] === hash;
    let letter = (known && classOf[slot]!) || other;
    if (letter === personaName && size <= 4 && capitals[start + 1] === 0) letter = firstName;
    hashes[count] = hash;
    ends[count] = at;
    classes[count++] = letter;
    spacedRun = size === 1 && (first >= 0x61 || first === 0x27) ? spacedRun + 1 : 0;
    if (spacedRun > longestSpacedRun) longestSpacedRun = spacedRun;
    if (size < 3 || known) continue;
    const disguise = disguiseOf(codes, start, at, hash);
    if (disguise !== null) (found[disguise] ??= new Set()).add(hash);
  }
  return {
    count,
    hashes,
    ends,
    classes,
    leetWords: found.leet?.size ?? 0,
    rot13Words: found.rot13?.size ?? 0,
    reversedWords: found.reversed?.size ?? 0,
    longestSpacedRun,
  };
}
