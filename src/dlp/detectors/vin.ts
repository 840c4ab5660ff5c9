/** Vehicle identification number: seventeen characters, check digit in the ninth place. */
import { ALNUM } from "../kit/chars.ts";
import { wordDetector } from "../kit/word.ts";

const WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
const LETTER_VALUES = "12345678012345070923456789";

function checkDigit(word: string): string {
  let sum = 0;
  for (let i = 0; i < 17; i += 1) {
    const code = word.charCodeAt(i);
    const value = code < 58 ? code - 48 : Number(LETTER_VALUES[code - 65]);
    sum += value * (WEIGHTS[i] ?? 0);
  }
  return sum % 11 === 10 ? "X" : String(sum % 11);
}

export const vin = wordDetector({
  id: "vin",
  title: "Vehicle identification number",
  version: 2,
  groups: ["pii", "vehicles"],
  prefilter: [
    { kind: "mixed", letters: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], reach: 17, solid: true },
    { kind: "digits", first: [1, 2, 3, 4, 5, 6, 7, 8], reach: 17, solid: true },
  ],
  quick: (source, at) => source.run(at, ALNUM, at + 18) - at === 17,
  lengths: [17],
  maxLength: 17,
  capitals: true,
  valid: (word) =>
    /^(?=.*[A-Z].*[A-Z])[A-HJ-NPR-Z0-9]{17}$/.test(word) && checkDigit(word) === word[8],
  checksum: true,
  words: [
    "vin",
    "vehicle identification",
    "vehicle",
    "chassis",
    "chassi",
    "châssis",
    "fahrgestellnummer",
    "bastidor",
    "telaio",
  ],
  alone: 0.65,
});
