/** Spanish NIF: eight digits and the letter of their remainder by 23. */
import { wordDetector } from "../kit/word.ts";

export const esNif = wordDetector({
  id: "es-nif",
  title: "Spanish NIF",
  version: 2,
  groups: ["pii", "government-ids"],
  prefilter: [
    { kind: "digits", first: [7, 8], reach: 8 },
    { kind: "digits", first: [1, 2], second: [3], follow: "." },
  ],
  lengths: [8, 9],
  maxLength: 12,
  separators: "-.",
  valid: (word, written) =>
    /^(?:[0-9]{7,8}|[0-9]{1,2}\.[0-9]{3}\.[0-9]{3})-?[A-Za-z]$/.test(written) &&
    "TRWAGMYFPDXBNJZSQVHLCKE"[Number(word.slice(0, -1)) % 23] === word.at(-1),
  checksum: true,
  words: ["nif", "dni", "documento nacional", "documento de identidad"],
  alone: 0.65,
});
