/** Australian business number: mod 89 after taking one from the first digit. */
import { weighted } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

const WEIGHTS = [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19];

export const auAbn = numberDetector({
  id: "au-abn",
  title: "Australian business number",
  groups: ["pii", "financial"],
  layouts: { "2-3-3-3": 0.6, "11": 0.3 },
  // One is taken off the first digit, whose weight is ten.
  valid: ({ values }) => values[0] !== 0 && (weighted(values, WEIGHTS) - 10) % 89 === 0,
  checksum: true,
  words: ["abn", "business number", "australian business"],
});
