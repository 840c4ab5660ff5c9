/** Aadhaar: twelve digits, not starting with 0 or 1, Verhoeff checksum. */
import { isBetween, monotone, verhoeff } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

export const inAadhaar = numberDetector({
  id: "in-aadhaar",
  title: "Indian Aadhaar number",
  version: 2,
  groups: ["pii", "government-ids"],
  layouts: { "4-4-4": 0.6, "12": 0.35 },
  separators: " -:.",
  valid: ({ values }, count) =>
    isBetween(values[0], 2, 9) && verhoeff(values, count) && !monotone(values, count),
  checksum: true,
  words: ["aadhaar", "aadhar", "uidai", "uid", "adhaar"],
  against: ["card", "order", "invoice"],
});
