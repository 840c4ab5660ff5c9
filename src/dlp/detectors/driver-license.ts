/** Driving licence numbers of any state: letters and digits shortly after the words. */
import type { Detector } from "../kit/detector.ts";
import { afterWords } from "../kit/labelled.ts";

export const driverLicense: Detector = afterWords({
  id: "driver-license",
  title: "Driver's license number",
  groups: ["pii", "government-ids"],
  words: [
    "driver license",
    "drivers license",
    "driver's license",
    "driver’s license",
    "driver licence",
    "drivers licence",
    "driver's licence",
    "driving license",
    "driving licence",
    "dl",
    "dl#",
    "dln",
    "driver license number",
    "führerschein",
    "permis de conduire",
  ],
  lengthMin: 5,
  lengthMax: 16,
  digitsMin: 4,
  separators: "-",
});
