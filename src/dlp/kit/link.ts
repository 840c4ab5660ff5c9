/** What may stand between a label and its value, in prose and in records; and the columns of tables. */
import { LOOK_BACK_CHARS } from "../limits.ts";

/** Longest stretch that is looked at. */
export const LINK_CHARS = 40;

/** Words that say nothing of their own between a label and its value, in seven languages. */
const WORDS =
  "number|num|numbers|nr|no|id|code|details|is|was|are|of|to|the|a|be|value|td|th|string|on|file|see|form|you|need|" +
  "nummer|lautet|ist|auf|des|kunden|numéro|est|le|la|du|client|suivant|número|numero|es|del|cliente|do|da|" +
  "è|é|nº|n°|numer|klienta|s";

/** Up to eight such words with short runs of signs around them. A line may end once, after the label. */
const linkPattern = (): RegExp =>
  new RegExp(
    `^[^\\p{L}\\p{N}]{0,6}(?:(?:${WORDS})[^\\p{L}\\p{N}]{1,8}){0,8}(?:(?:number|num|nr|no|id|code|nummer|to|a)[^\\p{L}\\p{N}]{0,6})?$`,
    "u",
  );
/** Made when the first label is looked at: every start would read it, and most never ask. */
let link: RegExp | undefined;
const QUESTION = /^[^\p{L}\p{N}]{0,3}\?\n[^\n]{0,24}: $/u;

/** "PassportNumber" and "swiftCode": the rest of a field's name after the label. */
const REST = /^(?:Number|Num|Nr|No|Id|Code)(?![a-z])/;

/** Whether a text between a label and a value only links them. */
export function isLink(between: string): boolean {
  if (between.length <= 2 && /^[ :=]*$/.test(between)) return true;
  const text = between.replace(REST, "").toLowerCase();
  link ??= linkPattern();
  return link.test(text) || QUESTION.test(text);
}

/** A cell of the header row. */
export interface Cell {
  start: number;
  end: number;
}

const ROW = /[,;|\t]/;

/**
 * The header cell above the value at an index, when the value stands in the first row of a table whose
 * header can be seen from there: rows of commas, semicolons, tabs or pipes.
 */
export function columnOf(text: string, at: number): Cell | undefined {
  const floor = Math.max(0, at - LOOK_BACK_CHARS);
  const seen = text.slice(floor, at);
  const line = seen.lastIndexOf("\n") + 1;
  if (line <= 1) return undefined;
  const before = seen.slice(line);
  const last = /[,;|\t] ?["']?$/.exec(before)?.[0][0];
  const delimiter = last ?? ROW.exec(seen.slice(0, line))?.[0];
  if (delimiter === undefined || (last === undefined && before.trim() !== "")) return undefined;
  const column = before.split(delimiter).length - 1;
  let headerEnd = line - 1;
  let header = seen.lastIndexOf("\n", headerEnd - 1) + 1;
  // The rule under the header of a Markdown table.
  if (/^[|\s:-]+$/.test(seen.slice(header, headerEnd)) && header > 1) {
    headerEnd = header - 1;
    header = seen.lastIndexOf("\n", headerEnd - 1) + 1;
  }
  const cells = seen.slice(header, headerEnd).split(delimiter);
  const cell = cells[column];
  if (cell === undefined || cells.length < 2) return undefined;
  const start =
    floor + header + cells.slice(0, column).reduce((sum, one) => sum + one.length + 1, 0);
  return { start: start - 1, end: start + cell.length };
}
