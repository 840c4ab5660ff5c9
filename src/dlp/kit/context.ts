/**
 * Context evidence: words that stand shortly before a value, never after it. The words of all lists
 * are looked up in one walk, and no part of a text is walked twice, however many values it has.
 */
import { LOOK_BACK_CHARS } from "../limits.ts";
import { ALPHA, LETTER_LIKE, is } from "./chars.ts";
import type { Source } from "./source.ts";

/** A list of words or phrases, lower-case; made once, by `contextWords`. */
export interface ContextWords {
  readonly list: number;
}

/** A word of one or more lists. */
interface Entry {
  readonly word: string;
  /** Its letters outside ASCII have no codes of their own and are compared in the text. */
  readonly ascii: boolean;
  readonly lists: Set<number>;
}

/** What was found in the part of a text that was walked: words by where they begin. */
export class Heard {
  /** Everything from some earlier query up to here was walked. */
  upTo = 0;
  readonly starts: number[] = [];
  readonly entries: Entry[] = [];
}

const entries = new Map<string, Entry>();
const buckets: Entry[][] = [[]];
/** By (first code << 8) | second code: the place of the words in `buckets`, 0 for none. */
const bucketOf = new Uint16Array(1 << 16);
let lists = 0;

/** Small letters for capitals, and 128 and over for what is no ASCII. */
const SMALL = Uint8Array.from({ length: 256 }, (_, code) =>
  code >= 65 && code <= 90 ? code + 32 : code,
);

function isLetter(code: number): boolean {
  return code === LETTER_LIKE || is(code, ALPHA);
}

function codesAt(word: string, index: number): number[] {
  const code = word.charCodeAt(index);
  if (Number.isNaN(code)) return Array.from({ length: 256 }, (_, any) => any);
  return code < 128 ? [code] : Array.from({ length: 128 }, (_, any) => any + 128);
}

function file(entry: Entry): void {
  for (const first of codesAt(entry.word, 0)) {
    for (const second of codesAt(entry.word, 1)) {
      const pair = (first << 8) | second;
      if (bucketOf[pair] === 0) bucketOf[pair] = buckets.push([]) - 1;
      buckets[bucketOf[pair] ?? 0]?.push(entry);
    }
  }
}

/** Takes a list up into the walk. For the built-in lists only: a list is never forgotten. */
export function contextWords(words: readonly string[]): ContextWords {
  const list = lists;
  lists += 1;
  for (const word of words) {
    const known = entries.get(word);
    if (known !== undefined) {
      known.lists.add(list);
      continue;
    }
    const entry = { word, ascii: /^[\0-\u007f]*$/.test(word), lists: new Set([list]) };
    entries.set(word, entry);
    file(entry);
  }
  return { list };
}

/** Whether the word stands at an index, with no letter glued to a letter of its end. */
function stands(source: Source, at: number, { word, ascii }: Entry): boolean {
  const { codes, text } = source;
  const end = at + word.length;
  if (end > source.length) return false;
  if (ascii) {
    for (let i = 1; i < word.length; i += 1)
      if (SMALL[codes[at + i] ?? 0] !== word.charCodeAt(i)) return false;
  } else if (text.slice(at, end).toLowerCase() !== word) {
    return false;
  }
  return end >= source.length || !isLetter(codes[end] ?? 0) || !isLetter(codes[end - 1] ?? 0);
}

/** Walks what was not walked yet of the stretch before `at`. */
function listen(source: Source, at: number): Heard {
  const { codes, heard } = source;
  const from = Math.max(heard.upTo, at - LOOK_BACK_CHARS, 0);
  let before = from > 0 ? (codes[from - 1] ?? 0) : 0;
  for (let i = from; i < at; i += 1) {
    const code = codes[i] ?? 0;
    if (!isLetter(before)) {
      const next = i + 1 < source.length ? (codes[i + 1] ?? 0) : 0;
      const bucket = bucketOf[((SMALL[code] ?? 0) << 8) | (SMALL[next] ?? 0)] ?? 0;
      if (bucket !== 0) {
        for (const entry of buckets[bucket] ?? []) {
          if (!stands(source, i, entry)) continue;
          heard.starts.push(i);
          heard.entries.push(entry);
        }
      }
    }
    before = code;
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
  const { starts, entries: words } = listen(source, at);
  const floor = at - length;
  for (let k = starts.length - 1; k >= 0; k -= 1) {
    const start = starts[k] ?? 0;
    if (start < floor) return -1;
    const entry = words[k];
    if (entry === undefined || !entry.lists.has(list)) continue;
    const end = start + entry.word.length;
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
