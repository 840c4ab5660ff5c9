/** Medicare beneficiary identifier: eleven places, each with its own class of characters. */
import { DIGIT, is } from "../kit/chars.ts";
import type { Source } from "../kit/source.ts";
import { wordDetector } from "../kit/word.ts";

/** 1 for the letters that it may have, in either case. */
const LETTERS = new Uint8Array(256);
for (const letter of "ACDEFGHJKMNPQRTUVWXY")
  for (const code of [letter.charCodeAt(0), letter.charCodeAt(0) + 32]) LETTERS[code] = 1;

/** Whether its first four places, which nothing parts, may be such a number's. */
function begins(source: Source, at: number): boolean {
  if (!is(source.code(at), DIGIT) || LETTERS[source.code(at + 1)] !== 1) return false;
  const third = source.code(at + 2);
  return (LETTERS[third] === 1 || is(third, DIGIT)) && is(source.code(at + 3), DIGIT);
}

export const usMbi = wordDetector({
  id: "us-mbi",
  title: "US Medicare beneficiary identifier",
  version: 2,
  groups: ["pii", "medical"],
  prefilter: { kind: "digits", first: [1], second: [0], reach: 4, solid: true },
  quick: begins,
  lengths: [11],
  maxLength: 13,
  separators: "- ",
  valid: (word, written) =>
    /^[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9][- ]?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9][- ]?[AC-HJKMNP-RT-Y]{2}[0-9]{2}$/.test(
      written.toUpperCase(),
    ) && word.length === 11,
  words: ["mbi", "medicare", "beneficiary"],
  alone: 0.7,
});
