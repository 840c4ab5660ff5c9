/** South Korean resident registration number: date of birth, century and sex digit. */
import { isBetween } from "../kit/checksums.ts";
import { plausibleDay, twoOf } from "../kit/dates.ts";
import { numberDetector } from "../kit/number.ts";

export const krRrn = numberDetector({
  id: "kr-rrn",
  title: "South Korean resident registration number",
  groups: ["pii", "government-ids"],
  layouts: { "6-7": 0.6, "13": 0.35 },
  separators: "-",
  valid: ({ values }) =>
    isBetween(values[6], 1, 8) && plausibleDay(twoOf(values, 2), twoOf(values, 4)),
  words: ["rrn", "frn", "korean", "resident registration", "주민등록번호", "주민번호"],
});
