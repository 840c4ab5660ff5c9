/** Medical record and insurance member numbers: letters and digits shortly after the words. */
import type { Detector } from "../kit/detector.ts";
import { afterWords } from "../kit/labelled.ts";

export const medicalRecord: Detector = afterWords({
  id: "medical-record",
  title: "Medical record or member number",
  groups: ["pii", "medical"],
  words: [
    "medical record number",
    "medical record no",
    "mrn",
    "patient id",
    "patient number",
    "member id",
    "health plan id",
    "dea number",
    "medical license",
    "medical licence",
  ],
  lengthMin: 6,
  lengthMax: 14,
  digitsMin: 4,
  separators: "-",
});
