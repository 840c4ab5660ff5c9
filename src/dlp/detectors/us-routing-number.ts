/** ABA routing number: Federal Reserve prefix and the 3-7-1 checksum. */
import { weighted } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

export const usRoutingNumber = numberDetector({
  id: "us-routing-number",
  title: "US bank routing number (ABA)",
  groups: ["pii", "financial"],
  layouts: { "9": 0.25, "4-4-1": 0.6 },
  separators: "-",
  valid(digits) {
    const prefix = Number(digits.slice(0, 2));
    const issued =
      prefix <= 12 ||
      (prefix >= 21 && prefix <= 32) ||
      (prefix >= 61 && prefix <= 72) ||
      prefix === 80;
    return (
      issued && digits !== "000000000" && weighted(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0
    );
  },
  checksum: true,
  words: ["aba", "routing", "rtn", "transit", "bank"],
});
