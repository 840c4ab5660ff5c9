/** Swedish personal number: date of birth and Luhn over the last ten digits. */
import { isBetween, luhn } from "../kit/checksums.ts";
import { plausibleDay, twoOf } from "../kit/dates.ts";
import { numberDetector } from "../kit/number.ts";

export const sePersonnummer = numberDetector({
  id: "se-personnummer",
  title: "Swedish personal identity number",
  groups: ["pii", "government-ids"],
  layouts: { "8-4": 0.7, "6-4": 0.55, "12": 0.45, "10": 0.25 },
  separators: "-+",
  valid({ values }, count) {
    const from = count - 10;
    if (from > 0 && !isBetween(twoOf(values, 0), 18, 20)) return false;
    const day = twoOf(values, from + 4) % 60;
    return plausibleDay(twoOf(values, from + 2), day) && luhn(values, count, from);
  },
  checksum: true,
  words: ["personnummer", "personal identity", "swedish", "samordningsnummer"],
});
