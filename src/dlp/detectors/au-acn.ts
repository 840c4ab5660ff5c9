/** Australian company number: weights 8 to 1, modulus 10. */
import { weighted } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

const WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 1];

export const auAcn = numberDetector({
  id: "au-acn",
  title: "Australian company number",
  groups: ["financial"],
  layouts: { "3-3-3": 0.3, "9": 0.2 },
  valid: ({ values }) => (10 - (weighted(values, WEIGHTS) % 10)) % 10 === values[8],
  checksum: true,
  words: ["acn", "company number", "australian company"],
});
