/** Character classes as one byte table, so that a scanner's test is one load and one mask. */

export const DIGIT = 1;
export const UPPER = 2;
export const LOWER = 4;
export const HEX = 8;
/** `+` and `/`: with letters, digits and `=`, the base64 alphabet. */
export const B64 = 16;
/** `-` and `_`: with letters and digits, the base64url alphabet. */
export const DASH = 32;
/** What an e-mail's local part has besides letters and digits. */
export const LOCAL = 64;
/** Blank, tab and line ends. */
export const SPACE = 128;

export const ALPHA = UPPER | LOWER;
export const ALNUM = DIGIT | ALPHA;

const table = new Uint8Array(256);

function mark(characters: string, flag: number): void {
  for (const character of characters) {
    const code = character.charCodeAt(0);
    table[code] = (table[code] ?? 0) | flag;
  }
}

mark("0123456789", DIGIT | HEX);
mark("ABCDEFGHIJKLMNOPQRSTUVWXYZ", UPPER);
mark("abcdefghijklmnopqrstuvwxyz", LOWER);
mark("ABCDEFabcdef", HEX);
mark("+/", B64);
mark("-_", DASH);
mark(".-_%+'", LOCAL);
mark(" \t\n\r", SPACE);

/** The class bits of a code; none outside ASCII. */
export function classOf(code: number): number {
  return code < 128 ? (table[code] ?? 0) : 0;
}

/** True when the code is in any of the classes of the mask. */
export function is(code: number, mask: number): boolean {
  return (classOf(code) & mask) !== 0;
}

/** What a code unit outside ASCII is read as: part of a word (letters of most scripts), ... */
export const LETTER_LIKE = 128;
/** ... punctuation of the general block (dashes, quotes), CJK and all the rest, ... */
export const OTHER = 129;
/** ... what `normalise` replaces or leaves out, ... */
export const ODD = 130;
/** ... and no character at all: before the start or past the end of the text. */
export const NONE = 255;

/** The byte that stands for a code unit: itself in ASCII, else one of the four above. */
export const FOLD = new Uint8Array(65_536).fill(OTHER);
for (let code = 0; code < 128; code += 1) FOLD[code] = code;
FOLD.fill(LETTER_LIKE, 0xc0, 0x2000);
for (const odd of [0xa0, 0xad, 0x34f, 0x61c, 0x180e, 0x2007, 0x202f, 0xfeff]) FOLD[odd] = ODD;
for (const [first, last] of [
  [0x200b, 0x200f],
  [0x2010, 0x2012],
  [0x202a, 0x202e],
  [0x2060, 0x2064],
  [0xff01, 0xff5e],
] as const)
  FOLD.fill(ODD, first, last + 1);

/**
 * Folds the code units of a text from an index on into bytes; answers whether one of them is odd.
 * Four at a time, since this touches every character of every text.
 */
export function foldInto(codes: Uint8Array, text: string, from: number): boolean {
  const { length } = text;
  let odd = false;
  let i = from;
  for (; i + 3 < length; i += 4) {
    let a = text.charCodeAt(i);
    let b = text.charCodeAt(i + 1);
    let c = text.charCodeAt(i + 2);
    let d = text.charCodeAt(i + 3);
    if ((a | b | c | d) > 127) {
      a = FOLD[a] ?? OTHER;
      b = FOLD[b] ?? OTHER;
      c = FOLD[c] ?? OTHER;
      d = FOLD[d] ?? OTHER;
      if (a === ODD || b === ODD || c === ODD || d === ODD) odd = true;
    }
    codes[i] = a;
    codes[i + 1] = b;
    codes[i + 2] = c;
    codes[i + 3] = d;
  }
  for (; i < length; i += 1) {
    const code = FOLD[text.charCodeAt(i)] ?? OTHER;
    if (code === ODD) odd = true;
    codes[i] = code;
  }
  return odd;
}

/** True when a folded code belongs to a word: an ASCII letter or digit, or a letter of any script. */
export function isWordCode(code: number): boolean {
  return code === LETTER_LIKE || is(code, ALNUM);
}
