/** Payment card numbers: issuer ranges, lengths and Luhn (ISO/IEC 7812). Test cards count too. */
import { luhn, monotone } from "../kit/checksums.ts";
import { contextWords, hasContext } from "../kit/context.ts";
import type { Candidate, Detector } from "../kit/detector.ts";
import { endsAfter, packed, separatorSet, type DigitRun } from "../kit/digits.ts";
import type { Source } from "../kit/source.ts";

const WORDS = contextWords([
  "card",
  "credit",
  "debit",
  "visa",
  "mastercard",
  "amex",
  "pan",
  "cc",
  "kreditkarte",
  "karte",
  "carte",
  "tarjeta",
  "charge",
  "payment",
  "cardnumber",
  "kartennummer",
  "kreditkartennummer",
  "cartão",
  "carta",
  "karty",
  "karta",
  "cb",
  "ccn",
]);
const AGAINST = contextWords([
  "order",
  "tracking",
  "invoice",
  "ticket",
  "imei",
  "timestamp",
  "upc",
  "ean",
  "transaction id",
  "reference",
  "bestellnummer",
  "commande",
  "pedido",
  "isbn",
]);

const WIDE = 1;

/** Lengths an issuer's range permits, by the first four digits. */
function lengthFits(four: number, length: number): boolean {
  const two = Math.floor(four / 100);
  if (two >= 40 && two <= 49) return length === 13 || length === 16 || length === 19;
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return length === 16;
  if (two === 34 || two === 37) return length === 15;
  if (four === 6011 || two === 65 || (four >= 6440 && four <= 6499))
    return length >= 16 && length <= 19;
  if (two === 36 || two === 38 || two === 39 || (four >= 3000 && four <= 3059) || four === 3095) {
    return length === 14 || length === 16;
  }
  if (two === 35) return length >= 16 && length <= 19;
  if (four === 2131 || four === 1800) return length === 15;
  if (two === 62 || two === 81) return length >= 16 && length <= 19;
  // Maestro and its kin: wide ranges, so only with context (see `judge`).
  return (two === 50 || (two >= 56 && two <= 69)) && length >= 12 && length <= 19;
}

function isWideRange(four: number): boolean {
  const two = Math.floor(four / 100);
  // JCB issues from 3528 to 3589; the rest of 35 is believed less.
  if (two === 35) return four < 3528 || four >= 3590;
  return two === 50 || (two >= 56 && two <= 69 && two !== 62 && two !== 65);
}

/** By the first four digits, once they were met: see `rangeOf`. */
const RANGES = new Uint32Array(10_000);
const MET = 1 << 20;

/** The lengths that are permitted after four digits, as bits, and the range's width as bit 0. */
function rangeOf(four: number): number {
  const met = RANGES[four] ?? MET;
  if (met !== 0) return met;
  let bits = MET | (isWideRange(four) ? WIDE : 0);
  for (let length = 12; length <= 19; length += 1)
    if (lengthFits(four, length)) bits |= 1 << length;
  RANGES[four] = bits;
  return bits;
}

/** Group lengths as people write them. */
const LAYOUTS = new Set(
  [
    [4, 4, 4, 4],
    [4, 4, 4, 4, 1],
    [4, 4, 4, 4, 2],
    [4, 4, 4, 4, 3],
    [4, 6, 5],
    [4, 6, 4],
    [4, 4, 4, 1],
    [4, 4, 5],
    [6, 13],
    [4, 4, 4, 2],
    [8, 8],
  ].map((lengths) => packed(lengths).value),
);
/** The bits of the layout's groups, by how many count. */
const MASKS = [1, 2, 3, 4, 5, 6].map((count) => packed(Array<number>(count).fill(0)).mask);

const SEPARATORS = separatorSet(" -.");

/** Whether the groups up to `last` are written as a card is. */
function isLayout(run: DigitRun, last: number): boolean {
  if (last === 0) return run.group(0) >= 12 && run.group(0) <= 19;
  return LAYOUTS.has(run.layout & (MASKS[last] ?? 0));
}

const CHECKED = ["shape", "checksum"];
const IN_CONTEXT = [...CHECKED, "context"];

function judge(source: Source, run: DigitRun, last: number): Candidate | undefined {
  if (!isLayout(run, last) || !endsAfter(run, last)) return undefined;
  if (!run.isSeparated(last, SEPARATORS, false)) return undefined;
  const end = run.end(last);
  const count = run.total(last);
  const four = run.number(0, 4);
  const range = rangeOf(four);
  if (((range >> count) & 1) === 0 || !luhn(run.values, count) || monotone(run.values, count))
    return undefined;
  if (hasContext(source, run.start, WORDS)) {
    return { start: run.start, end, confidence: 0.98, why: IN_CONTEXT };
  }
  if (hasContext(source, run.start, AGAINST, 24))
    return { start: run.start, end, confidence: 0.4, why: CHECKED };
  return { start: run.start, end, confidence: (range & WIDE) !== 0 ? 0.55 : 0.85, why: CHECKED };
}

export const paymentCard: Detector = {
  id: "payment-card",
  title: "Payment card number",
  version: 2,
  groups: ["credit-cards", "financial", "pii"],
  evidence: "shape, checksum, context",
  prefilter: [
    { kind: "digits", first: [12, 13, 14, 15, 16, 17, 18, 19], whole: true },
    { kind: "digits", first: [4], second: [4, 6], whole: true },
    { kind: "digits", first: [6], second: [13], whole: true },
    { kind: "digits", first: [8], second: [8], whole: true },
  ],
  maxLength: 24,
  validate(source, at) {
    const run = source.digits(at);
    if (run === undefined || run.glued || run.total(run.count - 1) < 12) return undefined;
    const first = run.group(0);
    if (first !== 4 && first !== 6 && first !== 8 && first < 12) return undefined;
    for (let last = run.count - 1; last >= 0 && run.total(last) >= 12; last -= 1) {
      const found = run.total(last) > 19 ? undefined : judge(source, run, last);
      if (found !== undefined) return found;
    }
    return undefined;
  },
};
