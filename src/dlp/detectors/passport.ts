/** Passport numbers of any country: letters and digits shortly after the word. */
import type { Detector } from "../kit/detector.ts";
import { afterWords } from "../kit/labelled.ts";

export const passport: Detector = afterWords({
  id: "passport",
  title: "Passport number",
  version: 2,
  groups: ["pii", "government-ids"],
  words: [
    "passport",
    "passeport",
    "reisepass",
    "pasaporte",
    "passaporto",
    "reisepassnummer",
    "passnummer",
    "passaporte",
    "paszport",
    "paszportu",
    "paspoort",
  ],
  lengthMin: 6,
  lengthMax: 9,
  digitsMin: 1,
});
