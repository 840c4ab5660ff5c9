/** Turkish national id: two check digits over the first nine and ten. */
import { weighted } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

const ODD = [1, 0, 1, 0, 1, 0, 1, 0, 1];
const EVEN = [0, 1, 0, 1, 0, 1, 0, 1];

export const trNationalId = numberDetector({
  id: "tr-national-id",
  title: "Turkish national identification number",
  groups: ["pii", "government-ids"],
  layouts: { "11": 0.45 },
  valid({ values }) {
    const odd = weighted(values, ODD);
    const even = weighted(values, EVEN);
    const tenth = (((odd * 7 - even) % 10) + 10) % 10;
    return values[0] !== 0 && tenth === values[9] && (odd + even + tenth) % 10 === values[10];
  },
  checksum: true,
  words: ["turkish", "tc kimlik", "kimlik", "tckn", "t.c."],
});
