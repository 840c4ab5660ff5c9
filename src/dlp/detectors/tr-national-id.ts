/** Turkish national id: two check digits over the first nine and ten. */
import { weighted } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

export const trNationalId = numberDetector({
  id: "tr-national-id",
  title: "Turkish national identification number",
  groups: ["pii", "government-ids"],
  layouts: { "11": 0.45 },
  valid(digits) {
    const odd = weighted(digits, [1, 0, 1, 0, 1, 0, 1, 0, 1]);
    const even = weighted(digits, [0, 1, 0, 1, 0, 1, 0, 1]);
    const tenth = (((odd * 7 - even) % 10) + 10) % 10;
    const sum = weighted(digits, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    return digits[0] !== "0" && tenth === Number(digits[9]) && sum % 10 === Number(digits[10]);
  },
  checksum: true,
  words: ["turkish", "tc kimlik", "kimlik", "tckn", "t.c."],
});
