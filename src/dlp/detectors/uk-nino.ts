/** UK National Insurance number: two permitted letters, six digits, A to D. */
import { wordDetector } from "../kit/word.ts";

export const ukNino = wordDetector({
  id: "uk-nino",
  title: "UK National Insurance number",
  groups: ["pii", "government-ids"],
  prefilter: { kind: "mixed", letters: [2] },
  maxLength: 13,
  separators: " -",
  valid: (word) =>
    /^[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]$/.test(word) &&
    !/^(?:BG|GB|KN|NK|NT|TN|ZZ)/.test(word),
  words: ["national insurance", "nino", "ni number", "ni no"],
  alone: 0.7,
});
