/** UK National Insurance number: two permitted letters, six digits, A to D. */
import { ALPHA, DIGIT, is } from "../kit/chars.ts";
import { wordDetector } from "../kit/word.ts";

const LETTERS = "ABCEGHJKLMNOPRSTWXYZ".split("");
/** Prefixes as written with a blank after them ("AB 12 34 56 C"). */
const PREFIXES = LETTERS.flatMap((first) =>
  LETTERS.flatMap((second) => {
    const prefix = first + second;
    return [`${prefix} `, `${prefix}-`];
  }),
);

export const ukNino = wordDetector({
  id: "uk-nino",
  title: "UK National Insurance number",
  groups: ["pii", "government-ids"],
  prefilter: [
    { kind: "mixed", letters: [2] },
    { kind: "literals", literals: PREFIXES },
  ],
  quick: (source, at) =>
    is(source.code(at + 1), ALPHA) &&
    (is(source.code(at + 2), DIGIT) || is(source.code(at + 3), DIGIT)),
  maxLength: 13,
  separators: " -",
  valid: (word, written) =>
    /^(?:[A-Z]{2}|[A-Za-z]{2}[0-9])/.test(written) &&
    /^[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]$/.test(word) &&
    !/^(?:BG|GB|KN|NK|NT|TN|ZZ)/.test(word),
  words: ["national insurance", "nino", "ni number", "ni no"],
  alone: 0.7,
});
