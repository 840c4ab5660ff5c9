/** Spanish NIF: eight digits and the letter of their remainder by 23. */
import { wordDetector } from "../kit/word.ts";

export const esNif = wordDetector({
  id: "es-nif",
  title: "Spanish NIF",
  groups: ["pii", "government-ids"],
  prefilter: { kind: "digits", first: [7, 8], reach: 8 },
  lengths: [8, 9],
  maxLength: 10,
  separators: "-",
  valid: (word) =>
    /^[0-9]{7,8}[A-Z]$/.test(word) &&
    "TRWAGMYFPDXBNJZSQVHLCKE"[Number(word.slice(0, -1)) % 23] === word.at(-1),
  checksum: true,
  words: ["nif", "dni", "documento nacional"],
  alone: 0.65,
});
