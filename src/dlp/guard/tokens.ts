/**
 * One pass over folded text: words, their classes, and signs that the text is written in a disguise
 * (leetspeak, rot13, reversed, spaced-out letters). Each word is hashed four ways at once, so that a
 * disguise is seen without building the undisguised text.
 */
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
  /** Class letter of each word, as one string. */
  readonly classes: string;
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

const tableBits = 13;
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

/** The hashes of one word, and of what it would be undisguised. */
interface WordHashes {
  plain: number;
  rot13: number;
  reversed: number;
  leet: number;
  /** Digits and signs that leetspeak reads as letters. */
  digits: number;
}

/** Hashes the word at `start` into `into`; returns the offset after it. */
function hashWord(codes: Uint16Array, start: number, length: number, into: WordHashes): number {
  let plain = 0;
  let rot13 = 0;
  let reversed = 0;
  let power = 1;
  let leet = 0;
  let digits = 0;
  const stop = Math.min(length, start + wordCharsMax);
  let at = start;
  for (; at < stop; at++) {
    const code = codes[at]!;
    if (code < 128 && kindOf[code] !== 1) break;
    plain = (Math.imul(plain, multiplier) + code + 1) | 0;
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
  into.plain = plain;
  into.rot13 = rot13;
  into.reversed = reversed;
  into.leet = leet;
  into.digits = digits;
  return at;
}

/** Which disguise makes an unknown word a common one, if any. */
function disguiseOf(word: WordHashes, size: number): "leet" | "rot13" | "reversed" | null {
  if (word.digits > 0) return word.digits < size && isCommon(word.leet) ? "leet" : null;
  if (isCommon(word.rot13)) return "rot13";
  const meant = size > 3 || reversedOnly.has(word.plain);
  return meant && isCommon(word.reversed) ? "reversed" : null;
}

/** Splits folded text into words. Linear; a word is hashed over at most `wordCharsMax` units. */
export function tokenise(folded: Folded): Tokens {
  if (!isFilled) fillTables();
  const { codes, length, capitals } = folded;
  const hashes = new Int32Array(length + 1);
  const ends = new Int32Array(length + 1);
  const classes = new Uint8Array(length + 1);
  const word: WordHashes = { plain: 0, rot13: 0, reversed: 0, leet: 0, digits: 0 };
  const found = { leet: new Set<number>(), rot13: new Set<number>(), reversed: new Set<number>() };
  let count = 0;
  let spacedRun = 0;
  let longestSpacedRun = 0;
  for (let at = 0; at < length;) {
    const first = codes[at]!;
    const kind = first < 128 ? kindOf[first]! : 1;
    if (kind !== 1) {
      at++;
      if (kind === 2 && count > 0 && classes[count - 1] !== sentenceEnd) {
        ends[count] = at;
        classes[count++] = sentenceEnd;
      }
      continue;
    }
    const start = at;
    at = hashWord(codes, start, length, word);
    const size = at - start;
    const slot = slotFor(word.plain);
    const known = keys[slot] === word.plain;
    let letter = known && classOf[slot]! > 0 ? classOf[slot]! : other;
    if (letter === personaName && size <= 4 && capitals[start + 1] === 0) letter = firstName;
    hashes[count] = word.plain;
    ends[count] = at;
    classes[count++] = letter;
    spacedRun = size === 1 && (first >= 0x61 || first === 0x27) ? spacedRun + 1 : 0;
    if (spacedRun > longestSpacedRun) longestSpacedRun = spacedRun;
    if (size < 3 || known) continue;
    const disguise = disguiseOf(word, size);
    if (disguise !== null) found[disguise].add(word.plain);
  }
  return {
    count,
    hashes,
    ends,
    classes: asciiString(classes, count),
    leetWords: found.leet.size,
    rot13Words: found.rot13.size,
    reversedWords: found.reversed.size,
    longestSpacedRun,
  };
}

const ascii = new TextDecoder();
const asciiString = (bytes: Uint8Array, length: number): string =>
  ascii.decode(bytes.subarray(0, length));
