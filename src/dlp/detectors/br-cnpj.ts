/** Brazilian CNPJ: two modulus 11 check digits over fourteen. */
import { monotone, weighted } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

const FIRST = [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];
const SECOND = [6, ...FIRST];

/** Remainders 0 and 1 give the check digit 0. */
function check(value: number): number {
  return value > 9 ? 0 : value;
}

export const brCnpj = numberDetector({
  id: "br-cnpj",
  title: "Brazilian CNPJ",
  groups: ["financial"],
  layouts: { "2-3-3-4-2": 0.85, "14": 0.4 },
  separators: "./-",
  mixed: true,
  valid: ({ values }, count) =>
    check(11 - (weighted(values, FIRST) % 11)) === values[12] &&
    check(11 - (weighted(values, SECOND) % 11)) === values[13] &&
    !monotone(values, count),
  checksum: true,
  words: ["cnpj", "cadastro nacional"],
});
