/** Context evidence: words that stand shortly before a value. Never after it by default. */
import { LOOK_BACK_CHARS } from "../limits.ts";
import { isWordCode } from "./chars.ts";
import type { Source } from "./source.ts";

/** The text before `at`, lower-cased, at most 64 units of it. */
export function before(source: Source, at: number, length = LOOK_BACK_CHARS): string {
  const text = source.before(at);
  return text.length > length ? text.slice(-length) : text;
}

/** True when `word` stands in `text` as a word of its own (digits and underscores may border it). */
function hasWord(text: string, word: string): boolean {
  for (let from = text.indexOf(word); from >= 0; from = text.indexOf(word, from + 1)) {
    const left = text.charCodeAt(from - 1);
    const right = text.charCodeAt(from + word.length);
    if (!(from > 0 && isLetter(left)) && !isLetter(right)) return true;
  }
  return false;
}

function isLetter(code: number): boolean {
  return isWordCode(code) && !(code >= 48 && code <= 57);
}

/** True when one of the words stands, as a word, in the 64 (or `length`) characters before `at`. */
export function hasContext(
  source: Source,
  at: number,
  words: readonly string[],
  length = LOOK_BACK_CHARS,
): boolean {
  const text = before(source, at, length);
  return words.some((word) => hasWord(text, word));
}
