/** Context evidence: words that stand shortly before a value. Never after it by default. */
import { LOOK_BACK_CHARS } from "../limits.ts";
import type { Source } from "./source.ts";

/** The text before `at`, lower-cased, at most 64 units of it. */
export function before(source: Source, at: number, length = LOOK_BACK_CHARS): string {
  const text = source.before(at);
  return text.length > length ? text.slice(-length) : text;
}

const compiled = new WeakMap<readonly string[], RegExp>();

/** One expression for all words of a list; digits and underscores may border a word, letters not. */
function expressionOf(words: readonly string[]): RegExp {
  const known = compiled.get(words);
  if (known !== undefined) return known;
  const escaped = words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const letter = "[a-z\u00c0-\u1fff]";
  const expression = new RegExp(`(?<!${letter})(?:${escaped.join("|")})(?!${letter})`);
  compiled.set(words, expression);
  return expression;
}

/** True when one of the words stands, as a word, in the 64 (or `length`) characters before `at`. */
export function hasContext(
  source: Source,
  at: number,
  words: readonly string[],
  length = LOOK_BACK_CHARS,
): boolean {
  const text = before(source, at, length);
  return text.length > 0 && expressionOf(words).test(text);
}
