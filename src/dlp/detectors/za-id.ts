/** South African id: date of birth, citizenship digit, Luhn. */
import { luhn } from "../kit/checksums.ts";
import { plausibleDay, two } from "../kit/dates.ts";
import { numberDetector } from "../kit/number.ts";

export const zaId = numberDetector({
  id: "za-id",
  title: "South African identity number",
  groups: ["pii", "government-ids"],
  layouts: { "13": 0.45 },
  valid: (digits) =>
    plausibleDay(two(digits, 2), two(digits, 4)) && /^[012]/.test(digits.slice(10)) && luhn(digits),
  checksum: true,
  words: ["south african", "id number", "identity number", "rsa id", "permanent resident"],
});
