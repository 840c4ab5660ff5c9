/**
 * Context evidence: words that stand shortly before a value, never after it. The words of all lists
 * are looked up in one walk, and no part of a text is walked twice, however many values it has.
 * Names of fields count as words do: "tax file" also stands in tax_file_no, tax-file-no and taxFileNo.
 */
import { LOOK_BACK_CHARS } from "../limits.ts";
import { ALPHA, LETTER_LIKE, LOWER, UPPER, is } from "./chars.ts";
import type { Source } from "./source.ts";

/** A list of words or phrases, lower-case; made once, by `contextWords`. */
export interface ContextWords {
  readonly list: number;
}

/** A word of one or more lists. */
interface Entry {
  readonly word: string;
  readonly codes: Uint8Array;
  /** The codes of its fourth and fifth character in 16 bits, where they can be but those. */
  readonly inside: number;
  /** Which of these bits count: none of a character that may be another. */
  readonly insideMask: number;
  /** Its letters outside ASCII have no codes of their own and are compared in the text. */
  readonly ascii: boolean;
  /** Its first character where that is outside ASCII and knows no case, else 0: told without a copy. */
  readonly first: number;
  /** By list: whether the word is in it. */
  readonly lists: boolean[];
  /** The lists that it is in. */
  readonly inLists: number[];
}

/** What was found in the part of a text that was walked: words by where they begin. */
export class Heard {
  /** Everything from some earlier query up to here was walked. */
  upTo = 0;
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly entries: Entry[] = [];
  /** By list: where the last of its words begins that was heard. */
  readonly last: number[] = [];
}

const BLANK = 32;
const HYPHEN = 45;
const UNDERSCORE = 95;

const entries = new Map<string, Entry>();
const buckets: Entry[][] = [[]];
/** By (first code << 8) | second code: the place of the words in `buckets`, 0 for none. */
const bucketOf = new Uint16Array(1 << 16);
let lists = 0;

/** The same by three letters, for words whose third letter is known. */
const bucketOfThree = new Uint16Array(1 << 15);

function three(first: number, second: number, third: number): number {
  return ((first & 31) << 10) | ((second & 31) << 5) | (third & 31);
}

/** What is no ASCII is one code here: words with it are compared in the text anyway. */
const FOREIGN = 128;

/** Small letters for capitals. */
const SMALL = Uint8Array.from({ length: 256 }, (_, code) =>
  code >= 65 && code <= 90 ? code + 32 : Math.min(code, FOREIGN),
);

function isLetter(code: number): boolean {
  return code === LETTER_LIKE || is(code, ALPHA);
}

function codesAt(word: string, index: number): number[] {
  const code = word.charCodeAt(index);
  if (Number.isNaN(code)) return Array.from({ length: FOREIGN + 1 }, (_, any) => any);
  return [Math.min(code, FOREIGN)];
}

/** 1 for what a word begins with, in either case: hardly anything but letters. */
const BEGINS = new Uint8Array(256);

function file(entry: Entry): void {
  const { word } = entry;
  const first = codesAt(word, 0)[0] ?? 0;
  for (let code = 0; code < 256; code += 1) if (SMALL[code] === first) BEGINS[code] = 1;
  // Letters of ASCII alone: a blank also stands for other signs, and for nothing in a name of humps.
  if (/^[a-z]{3}/.test(word) && entry.ascii) {
    const key = three(word.charCodeAt(0), word.charCodeAt(1), word.charCodeAt(2));
    if (bucketOfThree[key] === 0) bucketOfThree[key] = buckets.push([]) - 1;
    buckets[bucketOfThree[key] ?? 0]?.push(entry);
    return;
  }
  for (const first of codesAt(entry.word, 0)) {
    for (const second of codesAt(entry.word, 1)) {
      const pair = (first << 8) | second;
      if (bucketOf[pair] === 0) bucketOf[pair] = buckets.push([]) - 1;
      buckets[bucketOf[pair] ?? 0]?.push(entry);
    }
  }
}

function entryOf(word: string): Entry {
  const ascii = /^[\0-\u007f]*$/.test(word);
  const codes = Uint8Array.from(word, (sign) => Math.min(sign.charCodeAt(0), FOREIGN));
  // A blank stands for nothing in a name of humps: then what follows is at another place.
  const blank = codes.indexOf(BLANK);
  const sure = !ascii ? 0 : blank < 0 ? codes.length : blank;
  const insideMask = sure < 4 ? 0 : sure < 5 ? 0xff : 0xffff;
  const inside = ((codes[3] ?? 0) | ((codes[4] ?? 0) << 8)) & insideMask;
  const sign = word[0] ?? "";
  const caseless = (codes[0] ?? 0) === FOREIGN && sign.toLowerCase() === sign.toUpperCase();
  const first = caseless ? word.charCodeAt(0) : 0;
  return { word, codes, inside, insideMask, ascii, first, lists: [], inLists: [] };
}

/** Takes a list up into the walk. For the built-in lists only: a list is never forgotten. */
export function contextWords(words: readonly string[]): ContextWords {
  const made = { list: lists };
  lists += 1;
  addWords(made, words);
  return made;
}

/** Takes more words up into a list. */
export function addWords({ list }: ContextWords, words: readonly string[]): void {
  for (const word of words) {
    let entry = entries.get(word);
    if (entry === undefined) {
      entry = entryOf(word);
      entries.set(word, entry);
      file(entry);
    }
    if (entry.lists[list] === true) continue;
    entry.lists[list] = true;
    entry.inLists.push(list);
  }
}

/** Whether a capital begins a word inside a name: "taxFile", "TAXFile" does not. */
function isHump(before: number, code: number): boolean {
  return is(before, LOWER) && is(code, UPPER);
}

/** 1 for small letters, 2 for capitals, 3 for other letters, by code. */
const CASES = Uint8Array.from({ length: 256 }, (_, code) =>
  is(code, LOWER) ? 1 : is(code, UPPER) ? 2 : isLetter(code) ? 3 : 0,
);
/** By (case before << 2) | case: whether a word may begin there. */
const OPENS = Uint8Array.from({ length: 16 }, (_, cases) => (cases < 4 || cases === 6 ? 1 : 0));

/** Whether no letter is glued to a letter of the end of a word, a hump of a name aside. */
function endsWord({ codes, length }: Source, end: number): boolean {
  if (end >= length) return true;
  const last = codes[end - 1] ?? 0;
  const next = codes[end] ?? 0;
  if (!isLetter(next) || !isLetter(last) || isHump(last, next)) return true;
  // "NHSNumber": capitals end where a capital begins a word of small letters.
  return is(last, UPPER) && is(next, UPPER) && end + 1 < length && is(codes[end + 1] ?? 0, LOWER);
}

/** The end of the word or phrase that stands at an index, or -1. */
function endOf(source: Source, at: number, entry: Entry): number {
  const { codes, text, length } = source;
  const { word, first, codes: wantedCodes } = entry;
  if (!entry.ascii) {
    if (first !== 0 && text.charCodeAt(at) !== first) return -1;
    const end = at + word.length;
    return text.slice(at, end).toLowerCase() === word && endsWord(source, end) ? end : -1;
  }
  let end = at;
  for (let i = 0; i < wantedCodes.length; i += 1) {
    const code = codes[end] ?? 0;
    const wanted = wantedCodes[i] ?? 0;
    if (end >= length) return -1;
    if (wanted !== BLANK) {
      if (SMALL[code] !== wanted) return -1;
    } else if (code !== BLANK && code !== UNDERSCORE && code !== HYPHEN) {
      if (!isHump(codes[end - 1] ?? 0, code)) return -1;
      end -= 1;
    }
    end += 1;
  }
  return endsWord(source, end) ? end : -1;
}

/** Before every text. */
const NEVER = -(2 ** 30);

/** Notes the words of a bucket that stand at an index. */
function hear(source: Source, at: number, bucket: number): void {
  const { heard, codes } = source;
  const list = buckets[bucket] ?? [];
  const inside = (SMALL[codes[at + 3] ?? 0] ?? 0) | ((SMALL[codes[at + 4] ?? 0] ?? 0) << 8);
  for (let k = 0; k < list.length; k += 1) {
    const entry = list[k];
    if (entry === undefined) return;
    if (((inside ^ entry.inside) & entry.insideMask) !== 0) continue;
    const end = endOf(source, at, entry);
    if (end < 0) continue;
    heard.starts.push(at);
    heard.ends.push(end);
    heard.entries.push(entry);
    for (const list of entry.inLists) heard.last[list] = at;
  }
}

/** Walks what was not walked yet of the stretch before `at`. */
function listen(source: Source, at: number): Heard {
  const { codes, heard } = source;
  const from = Math.max(heard.upTo, at - LOOK_BACK_CHARS, 0);
  let before = from > 0 ? (CASES[codes[from - 1] ?? 0] ?? 0) : 0;
  for (let i = from; i < at; i += 1) {
    const code = codes[i] ?? 0;
    const kind = CASES[code] ?? 0;
    if (BEGINS[code] === 1 && OPENS[(before << 2) | kind] === 1) {
      const next = i + 1 < source.length ? (codes[i + 1] ?? 0) : 0;
      const pair = bucketOf[((SMALL[code] ?? 0) << 8) | (SMALL[next] ?? 0)] ?? 0;
      if (pair !== 0) hear(source, i, pair);
      if (is(next, ALPHA)) {
        const words = bucketOfThree[three(code, next, codes[i + 2] ?? 0)] ?? 0;
        if (words !== 0) hear(source, i, words);
      }
    }
    before = kind;
  }
  if (at > heard.upTo) heard.upTo = at;
  return heard;
}

/**
 * The end of the last word of a list in the `length` characters before `at` that `accepts` takes,
 * or -1. Reads nothing from `at` on.
 */
export function lastWordEnd(
  source: Source,
  at: number,
  { list }: ContextWords,
  length = LOOK_BACK_CHARS,
  accepts?: (end: number) => boolean,
): number {
  const heard = source.heard.upTo < at ? listen(source, at) : source.heard;
  if (heard.starts.length === 0) return -1;
  const floor = at - length;
  if ((heard.last[list] ?? NEVER) < floor) return -1;
  const { starts, ends, entries: words } = heard;
  for (let k = starts.length - 1; k >= 0; k -= 1) {
    const start = starts[k] ?? 0;
    if (start < floor) return -1;
    const entry = words[k];
    if (entry === undefined || entry.lists[list] !== true) continue;
    const end = ends[k] ?? 0;
    if (end <= at && (accepts === undefined || accepts(end))) return end;
  }
  return -1;
}

/** True when one of the words stands, as a word, in the 64 (or `length`) characters before `at`. */
export function hasContext(
  source: Source,
  at: number,
  words: ContextWords,
  length = LOOK_BACK_CHARS,
): boolean {
  return lastWordEnd(source, at, words, length) >= 0;
}

/** The same for an administrator's words, which come and go with policies. */
export function wordsPattern(words: readonly string[]): RegExp {
  const escaped = words.map((word) => word.toLowerCase().replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const letter = "[a-z\u00c0-\u1fff]";
  return new RegExp(`(?<!${letter})(?:${escaped.join("|")})(?!${letter})`);
}
