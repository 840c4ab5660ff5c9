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

const table = new Uint8Array(128);

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

/** The class bits of a code unit; none outside ASCII, and none for -1 (past an end). */
export function classOf(code: number): number {
  return code >= 0 && code < 128 ? (table[code] ?? 0) : 0;
}

/** True when the code unit is in any of the classes of the mask. */
export function is(code: number, mask: number): boolean {
  return (classOf(code) & mask) !== 0;
}

/**
 * True when the code unit belongs to a word: an ASCII letter or digit, or any letter-like unit
 * outside ASCII. Punctuation of the general block (dashes, quotes) and CJK marks are no letters.
 */
export function isWordCode(code: number): boolean {
  if (code < 128) return (classOf(code) & ALNUM) !== 0;
  return code >= 0xc0 && code < 0x2000;
}
