/** Australian tax file number: weighted sum divisible by 11. */
import { monotone, weighted } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

const WEIGHTS = [1, 4, 3, 7, 5, 8, 6, 9, 10];

export const auTfn = numberDetector({
  id: "au-tfn",
  title: "Australian tax file number",
  version: 2,
  groups: ["pii", "government-ids"],
  layouts: { "3-3-3": 0.4, "9": 0.2 },
  separators: " -.",
  valid: ({ values }, count) => weighted(values, WEIGHTS) % 11 === 0 && !monotone(values, count),
  checksum: true,
  words: ["tfn", "tax file", "tax file number", "ato"],
});
