/** Brazilian CPF: two modulus 11 check digits. */
import { monotone, weighted } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

const FIRST = [10, 9, 8, 7, 6, 5, 4, 3, 2];
const SECOND = [11, ...FIRST];

export const brCpf = numberDetector({
  id: "br-cpf",
  title: "Brazilian CPF",
  version: 2,
  groups: ["pii", "government-ids"],
  layouts: { "3-3-3-2": 0.8, "11": 0.4, "9-2": 0.6 },
  separators: ".- ",
  mixed: true,
  valid: ({ values }, count) =>
    ((weighted(values, FIRST) * 10) % 11) % 10 === values[9] &&
    ((weighted(values, SECOND) * 10) % 11) % 10 === values[10] &&
    !monotone(values, count),
  checksum: true,
  words: ["cpf", "cadastro de pessoas", "contribuinte"],
});
