/** NHS number: modulus 11 over ten digits. */
import { monotone, weighted } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

const WEIGHTS = [10, 9, 8, 7, 6, 5, 4, 3, 2];

export const ukNhs = numberDetector({
  id: "uk-nhs",
  title: "UK NHS number",
  version: 2,
  groups: ["pii", "medical", "government-ids"],
  layouts: { "3-3-4": 0.4, "10": 0.2 },
  separators: " -.",
  valid({ values }, count) {
    const check = 11 - (weighted(values, WEIGHTS) % 11);
    return check !== 10 && check % 11 === values[9] && !monotone(values, count);
  },
  checksum: true,
  words: ["nhs", "national health", "health service", "health number", "patient"],
});
