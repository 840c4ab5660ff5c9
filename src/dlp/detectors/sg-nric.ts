/** Singapore NRIC or FIN: a series letter, seven digits and a check letter. */
import { digitValues, weighted } from "../kit/checksums.ts";
import { wordDetector } from "../kit/word.ts";

const WEIGHTS = [2, 7, 6, 5, 4, 3, 2];

export const sgNric = wordDetector({
  id: "sg-nric",
  title: "Singapore NRIC or FIN",
  groups: ["pii", "government-ids"],
  prefilter: { kind: "mixed", letters: [1], digits: 7, reach: 9, solid: true },
  first: "STFGM",
  lengths: [9],
  maxLength: 9,
  valid(word) {
    if (!/^[STFGM][0-9]{7}[A-Z]$/.test(word)) return false;
    const series = word[0] ?? "";
    const offset = series === "T" || series === "G" ? 4 : series === "M" ? 3 : 0;
    const remainder = (weighted(digitValues(word, 1, 8), WEIGHTS) + offset) % 11;
    const letters =
      series === "M" ? "XWUTRQPNJLK" : "ST".includes(series) ? "JZIHGFEDCBA" : "XWUTRQPNMLK";
    const place = series === "M" ? 10 - remainder : remainder;
    return letters[place] === word[8] || letters[remainder] === word[8];
  },
  checksum: true,
  words: ["nric", "fin", "identity card"],
  alone: 0.7,
});
