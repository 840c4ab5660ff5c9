/** United States Social Security number: area, group and serial ranges, no checksum. */
import { numberDetector } from "../kit/number.ts";

export const usSsn = numberDetector({
  id: "us-ssn",
  title: "US Social Security number",
  version: 2,
  groups: ["pii", "government-ids"],
  layouts: { "3-2-4": 0.7, "9": 0.2 },
  separators: " -.",
  valid(digits, run) {
    const area = digits.slice(0, 3);
    if (area === "000" || area === "666" || digits[0] === "9") return false;
    if (digits.slice(3, 5) === "00" || digits.slice(5) === "0000") return false;
    return run.group(0) === 9 || run.separator(0) === "-" || digits[0] !== "0";
  },
  words: [
    "ssn",
    "social security",
    "social sec",
    "social",
    "ss#",
    "ssns",
    "soc sec",
    "seguro social",
    "seguridad social",
    "sécurité sociale",
    "sozialversicherungsnummer",
  ],
  against: ["part no", "part", "sku", "order", "invoice", "tracking"],
});
