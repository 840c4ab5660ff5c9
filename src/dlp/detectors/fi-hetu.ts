/** Finnish personal identity code: date, century sign, serial, check character mod 31. */
import { plausibleDay, two } from "../kit/dates.ts";
import { wordDetector } from "../kit/word.ts";

export const fiHetu = wordDetector({
  id: "fi-hetu",
  title: "Finnish personal identity code",
  groups: ["pii", "government-ids"],
  prefilter: { kind: "digits", first: [6], follow: "+-ABCDEFUVWXYabcdefuvwxy" },
  lengths: [10, 11],
  maxLength: 11,
  separators: "-+",
  valid(word, written) {
    const match = /^([0-9]{6})[-+A-FU-Y]([0-9]{3})([0-9A-Y])$/.exec(written.toUpperCase());
    if (match === null || !plausibleDay(two(word, 2), two(word, 0))) return false;
    const remainder = Number(`${match[1]}${match[2]}`) % 31;
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[remainder] === match[3];
  },
  checksum: true,
  words: ["hetu", "henkilötunnus", "personal identity"],
  alone: 0.85,
});
