/** Passport numbers of any country: letters and digits shortly after the word. */
import type { Detector } from "../kit/detector.ts";
import { afterWords } from "../kit/labelled.ts";

export const passport: Detector = afterWords({
  id: "passport",
  title: "Passport number",
  groups: ["pii", "government-ids"],
  words: ["passport", "passeport", "reisepass", "pasaporte", "passaporto"],
  lengthMin: 6,
  lengthMax: 9,
  digitsMin: 1,
});
