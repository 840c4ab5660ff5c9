/** Australian company number: weights 8 to 1, modulus 10. */
import { weighted } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

export const auAcn = numberDetector({
  id: "au-acn",
  title: "Australian company number",
  groups: ["financial"],
  layouts: { "3-3-3": 0.3, "9": 0.2 },
  valid: (digits) =>
    (10 - (weighted(digits, [8, 7, 6, 5, 4, 3, 2, 1]) % 10)) % 10 === Number(digits[8]),
  checksum: true,
  words: ["acn", "company number", "australian company"],
});
