/** Polish PESEL: a date of birth with the century in the month, weighted check digit. */
import { monotone, weighted } from "../kit/checksums.ts";
import { plausibleDay, two } from "../kit/dates.ts";
import { numberDetector } from "../kit/number.ts";

export const plPesel = numberDetector({
  id: "pl-pesel",
  title: "Polish PESEL",
  groups: ["pii", "government-ids"],
  layouts: { "11": 0.4 },
  valid(digits) {
    const sum = weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]);
    if (monotone(digits) || (10 - (sum % 10)) % 10 !== Number(digits[10])) return false;
    return plausibleDay(two(digits, 2) % 20, two(digits, 4));
  },
  checksum: true,
  words: ["pesel"],
});
