/** ABA routing number: Federal Reserve prefix and the 3-7-1 checksum. */
import { monotone, weighted } from "../kit/checksums.ts";
import { twoOf } from "../kit/dates.ts";
import { numberDetector } from "../kit/number.ts";

const WEIGHTS = [3, 7, 1, 3, 7, 1, 3, 7, 1];

export const usRoutingNumber = numberDetector({
  id: "us-routing-number",
  title: "US bank routing number (ABA)",
  groups: ["pii", "financial"],
  layouts: { "9": 0.25, "4-4-1": 0.6 },
  separators: "-",
  valid({ values }, count) {
    const prefix = twoOf(values, 0);
    const issued =
      prefix <= 12 ||
      (prefix >= 21 && prefix <= 32) ||
      (prefix >= 61 && prefix <= 72) ||
      prefix === 80;
    return issued && weighted(values, WEIGHTS) % 10 === 0 && !monotone(values, count);
  },
  checksum: true,
  words: ["aba", "routing", "rtn", "transit", "bank"],
});
