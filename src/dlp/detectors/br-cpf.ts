/** Brazilian CPF: two modulus 11 check digits. */
import { monotone, weighted } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

export const brCpf = numberDetector({
  id: "br-cpf",
  title: "Brazilian CPF",
  version: 2,
  groups: ["pii", "government-ids"],
  layouts: { "3-3-3-2": 0.8, "11": 0.4, "9-2": 0.6 },
  separators: ".- ",
  mixed: true,
  valid(digits) {
    const first = ((weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10;
    const second = ((weighted(digits, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10;
    return !monotone(digits) && first === Number(digits[9]) && second === Number(digits[10]);
  },
  checksum: true,
  words: ["cpf", "cadastro de pessoas", "contribuinte"],
});
