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

const NO_NUMBERS = new Int32Array(0);

/**
 * The places where the normalised text differs: an escape became one character, or none. Four
 * numbers each, in one array: a text may be nothing but escapes.
 */
class Edits {
  count = 0;
  /** Made when first needed: most texts have nothing to undo. */
  #numbers = NO_NUMBERS;

  /** Where the escape stood, where its character stands, and how many there are of it: 1 or 0. */
  add(start: number, end: number, at: number, size: number): void {
    const place = this.count * 4;
    if (place === this.#numbers.length) {
      const grown = new Int32Array(Math.max(64, place * 2));
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

/** Where something that may be undone stands next: by sign, since each is sought at memory speed. */
class Begins {
  readonly #text: string;
  /** The codes when some of them are odd. */
  readonly #codes: Uint8Array | undefined;
  #percent = -1;
  #ampersand = -1;
  #odd = -1;

  constructor({ text, codes, length, odd }: Source) {
    this.#text = text;
    this.#codes = odd ? codes.subarray(0, length) : undefined;
    this.next(0);
  }

  /** The first place at or after an index, which never goes back; past the text when there is none. */
  next(from: number): number {
    if (this.#percent < from) this.#percent = orNever(this.#text.indexOf("%", from));
    if (this.#ampersand < from) this.#ampersand = orNever(this.#text.indexOf("&", from));
    if (this.#odd < from) this.#odd = orNever(this.#codes?.indexOf(ODD, from) ?? -1);
    return Math.min(this.#percent, this.#ampersand, this.#odd);
  }
}

/** Past the end of any text. */
const NEVER = 2 ** 30;

function orNever(place: number): number {
  return place < 0 ? NEVER : place;
}

/** Below this a copy by hand is quicker than asking for one. */
const COPY_CHARS_MIN = 48;

/** Copies codes from one array to another. */
function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start < COPY_CHARS_MIN)
    for (let i = start; i < end; i += 1) to[at + i - start] = from[i] ?? 0;
  else to.set(from.subarray(start, end), at);
}

/** Takes what is left out or replaced; what stands between is copied in one go. */
function rewrite(plain: Source, read: number, ended: boolean, begins: Begins): Normal {
  const { text, codes } = plain;
  const out = room(1, read);
  const edits = new Edits();
  const parts: string[] = [];
  let written = 0;
  let copied = 0;
  const keepTo = (at: number): void => {
    if (at === copied) return;
    copy(codes, copied, at, out, written);
    parts.push(text.slice(copied, at));
    written += at - copied;
  };
  for (let at = begins.next(0); at < read;) {
    const code = codes[at] ?? 0;
    const end =
      code === PERCENT ? percentEnd(text, at) : code === AMPERSAND ? entityEnd(text, at) : at + 1;
    const value = end === at || end > read ? -2 : decode(text, at, end);
    if (value !== -2) {
      keepTo(at);
      copied = end;
      edits.add(at, end, written, value < 0 ? 0 : 1);
      if (value >= 0) {
        out[written] = value;
        parts.push(String.fromCharCode(value));
        written += 1;
      }
    }
    at = begins.next(value === -2 ? at + 1 : end);
  }
  if (edits.count === 0 && read === text.length) return new Normal(plain, read, edits);
  keepTo(read);
  return new Normal(new Source(parts.join(""), ended, out, written), read, edits);
}

/** Normalises a text. Linear; the text itself when nothing is encoded. */
export function normalise(text: string, ended: boolean): Normal {
  const plain = new Source(text, ended, room(0, text.length));
  const read = settled(text, ended);
  const begins = new Begins(plain);
  if (read === text.length && begins.next(0) >= read) return new Normal(plain, read, new Edits());
  return rewrite(plain, read, ended, begins);
}
