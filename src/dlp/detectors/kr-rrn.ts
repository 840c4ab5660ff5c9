/** South Korean resident registration number: date of birth, century and sex digit. */
import { plausibleDay, two } from "../kit/dates.ts";
import { numberDetector } from "../kit/number.ts";

export const krRrn = numberDetector({
  id: "kr-rrn",
  title: "South Korean resident registration number",
  groups: ["pii", "government-ids"],
  layouts: { "6-7": 0.6, "13": 0.35 },
  separators: "-",
  valid: (digits) => plausibleDay(two(digits, 2), two(digits, 4)) && /^[1-8]/.test(digits.slice(6)),
  words: ["rrn", "frn", "korean", "resident registration", "주민등록번호", "주민번호"],
});
