/** United States Social Security number: area, group and serial ranges, no checksum. */
import { numberDetector } from "../kit/number.ts";

export const usSsn = numberDetector({
  id: "us-ssn",
  title: "US Social Security number",
  version: 3,
  groups: ["pii", "government-ids"],
  layouts: { "3-2-4": 0.7, "9": 0.2 },
  separators: " -.",
  valid(run) {
    const area = run.number(0, 3);
    if (area === 0 || area === 666 || area >= 900) return false;
    return run.number(3, 2) > 0 && run.number(5, 4) > 0;
  },
  // "078 05 1120": a small number in a table as well.
  named: (run) => run.group(0) === 3 && run.separator(0) !== "-" && run.number(0, 3) < 100,
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
