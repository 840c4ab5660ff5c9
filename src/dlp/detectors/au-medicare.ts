/** Australian Medicare card number: first digit 2 to 6, weighted check digit. */
import { weighted } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

export const auMedicare = numberDetector({
  id: "au-medicare",
  title: "Australian Medicare number",
  groups: ["pii", "medical"],
  layouts: { "4-5-1": 0.6, "10": 0.2 },
  valid: (digits) =>
    /^[2-6]/.test(digits) && weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === Number(digits[8]),
  checksum: true,
  words: ["medicare"],
});
