/**
 * Undoes the encodings people and models hide values in, before the scan: invisible characters,
 * full-width forms, percent escapes, HTML entities. Every output character knows where it stood.
 */

/** Text as scanned, with the way back. */
export interface Normal {
  text: string;
  /** Start of each output character in the input, and one more for the end; none when identical. */
  starts: Uint32Array | undefined;
  /** Index past each output character in the input: its own escape, not what follows unseen. */
  ends: Uint32Array | undefined;
  /** Input characters read; the rest is the beginning of an escape that has not ended. */
  read: number;
}

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

/** Longest escape: `&commat;` or `&#1114111;`. */
const ESCAPE_MAX = 10;
const TRIGGER =
  /%[0-9A-Fa-f]{2}|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[a-z]{3,6});|\u034f|[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\uff01-\uff5e\u00a0\u2007\u202f\u2010-\u2012]/;
const PARTIAL = /(?:%[0-9A-Fa-f]?|&(?:#[0-9]{0,7}|#[xX][0-9A-Fa-f]{0,6}|[a-z]{0,6}))$/;

function codeOfEntity(body: string): number {
  if (body[0] !== "#") return NAMED.get(body) ?? -2;
  const hex = body[1] === "x" || body[1] === "X";
  return Number.parseInt(body.slice(hex ? 2 : 1), hex ? 16 : 10);
}

/** What a match of TRIGGER stands for: a code, -1 for nothing, -2 for itself. */
function decode(match: string): number {
  const code = match.charCodeAt(0);
  if (code === 37) {
    const value = Number.parseInt(match.slice(1), 16);
    return value > 32 && value < 127 ? value : value === 32 ? 32 : -2;
  }
  if (code === 38) {
    const value = codeOfEntity(match.slice(1, -1));
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

/** Normalises a text. Linear; the identity (and no map) when nothing is encoded. */
export function normalise(text: string, ended: boolean): Normal {
  const read = settled(text, ended);
  const usable = read === text.length ? text : text.slice(0, read);
  if (!TRIGGER.test(usable)) return { text: usable, starts: undefined, ends: undefined, read };
  const pattern = new RegExp(TRIGGER.source, "g");
  const starts = new Uint32Array(read + 1);
  const ends = new Uint32Array(read + 1);
  let out = "";
  let at = 0;
  const copy = (to: number): void => {
    for (let i = at; i < to; i += 1) {
      starts[out.length + i - at] = i;
      ends[out.length + i - at] = i + 1;
    }
    out += usable.slice(at, to);
  };
  for (let match = pattern.exec(usable); match !== null; match = pattern.exec(usable)) {
    copy(match.index);
    const code = decode(match[0]);
    if (code === -2) {
      at = match.index;
      copy(match.index + match[0].length);
    } else if (code >= 0) {
      starts[out.length] = match.index;
      ends[out.length] = match.index + match[0].length;
      out += String.fromCharCode(code);
    }
    at = match.index + match[0].length;
  }
  copy(read);
  starts[out.length] = read;
  return { text: out, starts: starts.subarray(0, out.length + 1), ends, read };
}
