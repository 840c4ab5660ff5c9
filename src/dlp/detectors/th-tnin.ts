/** Thai national id: thirteen digits, weights 13 to 2, modulus 11. */
import { isBetween, weighted } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

const WEIGHTS = [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2];

export const thTnin = numberDetector({
  id: "th-tnin",
  title: "Thai national identification number",
  groups: ["pii", "government-ids"],
  layouts: { "13": 0.4, "1-4-5-2-1": 0.7 },
  valid: ({ values }) =>
    isBetween(values[0], 1, 8) && (11 - (weighted(values, WEIGHTS) % 11)) % 10 === values[12],
  checksum: true,
  words: ["thai", "บัตรประชาชน", "ประจำตัวประชาชน", "tnin"],
});
