/** Telephone numbers: international with `+`, North American layouts, others by context. */
import { ALNUM, DIGIT, is } from "../kit/chars.ts";
import { contextWords, hasContext } from "../kit/context.ts";
import type { Candidate, Detector } from "../kit/detector.ts";
import type { Source } from "../kit/source.ts";

const PLUS = 43;
const OPEN = 40;
const CLOSE = 41;
const ZERO = 48;
const NEWLINE = 10;
const DIGITS_MAX = 15;
const DIGITS_MIN = 6;
const LABEL_CHARS = 10;
const WORDS = contextWords([
  "phone",
  "tel",
  "telephone",
  "mobile",
  "cell",
  "cellphone",
  "fax",
  "whatsapp",
  "call",
  "dial",
  "text me",
  "sms",
  "reach",
  "ring",
  "contact number",
  "handy",
  "telefon",
  "telefonnummer",
  "handynummer",
  "rufnummer",
  "mobil",
  "mobilnummer",
  "téléphone",
  "portable",
  "teléfono",
  "celular",
  "cellulare",
  "telefone",
  "telemóvel",
  "telefonu",
  "komórka",
  "registered",
  "telefono",
  "móvil",
  "desk",
  "office",
  "telepono",
  "landline",
  "number is",
  "answering at",
  "answer at",
  "voicemail",
]);
const LABEL = /^[ ,\\-]{1,3}(?:office|fax|mobile|cell|home|desk|work|phone|tel)/i;

interface Reading {
  end: number;
  /** How many digits. */
  count: number;
  /** Digits of each group, with "(" before those in parentheses. */
  layout: string;
  /** The one separator between all groups; "" when they differ. */
  separator: string;
  /** A slash stands between groups. */
  slashed: boolean;
}

/** One separator, or two where a parenthesis or an extra blank is part of the writing. */
function separatorEnd(source: Source, at: number): number {
  let index = at;
  while (index - at < 3) {
    const code = source.code(index);
    const dash = code === 32 || code === 45 || code === 46 || code === 47;
    if (!dash && code !== OPEN && code !== CLOSE) break;
    if (dash && index > at && source.code(index - 1) === code) break;
    index += 1;
  }
  return index;
}

/** What stands between two groups, as one character when it is one. */
function joined(separator: string, between: string, first: boolean): string {
  if (between.length !== 1) return "";
  return first || separator === between ? between : "";
}

function readNumber(source: Source, at: number): Reading | undefined {
  const plus = source.code(at) === PLUS;
  let index = plus ? at + 1 : at;
  let groups = 0;
  const reading: Reading = { end: -1, count: 0, layout: "", separator: "", slashed: false };
  while (groups < 8) {
    const gap =
      groups > 0 ? separatorEnd(source, index) : index + (source.code(index) === OPEN ? 1 : 0);
    if (groups > 0 && gap === index) break;
    const stop = source.run(gap, DIGIT, gap + DIGITS_MAX + 1);
    if (stop === gap || reading.count + stop - gap > DIGITS_MAX) break;
    // Groups of one digit are a country's own or follow one; a row of them is a list.
    if (stop === gap + 1 && groups > 0 && !plus) break;
    if (groups > 0) {
      const between = source.text.slice(index, gap);
      reading.separator = joined(reading.separator, between, groups === 1);
      if (between.includes("/")) reading.slashed = true;
      reading.layout += "-";
    }
    if (source.code(gap - 1) === OPEN) reading.layout += "(";
    reading.layout += String(stop - gap);
    reading.count += stop - gap;
    groups += 1;
    reading.end = stop;
    index = stop;
  }
  return reading.end < 0 ? undefined : reading;
}

/** An extension ("x565", " ext. 12") after a number, or the same end. */
function extensionEnd(source: Source, end: number): number {
  let index = source.code(end) === 32 ? end + 1 : end;
  if ((source.code(index) | 32) === 120) index += 1;
  else if (source.has(index, "ext")) index += source.code(index + 3) === 46 ? 4 : 3;
  else return end;
  if (source.code(index) === 32) index += 1;
  const stop = source.run(index, DIGIT, index + 7);
  return stop > index && stop - index <= 6 ? stop : end;
}

function shapeConfidence(source: Source, at: number, reading: Reading): number {
  const { layout, separator } = reading;
  if (source.code(at) === PLUS) return reading.count >= 8 ? 0.85 : 0;
  if (layout === "(3-3-4" || layout === "1-(3-3-4") return 0.8;
  if (layout !== "3-3-4" && layout !== "1-3-3-4" && layout !== "3-3-3-4") return 0.2;
  if (reading.slashed) return 0.3;
  if (separator === "") return 0.45;
  if (separator === "-") return 0.6;
  const north = /^(?:00)?1?.?[2-9]\d\d.[2-9]/.test(source.text.slice(at, reading.end));
  return north ? 0.55 : 0.4;
}

/** Whether a label such as "-Office" or " mobile" stands right after: few characters are waited for. */
function labelAfter(source: Source, end: number): boolean {
  source.code(end + LABEL_CHARS);
  return LABEL.test(source.text.slice(end, end + LABEL_CHARS));
}

/** Layouts that are years, dates or decimals however near the word "call" stands. */
function looksLikeDate(reading: Reading): boolean {
  const { layout, separator } = reading;
  if (layout.startsWith("4-4-4-4")) return true;
  const date = /^(?:4-2-2|2-2-4|1-2-4|2-1-4|1-1-4|4-1-1)(-|$)/.exec(layout);
  // A date may be followed by a time; a number of more groups has one separator throughout.
  return date !== null && (date[1] === "" || separator === "");
}

/** "0171/1234567": an area with its zero before a slash, and the subscriber's number. */
function isTrunk(reading: Reading, source: Source, at: number): boolean {
  return source.code(at) === ZERO && /^[345]-[5-8]$/.test(reading.layout);
}

/** A row of groups between other rows that begin with digits: columns of a table. */
function inColumns(source: Source, at: number, stop: number): boolean {
  if (source.code(at - 1) === NEWLINE && is(source.code(at - 2), DIGIT)) return true;
  return source.code(stop) === NEWLINE && is(source.code(stop + 1), DIGIT);
}

function candidateAt(source: Source, at: number): Candidate | undefined {
  const reading = readNumber(source, at);
  if (reading === undefined || reading.count < DIGITS_MIN) return undefined;
  if (reading.count < 7 && !/^(?:2-2-2|3-3|2-4|\(2-4)$/.test(reading.layout)) return undefined;
  const stop = extensionEnd(source, reading.end);
  if (!source.closes(stop)) return undefined;
  if (source.code(stop) === 46 && is(source.code(stop + 1), DIGIT)) return undefined;
  const next = source.code(stop);
  if ((next === 45 || next === 47) && is(source.code(stop + 1), ALNUM)) {
    if (is(source.code(stop + 1), DIGIT) || !labelAfter(source, stop)) return undefined;
  }
  // Twelve digits or more with still more to come are a card or a table, not a telephone.
  if (reading.count >= 12 && next === 32 && is(source.code(stop + 1), DIGIT)) return undefined;
  const found = { start: at, end: stop };
  const alone = shapeConfidence(source, at, reading);
  if (hasContext(source, at, WORDS, 40) && !looksLikeDate(reading)) {
    const plain =
      alone >= 0.5 ? 0.95 : reading.slashed && !isTrunk(reading, source, at) ? 0.4 : 0.7;
    return { ...found, confidence: plain, why: ["shape", "context"] };
  }
  if (alone < 0.5 && !looksLikeDate(reading)) {
    if (labelAfter(source, stop)) return { ...found, confidence: 0.65, why: ["shape", "context"] };
  }
  if (reading.separator === " " && alone < 0.6 && inColumns(source, at, stop)) return undefined;
  return alone < 0.3 ? undefined : { ...found, confidence: alone, why: ["shape"] };
}

export const phone: Detector = {
  id: "phone",
  title: "Telephone number",
  version: 2,
  groups: ["contact", "pii"],
  evidence: "shape, context",
  prefilter: [
    { kind: "anywhere", literals: ["+", "("], next: DIGIT },
    { kind: "anywhere", literals: ["+(", "(("] },
    { kind: "digits", first: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], whole: true },
  ],
  maxLength: 40,
  validate(source, at) {
    const first = source.code(at);
    const before = source.code(at - 1);
    if (first !== PLUS && first !== OPEN && !is(first, DIGIT)) return undefined;
    if (!source.opens(at) || before === PLUS || before === 95) return undefined;
    if (first === OPEN && source.code(at + 1) === PLUS) return undefined;
    if (first !== PLUS && is(source.code(at - 2), DIGIT) && before !== 32 && before !== 10) {
      if (before === 45 || before === 46 || before === 44 || before === 47 || before === 58)
        return undefined;
    }
    if (before === 32 && is(source.code(at - 2), DIGIT) && !is(source.code(at + 2), DIGIT))
      return undefined;
    if (is(first, DIGIT) && (before === OPEN || before === 36)) return undefined;
    if (
      (first === PLUS || first === OPEN) &&
      !is(source.code(at + 1), DIGIT) &&
      source.code(at + 1) !== OPEN
    ) {
      return undefined;
    }
    return candidateAt(source, at);
  },
};
