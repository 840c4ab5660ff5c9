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

/**
 * The places where the normalised text differs: an escape became one character, or none. Four
 * numbers each, in one array: a text may be nothing but escapes.
 */
class Edits {
  count = 0;
  #numbers = new Int32Array(64);

  /** Where the escape stood, where its character stands, and how many there are of it: 1 or 0. */
  add(start: number, end: number, at: number, size: number): void {
    const place = this.count * 4;
    if (place === this.#numbers.length) {
      const grown = new Int32Array(place * 2);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[place] = start;
    this.#numbers[place + 1] = end;
    this.#numbers[place + 2] = at;
    this.#numbers[place + 3] = size;
    this.count += 1;
  }

  start(index: number): number {
    return this.#numbers[index * 4] ?? 0;
  }

  end(index: number): number {
    return this.#numbers[index * 4 + 1] ?? 0;
  }

  at(index: number): number {
    return this.#numbers[index * 4 + 2] ?? 0;
  }

  size(index: number): number {
    return this.#numbers[index * 4 + 3] ?? 0;
  }
}

/** Text as scanned, with the way back. */
export class Normal {
  readonly source: Source;
  /** Input characters read; the rest is the beginning of an escape that has not ended. */
  readonly read: number;
  readonly #edits: Edits;

  constructor(source: Source, read: number, edits: Edits) {
    this.source = source;
    this.read = read;
    this.#edits = edits;
  }

  /** The last edit that ends at or before an offset of the input, or -1. */
  #lastEnding(offset: number): number {
    let low = 0;
    let high = this.#edits.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#edits.end(middle) <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The last edit whose character stands before an index of the normalised text, or -1. */
  #lastBefore(index: number): number {
    let low = 0;
    let high = this.#edits.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#edits.at(middle) + this.#edits.size(middle) <= index) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Whether an edit, if there is one, put its character at an index. */
  #stands(edit: number, index: number): boolean {
    const edits = this.#edits;
    return edit < edits.count && edits.at(edit) === index && edits.size(edit) === 1;
  }

  /** The offset of an index past an edit, which may be none. */
  #offset(edit: number, index: number): number {
    const edits = this.#edits;
    return edit < 0 ? index : index - edits.at(edit) - edits.size(edit) + edits.end(edit);
  }

  /** Start in the input of the character at an index of the normalised text. */
  startOf(index: number): number {
    if (this.#edits.count === 0) return index;
    const last = this.#lastBefore(index);
    return this.#stands(last + 1, index) ? this.#edits.start(last + 1) : this.#offset(last, index);
  }

  /** Index in the input past the character before `index`: past its own escape, not what follows. */
  endOf(index: number): number {
    if (index === 0 || this.#edits.count === 0) return index;
    const last = this.#lastBefore(index - 1);
    return this.#stands(last + 1, index - 1)
      ? this.#edits.end(last + 1)
      : this.#offset(last, index);
  }

  /** The index of the first character that stands at or after an offset of the input. */
  indexOf(offset: number): number {
    const edits = this.#edits;
    const last = this.#lastEnding(offset);
    const next = last + 1;
    // Inside an escape: the character after it.
    if (next < edits.count && offset > edits.start(next)) return edits.at(next) + edits.size(next);
    return last < 0 ? offset : offset - edits.end(last) + edits.at(last) + edits.size(last);
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

/** Arguments of one call: more of them would not fit on the stack of every system. */
const UNITS_AT_ONCE = 4096;

/** The text of code units. */
function textOf(units: Uint16Array): string {
  let text = "";
  for (let at = 0; at < units.length; at += UNITS_AT_ONCE)
    text += String.fromCharCode.apply(
      null,
      units.subarray(at, at + UNITS_AT_ONCE) as unknown as number[],
    );
  return text;
}

/** Takes what is left out or replaced in one walk. */
function rewrite(plain: Source, read: number, ended: boolean): Normal {
  const { text, codes } = plain;
  const out = room(1, read);
  const units = new Uint16Array(read);
  const edits = new Edits();
  let written = 0;
  for (let at = 0; at < read; at += 1) {
    const code = codes[at] ?? 0;
    if (BEGINS[code] === 1) {
      const end =
        code === PERCENT ? percentEnd(text, at) : code === AMPERSAND ? entityEnd(text, at) : at + 1;
      const value = end === at || end > read ? -2 : decode(text, at, end);
      if (value !== -2) {
        const size = value < 0 ? 0 : 1;
        edits.add(at, end, written, size);
        if (size === 1) {
          out[written] = value;
          units[written] = value;
          written += 1;
        }
        at = end - 1;
        continue;
      }
    }
    out[written] = code;
    units[written] = text.charCodeAt(at);
    written += 1;
  }
  const rewritten = textOf(units.subarray(0, written));
  return new Normal(new Source(rewritten, ended, out, written), read, edits);
}

const UNEDITED = new Edits();

/** Normalises a text. Linear; the text itself when nothing is encoded. */
export function normalise(text: string, ended: boolean): Normal {
  const plain = new Source(text, ended, room(0, text.length));
  const read = settled(text, ended);
  if (read === text.length && !plain.odd && !hasEscape(text))
    return new Normal(plain, read, UNEDITED);
  return rewrite(plain, read, ended);
}
