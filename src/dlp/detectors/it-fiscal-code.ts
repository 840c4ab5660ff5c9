/** Italian fiscal code: sixteen characters with a check letter over odd and even places. */
import { wordDetector } from "../kit/word.ts";

const ODD = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

function checkLetter(word: string): string {
  let sum = 0;
  for (let i = 0; i < 15; i += 1) {
    const code = word.charCodeAt(i);
    const value = code < 58 ? code - 48 : code - 65;
    sum += i % 2 === 0 ? (ODD[value] ?? 0) : value;
  }
  return String.fromCharCode(65 + (sum % 26));
}

export const itFiscalCode = wordDetector({
  id: "it-fiscal-code",
  title: "Italian fiscal code",
  groups: ["pii", "government-ids"],
  prefilter: { kind: "mixed", letters: [6], reach: 16, solid: true },
  lengths: [16],
  maxLength: 16,
  valid(word) {
    if (!/^[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]$/.test(word)) {
      return false;
    }
    return checkLetter(word) === word[15];
  },
  checksum: true,
  words: ["codice fiscale", "fiscal code", "cf"],
  alone: 0.85,
});
