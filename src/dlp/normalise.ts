/**
 * Undoes the encodings people and models hide values in, before the scan: invisible characters,
 * full-width forms, percent escapes, HTML entities. Every output character knows where it stood.
 */
import { HEX, ODD, is } from "./kit/chars.ts";
import { Source } from "./kit/source.ts";
import { KEPT_CODES_MAX } from "./limits.ts";

const NAMED = new Map([
  ["amp", 38],
  ["commat", 64],
  ["period", 46],
  ["colon", 58],
  ["sol", 47],
  ["lowbar", 95],
  ["hyphen", 45],
  ["dash", 45],
  ["plus", 43],
  ["equals", 61],
  ["nbsp", 32],
  ["quot", 34],
  ["apos", 39],
  ["lpar", 40],
  ["rpar", 41],
  ["num", 35],
  ["shy", -1],
]);

const PERCENT = 37;
const AMPERSAND = 38;
/** Longest escape: `&commat;` or `&#1114111;`. */
const ESCAPE_MAX = 10;
const ENTITY = /&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[a-z]{3,6});/y;
const PARTIAL = /(?:%[0-9A-Fa-f]?|&(?:#[0-9]{0,7}|#[xX][0-9A-Fa-f]{0,6}|[a-z]{0,6}))$/;

/** What begins something to undo: by folded code. */
const BEGINS = new Uint8Array(256);
for (const code of [PERCENT, AMPERSAND, ODD]) BEGINS[code] = 1;

/** One place where the normalised text differs: an escape became one character, or none. */
interface Edit {
  /** Where the escape stood. */
  start: number;
  end: number;
  /** Where its character stands, and how many there are of it: 1 or 0. */
  at: number;
  size: number;
}

/** Text as scanned, with the way back. */
export class Normal {
  readonly source: Source;
  /** Input characters read; the rest is the beginning of an escape that has not ended. */
  readonly read: number;
  readonly #edits: readonly Edit[];

  constructor(source: Source, read: number, edits: readonly Edit[]) {
    this.source = source;
    this.read = read;
    this.#edits = edits;
  }

  /** The last edit whose `key` plus `size` times its size is at most an index, or -1. */
  #lastUpTo(index: number, key: "end" | "at", size: number): number {
    let low = 0;
    let high = this.#edits.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const edit = this.#edits[middle];
      if (edit !== undefined && edit[key] + size * edit.size <= index) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Start in the input of the character at an index of the normalised text. */
  startOf(index: number): number {
    const last = this.#lastUpTo(index, "at", 1);
    const next = this.#edits[last + 1];
    if (next !== undefined && next.at === index && next.size === 1) return next.start;
    const edit = this.#edits[last];
    return edit === undefined ? index : index - edit.at - edit.size + edit.end;
  }

  /** Index in the input past the character before `index`: past its own escape, not what follows. */
  endOf(index: number): number {
    if (index === 0) return 0;
    const last = this.#lastUpTo(index - 1, "at", 1);
    const next = this.#edits[last + 1];
    if (next !== undefined && next.at === index - 1 && next.size === 1) return next.end;
    const edit = this.#edits[last];
    return edit === undefined ? index : index - edit.at - edit.size + edit.end;
  }

  /** The index of the first character that stands at or after an offset of the input. */
  indexOf(offset: number): number {
    const last = this.#lastUpTo(offset, "end", 0);
    const next = this.#edits[last + 1];
    const edit = this.#edits[last];
    const index = edit === undefined ? offset : offset - edit.end + edit.at + edit.size;
    // Inside an escape: the character after it.
    return next !== undefined && offset > next.start ? next.at + next.size : index;
  }
}

function codeOfEntity(body: string): number {
  if (body[0] !== "#") return NAMED.get(body) ?? -2;
  const hex = body[1] === "x" || body[1] === "X";
  return Number.parseInt(body.slice(hex ? 2 : 1), hex ? 16 : 10);
}

function percentEnd(text: string, at: number): number {
  return is(text.charCodeAt(at + 1), HEX) && is(text.charCodeAt(at + 2), HEX) ? at + 3 : at;
}

function entityEnd(text: string, at: number): number {
  const next = text.charCodeAt(at + 1);
  if (next !== 35 && (next < 97 || next > 122)) return at;
  ENTITY.lastIndex = at;
  return ENTITY.test(text) ? ENTITY.lastIndex : at;
}

/** What stands from `at` to `end` stands for: a code, -1 for nothing, -2 for itself. */
function decode(text: string, at: number, end: number): number {
  const code = text.charCodeAt(at);
  if (code === PERCENT) {
    const value = Number.parseInt(text.slice(at + 1, end), 16);
    return value >= 32 && value < 127 ? value : -2;
  }
  if (code === AMPERSAND) {
    const value = codeOfEntity(text.slice(at + 1, end - 1));
    return value === -1 || (value >= 32 && value < 127) ? value : -2;
  }
  if (code >= 0xff01 && code <= 0xff5e) return code - 0xfee0;
  if (code === 0xa0 || code === 0x2007 || code === 0x202f) return 32;
  if (code >= 0x2010 && code <= 0x2012) return 45;
  return -1;
}

/** Where the text ends in an escape that may still go on, or its length. */
function settled(text: string, ended: boolean): number {
  if (ended) return text.length;
  const tail = text.slice(-ESCAPE_MAX);
  const partial = PARTIAL.exec(tail);
  return partial === null ? text.length : text.length - tail.length + partial.index;
}

/** Whether an escape stands anywhere: looks only at the signs that begin one. */
function hasEscape(text: string): boolean {
  for (let at = text.indexOf("%"); at >= 0; at = text.indexOf("%", at + 1))
    if (percentEnd(text, at) > at) return true;
  for (let at = text.indexOf("&"); at >= 0; at = text.indexOf("&", at + 1))
    if (entityEnd(text, at) > at) return true;
  return false;
}

/**
 * Where codes go: one array for texts as given and one for rewritten ones, kept from scan to scan,
 * since memory that is new for every text costs more than the walk over it. A scan never waits, so
 * no two ever share them.
 */
const shelves = [new Uint8Array(1024), new Uint8Array(1024)];

function room(shelf: 0 | 1, length: number): Uint8Array {
  const kept = shelves[shelf];
  if (kept !== undefined && kept.length >= length) return kept;
  const made = new Uint8Array(length * 2);
  if (length <= KEPT_CODES_MAX) shelves[shelf] = made;
  return made;
}

/** Takes what is left out or replaced in one walk; the rest is copied in long pieces. */
function rewrite(plain: Source, read: number, ended: boolean): Normal {
  const { text, codes } = plain;
  const out = room(1, read);
  const edits: Edit[] = [];
  let written = "";
  let from = 0;
  for (let at = 0; at < read; at += 1) {
    const code = codes[at] ?? 0;
    if (BEGINS[code] !== 1) continue;
    const end =
      code === PERCENT ? percentEnd(text, at) : code === AMPERSAND ? entityEnd(text, at) : at + 1;
    if (end === at || end > read) continue;
    const value = decode(text, at, end);
    if (value !== -2) {
      out.set(codes.subarray(from, at), written.length);
      written += text.slice(from, at);
      const size = value < 0 ? 0 : 1;
      edits.push({ start: at, end, at: written.length, size });
      if (size === 1) {
        out[written.length] = value;
        written += String.fromCharCode(value);
      }
      from = end;
    }
    at = end - 1;
  }
  out.set(codes.subarray(from, read), written.length);
  written += text.slice(from, read);
  return new Normal(new Source(written, ended, out, written.length), read, edits);
}

/** Normalises a text. Linear; the text itself when nothing is encoded. */
export function normalise(text: string, ended: boolean): Normal {
  const plain = new Source(text, ended, room(0, text.length));
  const read = settled(text, ended);
  if (read === text.length && !plain.odd && !hasEscape(text)) return new Normal(plain, read, []);
  return rewrite(plain, read, ended);
}
