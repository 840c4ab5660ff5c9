/** Whether a literal stands in a text, letter case aside. */
import { foldCase } from "./case.ts";
import { NONE, UPPER, is } from "./chars.ts";
import type { Source } from "./source.ts";

/** Small letters for the capitals of ASCII. */
export const SMALL = Uint8Array.from({ length: 256 }, (_, code) =>
  is(code, UPPER) ? code + 32 : code,
);

/** Whether a literal of small letters stands at an index: 1 or 0, and -1 where only the text tells. */
export function hasSmall(codes: Uint8Array, at: number, wanted: Uint8Array): number {
  for (let i = 0; i < wanted.length; i += 1) {
    const code = SMALL[codes[at + i] ?? 0] ?? 0;
    if (code !== wanted[i]) return code > 127 ? -1 : 0;
  }
  return 1;
}

/** Compares in the text itself, since letters outside ASCII have no codes of their own. */
export function hasIgnoringCase(source: Source, at: number, literal: string): boolean {
  for (let i = 0; i < literal.length; i += 1) {
    if (source.code(at + i) === NONE) return false;
    if (foldCase(source.text[at + i] ?? "") !== literal[i]) return false;
  }
  return true;
}
