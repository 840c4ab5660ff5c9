/** United States bank account: 8 to 17 digits, believed only where the text says so. */
import { monotone } from "../kit/checksums.ts";
import { numberDetector } from "../kit/number.ts";

export const usBankAccount = numberDetector({
  id: "us-bank-account",
  title: "US bank account number",
  groups: ["pii", "financial"],
  layouts: Object.fromEntries(
    [8, 9, 10, 11, 12, 13, 14, 15, 16, 17].map((length) => [String(length), 0.05]),
  ),
  valid: ({ values }, count) => !monotone(values, count),
  words: [
    "bank account",
    "account number",
    "account no",
    "account #",
    "acct",
    "checking",
    "savings account",
    "account num",
    "account is",
    "bank acc",
    "deposit account",
  ],
  withContext: 0.7,
});
