/** Spanish NIE: X, Y or Z, seven digits and the letter of the remainder by 23. */
import { wordDetector } from "../kit/word.ts";

export const esNie = wordDetector({
  id: "es-nie",
  title: "Spanish NIE",
  groups: ["pii", "government-ids"],
  prefilter: { kind: "mixed", letters: [1], digits: 7, reach: 9 },
  first: "XYZ",
  lengths: [9],
  maxLength: 10,
  separators: "-",
  valid(word) {
    if (!/^[XYZ][0-9]{7}[A-Z]$/.test(word)) return false;
    const number = Number("XYZ".indexOf(word[0] ?? "") + word.slice(1, 8));
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] === word[8];
  },
  checksum: true,
  words: ["nie", "extranjero"],
  alone: 0.75,
});
