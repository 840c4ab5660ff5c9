/** South African id: date of birth, citizenship digit, Luhn. */
import { isBetween, luhn } from "../kit/checksums.ts";
import { plausibleDay, twoOf } from "../kit/dates.ts";
import { numberDetector } from "../kit/number.ts";

export const zaId = numberDetector({
  id: "za-id",
  title: "South African identity number",
  groups: ["pii", "government-ids"],
  layouts: { "13": 0.45 },
  valid: ({ values }, count) =>
    isBetween(values[10], 0, 2) &&
    plausibleDay(twoOf(values, 2), twoOf(values, 4)) &&
    luhn(values, count),
  checksum: true,
  words: ["south african", "id number", "identity number", "rsa id", "permanent resident"],
});
