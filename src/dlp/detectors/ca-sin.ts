/** Canadian social insurance number: Luhn, never starting with 0 or 8. */
import { luhn, monotone } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

export const caSin = numberDetector({
  id: "ca-sin",
  title: "Canadian social insurance number",
  version: 2,
  groups: ["pii", "government-ids"],
  layouts: { "3-3-3": 0.4, "9": 0.2 },
  separators: " -.",
  mixed: true,
  valid: ({ values }, count) =>
    values[0] !== 0 && values[0] !== 8 && luhn(values, count) && !monotone(values, count),
  checksum: true,
  words: ["sin", "social insurance", "sins", "nas", "assurance sociale", "social ins"],
});
