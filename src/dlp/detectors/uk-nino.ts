/** UK National Insurance number: two permitted letters, six digits, A to D. */
import { ALPHA, DIGIT, is } from "../kit/chars.ts";
import type { Source } from "../kit/source.ts";
import { wordDetector } from "../kit/word.ts";

const LETTERS = "ABCEGHJKLMNOPRSTWXYZ".split("");
/** Prefixes as written with a blank after them ("AB 12 34 56 C"). */
const PREFIXES = LETTERS.flatMap((first) =>
  LETTERS.flatMap((second) => {
    const prefix = first + second;
    return [`${prefix} `, `${prefix}-`];
  }),
);

/** Two letters, six digits and a letter, with single blanks or hyphens anywhere between. */
function isShape(source: Source, at: number): boolean {
  let index = at;
  for (let place = 0; place < 9; place += 1) {
    let code = source.code(index);
    if (place > 0 && (code === 32 || code === 45)) code = source.code((index += 1));
    if (!is(code, place < 2 || place === 8 ? ALPHA : DIGIT)) return false;
    index += 1;
  }
  return true;
}

export const ukNino = wordDetector({
  id: "uk-nino",
  title: "UK National Insurance number",
  groups: ["pii", "government-ids"],
  prefilter: [
    { kind: "mixed", letters: [2] },
    { kind: "literals", literals: PREFIXES },
  ],
  quick: isShape,
  lengths: [9],
  maxLength: 13,
  separators: " -",
  valid: (word, written) =>
    /^(?:[A-Z]{2}|[A-Za-z]{2}[0-9])/.test(written) &&
    /^[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]$/.test(word) &&
    !/^(?:BG|GB|KN|NK|NT|TN|ZZ)/.test(word),
  words: ["national insurance", "nino", "ni number", "ni no"],
  alone: 0.7,
});
