/** Polish PESEL: a date of birth with the century in the month, weighted check digit. */
import { monotone, weighted } from "../kit/checksums.ts";
import { plausibleDay, twoOf } from "../kit/dates.ts";
import { numberDetector } from "../kit/number.ts";

const WEIGHTS = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3];

export const plPesel = numberDetector({
  id: "pl-pesel",
  title: "Polish PESEL",
  groups: ["pii", "government-ids"],
  layouts: { "11": 0.4 },
  valid: ({ values }, count) =>
    (10 - (weighted(values, WEIGHTS) % 10)) % 10 === values[10] &&
    !monotone(values, count) &&
    plausibleDay(twoOf(values, 2) % 20, twoOf(values, 4)),
  checksum: true,
  words: ["pesel"],
});
