/**
 * Adversarial suffixes: an ordinary sentence that runs into a soup of brackets, quotes and glued words
 * (what gradient search and similar attacks append). Prose keeps its brackets paired and code keeps
 * them paired too; the soup does not. Looks at the end of each line that begins as prose.
 */

const lineCharsMin = 40;
const tailChars = 240;
const headChars = 120;
const plainWordsMin = 5;

const plainWord = /^["'(]?[A-Za-z][a-z'-]*[,.:]?$/;
const oddJunction =
  /[A-Za-z0-9][\]\\[{}()<>="!|`#$*]+[A-Za-z]|[\]\\[{}()<>="!|`#$*~^]{3,}|[a-z][A-Z]{2,}[a-z]|[[\]{}()<][^\w\s]{1,3}[[\]{}()<]/g;

/** Signs of an adversarial suffix in the worst line: 0 = none, 1 = some, 2 = plain to see. */
export function suffixSigns(text: string): 0 | 1 | 2 {
  let worst: 0 | 1 | 2 = 0;
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    if (
      end - start >= lineCharsMin &&
      beginsAsProse(text.slice(start, Math.min(end, start + headChars)))
    ) {
      const signs = lineSigns(text.slice(Math.max(start, end - tailChars), end));
      if (signs === 2) return 2;
      if (signs > worst) worst = signs;
    }
    start = end + 1;
  }
  return worst;
}

function beginsAsProse(head: string): boolean {
  const words = head.split(" ", plainWordsMin);
  return words.length === plainWordsMin && words.every((word) => plainWord.test(word));
}

function lineSigns(tail: string): 0 | 1 | 2 {
  const unpaired = unpairedBrackets(tail);
  if (unpaired < 2) return 0;
  const odd = tail.match(oddJunction)?.length ?? 0;
  if (unpaired >= 3 && odd >= 1) return 2;
  return unpaired >= 3 || odd >= 1 ? 1 : 0;
}

/** Closing brackets that close nothing of their kind, plus opening ones left open. */
function unpairedBrackets(text: string): number {
  const open: number[] = [];
  let wrong = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x28 || code === 0x5b || code === 0x7b) open.push(code);
    else if (code === 0x29 || code === 0x5d || code === 0x7d) {
      const opener = code === 0x29 ? 0x28 : code - 2;
      if (open.at(-1) === opener) open.pop();
      else wrong++;
    }
  }
  return wrong + open.length;
}
