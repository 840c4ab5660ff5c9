/** Values of tables: what stands under a header cell, in the first row of rows with commas and the like. */
import { ALNUM, DASH, NONE, SPACE, is } from "./chars.ts";
import type { Source } from "./source.ts";

/** How far before and after a header cell the rest of the header may go, and then its first row. */
const HEADER_CHARS = 60;
const ROW_CHARS = 256;
const NAME_MAX = 40;
const NEWLINE = 10;
const RETURN = 13;
const QUOTES = new Set([34, 39]);
const DELIMITERS = new Set([9, 44, 59, 124]);

/** A header cell and the value under it. */
export interface Cell {
  name: string;
  start: number;
  end: number;
}

function endsLine(code: number): boolean {
  return code === NEWLINE || code === RETURN || code === NONE;
}

/** How many delimiters stand before a cell in its line; -1 when the line begins too far before `at`. */
function columnBefore(source: Source, at: number, start: number, delimiter: number): number {
  let column = 0;
  for (let i = start - 1; at - i <= HEADER_CHARS; i -= 1) {
    const code = source.code(i);
    if (endsLine(code)) return column;
    if (code === delimiter) column += 1;
  }
  return -1;
}

/** The delimiter next to a cell: after it, or before it when the line ends there. */
function delimiterOf(source: Source, start: number, end: number): number {
  const after = source.code(end);
  if (DELIMITERS.has(after)) return after;
  const before = source.code(start - 1);
  return endsLine(after) && DELIMITERS.has(before) ? before : NONE;
}

/** Past the end of the line at an index; -1 when it is too far, or there is no next line. */
function nextLine(source: Source, at: number): number {
  let index = at;
  const { codes, length } = source;
  const stop = Math.min(length, at + HEADER_CHARS);
  while (index < stop && codes[index] !== NEWLINE && codes[index] !== RETURN) index += 1;
  if (source.code(index) === RETURN) index += 1;
  return source.code(index) === NEWLINE ? index + 1 : -1;
}

/** Past the delimiters of so many columns, in the row at an index; -1 when it has fewer. */
function columnStart(source: Source, row: number, column: number, delimiter: number): number {
  let index = row;
  for (let left = column; left > 0; index += 1) {
    const code = source.code(index);
    if (endsLine(code) || index - row >= ROW_CHARS) return -1;
    if (code === delimiter) left -= 1;
  }
  return index;
}

/**
 * The value under the header cell that ends with the word at `at`. The cell is a name of letters, digits,
 * hyphens and underscores, perhaps in quotes, and the delimiter stands next to it without a blank, as it
 * does in files and hardly ever in prose.
 */
export function cellUnder(source: Source, at: number, word: string): Cell | undefined {
  const nameTo = at + word.length;
  const quoted = QUOTES.has(source.code(nameTo));
  const end = quoted ? nameTo + 1 : nameTo;
  if (!DELIMITERS.has(source.code(end)) && !endsLine(source.code(end))) return undefined;
  let from = at;
  while (at - from < NAME_MAX && is(source.code(from - 1), ALNUM | DASH)) from -= 1;
  const start = quoted ? from - 1 : from;
  const delimiter = delimiterOf(source, start, end);
  if (delimiter === NONE || (source.code(end) === delimiter && is(source.code(end + 1), SPACE)))
    return undefined;
  const before = source.code(start - 1);
  if (!endsLine(before) && before !== delimiter) return undefined;
  const row = nextLine(source, end);
  const column = row < 0 ? -1 : columnBefore(source, at, start, delimiter);
  const cell = column < 0 ? -1 : columnStart(source, row, column, delimiter);
  if (cell < 0) return undefined;
  const value = QUOTES.has(source.code(cell)) ? cell + 1 : cell;
  const stop = valueEnd(source, value, delimiter);
  return { name: source.text.slice(from, nameTo), start: value, end: stop };
}

/** The end of the value of a cell: before its delimiter, its quote or a blank. */
function valueEnd(source: Source, from: number, delimiter: number): number {
  let end = from;
  while (end - from < ROW_CHARS) {
    const code = source.code(end);
    if (code === delimiter || code <= 32 || code > 126 || QUOTES.has(code)) break;
    end += 1;
  }
  return end;
}
