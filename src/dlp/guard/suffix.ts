/**
 * Adversarial suffixes: an ordinary sentence that runs into a soup of brackets, quotes and glued words
 * (what gradient search and similar attacks append). Prose keeps its brackets paired and code keeps
 * them paired too; the soup does not. Looks at the end of each line that begins as prose.
 */
import { unitsOf } from "./buffers.ts";

const lineCharsMin = 40;
const tailChars = 240;
const headChars = 120;
const plainWordsMin = 5;

const plainWord = /^["'(]?[A-Za-z][a-z'-]*[,.:]?$/;
const oddJunction =
  /[A-Za-z0-9][\]\\[{}()<>="!|`#$*]+[A-Za-z]|[\]\\[{}()<>="!|`#$*~^]{3,}|[a-z][A-Z]{2,}[a-z]|[[\]{}()<][^\w\s]{1,3}[[\]{}()<]/g;

/** Signs of an adversarial suffix in the worst line: 0 = none, 1 = some, 2 = plain to see. */
export function suffixSigns(text: string, units = unitsOf(text)): 0 | 1 | 2 {
  let worst: 0 | 1 | 2 = 0;
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const signs = end - start < lineCharsMin ? 0 : lineSigns(text, units, start, end);
    if (signs === 2) return 2;
    if (signs > worst) worst = signs;
    start = end + 1;
  }
  return worst;
}

function beginsAsProse(head: string): boolean {
  const words = head.split(" ", plainWordsMin);
  return words.length === plainWordsMin && words.every((word) => plainWord.test(word));
}

/** Brackets first: few lines have them unpaired, and counting them makes no strings. */
function lineSigns(text: string, units: Uint16Array, start: number, end: number): 0 | 1 | 2 {
  const from = Math.max(start, end - tailChars);
  const unpaired = unpairedBrackets(units, from, end);
  if (unpaired < 2 || !beginsAsProse(text.slice(start, Math.min(end, start + headChars)))) return 0;
  const odd = text.slice(from, end).match(oddJunction)?.length ?? 0;
  if (unpaired >= 3 && odd >= 1) return 2;
  return unpaired >= 3 || odd >= 1 ? 1 : 0;
}

const isBracket = new Uint8Array(0x7e);
for (const sign of "()[]{}") isBracket[sign.charCodeAt(0)] = 1;

/** Closing brackets that close nothing of their kind, plus opening ones left open. */
function unpairedBrackets(units: Uint16Array, from: number, to: number): number {
  const open: number[] = [];
  let wrong = 0;
  for (let at = from; at < to; at++) {
    const code = units[at]!;
    if (code >= 0x7e || isBracket[code] === 0) continue;
    if (code === 0x28 || code === 0x5b || code === 0x7b) open.push(code);
    else {
      const opener = code === 0x29 ? 0x28 : code - 2;
      if (open.at(-1) === opener) open.pop();
      else wrong++;
    }
  }
  return wrong + open.length;
}
