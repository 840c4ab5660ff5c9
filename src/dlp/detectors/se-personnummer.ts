/** Swedish personal number: date of birth and Luhn over the last ten digits. */
import { luhn } from "../kit/checksums.ts";
import { plausibleDay, two } from "../kit/dates.ts";
import { numberDetector } from "../kit/number.ts";

export const sePersonnummer = numberDetector({
  id: "se-personnummer",
  title: "Swedish personal identity number",
  groups: ["pii", "government-ids"],
  layouts: { "8-4": 0.7, "6-4": 0.55, "12": 0.45, "10": 0.25 },
  separators: "-+",
  valid(digits) {
    const ten = digits.slice(-10);
    const century = digits.length === 10 || /^(?:18|19|20)/.test(digits);
    return century && plausibleDay(two(ten, 2), two(ten, 4) % 60) && luhn(ten);
  },
  checksum: true,
  words: ["personnummer", "personal identity", "swedish", "samordningsnummer"],
});
