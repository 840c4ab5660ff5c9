/** German tax id: eleven digits, ISO 7064 mod 11,10, few digits repeated. */
import { distinct, mod11Of10 } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

export const deTaxId = numberDetector({
  id: "de-tax-id",
  title: "German tax identification number",
  version: 2,
  groups: ["pii", "government-ids"],
  layouts: { "11": 0.4, "2-3-3-3": 0.6 },
  separators: " -/.",
  valid: ({ values }, count) =>
    values[0] !== 0 && mod11Of10(values, count) && distinct(values, 10) >= 7,
  checksum: true,
  words: [
    "steuer-id",
    "steuer",
    "steueridentifikationsnummer",
    "idnr",
    "tin",
    "steuernummer",
    "tax id",
    "tax identification",
    "steuer id",
    "identifikationsnummer",
    "steuerliche",
    "steuernr",
  ],
});
