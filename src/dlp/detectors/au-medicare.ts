/** Australian Medicare card number: first digit 2 to 6, weighted check digit. */
import { isBetween, weighted } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

const WEIGHTS = [1, 3, 7, 9, 1, 3, 7, 9];

export const auMedicare = numberDetector({
  id: "au-medicare",
  title: "Australian Medicare number",
  groups: ["pii", "medical"],
  layouts: { "4-5-1": 0.6, "10": 0.2 },
  valid: ({ values }) => isBetween(values[0], 2, 6) && weighted(values, WEIGHTS) % 10 === values[8],
  checksum: true,
  words: ["medicare"],
});
