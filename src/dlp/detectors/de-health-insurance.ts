/** German health insurance number: a letter and nine digits with a Luhn-like check digit. */
import { wordDetector } from "../kit/word.ts";

export const deHealthInsurance = wordDetector({
  id: "de-health-insurance",
  title: "German health insurance number",
  groups: ["pii", "medical"],
  prefilter: { kind: "mixed", letters: [1], digits: 9, reach: 10, solid: true },
  lengths: [10],
  maxLength: 10,
  valid(word) {
    if (!/^[A-Z][0-9]{9}$/.test(word)) return false;
    const digits = String(word.charCodeAt(0) - 64).padStart(2, "0") + word.slice(1, 9);
    let sum = 0;
    for (let i = 0; i < 10; i += 1) {
      const value = Number(digits[i]) * (i % 2 === 0 ? 1 : 2);
      sum += value > 9 ? value - 9 : value;
    }
    return sum % 10 === Number(word[9]);
  },
  checksum: true,
  words: ["kvnr", "krankenversicherung", "krankenkasse", "versichertennummer", "health insurance"],
  alone: 0.45,
});
