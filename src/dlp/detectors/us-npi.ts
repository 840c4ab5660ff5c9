/** United States National Provider Identifier: Luhn with the 80840 prefix. */
import { isBetween, luhnSum } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

export const usNpi = numberDetector({
  id: "us-npi",
  title: "US national provider identifier",
  groups: ["pii", "medical"],
  layouts: { "10": 0.2, "4-3-3": 0.4 },
  // Checked with the prefix 80840 of American health cards, whose digits add up to 24.
  valid: ({ values }, count) => isBetween(values[0], 1, 2) && luhnSum(values, count) % 10 === 6,
  checksum: true,
  words: ["npi", "provider identifier", "provider id", "national provider"],
});
