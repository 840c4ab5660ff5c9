/** Brazilian CNPJ: two modulus 11 check digits over fourteen. */
import { monotone, weighted } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

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
  valid(digits) {
    const low = [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];
    const first = 11 - (weighted(digits, low) % 11);
    const second = 11 - (weighted(digits, [6, ...low]) % 11);
    return (
      !monotone(digits) &&
      check(first) === Number(digits[12]) &&
      check(second) === Number(digits[13])
    );
  },
  checksum: true,
  words: ["cnpj", "cadastro nacional"],
});
