/** United States National Provider Identifier: Luhn with the 80840 prefix. */
import { luhn } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

export const usNpi = numberDetector({
  id: "us-npi",
  title: "US national provider identifier",
  groups: ["pii", "medical"],
  layouts: { "10": 0.2, "4-3-3": 0.4 },
  valid: (digits) => /^[12]/.test(digits) && luhn(`80840${digits}`),
  checksum: true,
  words: ["npi", "provider identifier", "provider id", "national provider"],
});
