/** United States employer number: a two-digit prefix, a hyphen, seven digits. */
import { numberDetector } from "../kit/number.ts";

export const usEin = numberDetector({
  id: "us-ein",
  title: "US employer identification number",
  version: 2,
  groups: ["pii", "government-ids", "financial"],
  layouts: { "2-7": 0.3, "9": 0.1 },
  separators: "-",
  words: [
    "ein",
    "employer identification",
    "employer id",
    "federal tax id",
    "fein",
    "tax id",
    "employer number",
  ],
});
