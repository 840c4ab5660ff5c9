/** Telephone numbers: international with `+`, North American layouts, others by context. */
import { ALNUM, DIGIT, NONE, is } from "../kit/chars.ts";
import { contextWords, hasContext } from "../kit/context.ts";
import type { Candidate, Detector } from "../kit/detector.ts";
import { GROUPS_MAX, separatorSet } from "../kit/digits.ts";
import type { Source } from "../kit/source.ts";

const BLANK = 32;
const PLUS = 43;
const OPEN = 40;
const CLOSE = 41;
const SLASH = 47;
const ZERO = 48;
const NEWLINE = 10;
const BACKSLASH = 92;
const DIGITS_MAX = 15;
const DIGITS_MIN = 6;
/** More groups than a telephone number is written in. */
const GROUPS_READ = 8;
/** So many digits and still more to come are a card or a table, not a telephone. */
const ROW_DIGITS = 12;
const ROW = separatorSet(" -./");
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

/** One group of a layout in five bits: its length, and whether it opens a parenthesis. */
const GROUP_BITS = 5;
const IN_PARENTHESIS = 16;
/** Of more groups there is no layout that counts. */
const LAYOUT_GROUPS_MAX = 4;

/** Group lengths, with "(" before those in parentheses, as one number: at most four groups. */
function layoutOf(written: string): number {
  let layout = 0;
  for (const group of written.split("-"))
    layout =
      (layout << GROUP_BITS) +
      Number(group.replace("(", "")) +
      (group.startsWith("(") ? IN_PARENTHESIS : 0);
  return layout;
}

/** What a layout is, as bits. */
const NORTH = 1;
const NORTH_PARENTHESES = 2;
const SHORT = 4;
const TRUNK = 8;
const AREAS = [3, 4, 5].flatMap((area) => [5, 6, 7, 8].map((count) => `${area}-${count}`));
const LAYOUTS = new Map<number, number>();
for (const [kind, layouts] of [
  [NORTH, ["3-3-4", "1-3-3-4", "3-3-3-4"]],
  [NORTH_PARENTHESES, ["(3-3-4", "1-(3-3-4"]],
  [SHORT, ["2-2-2", "3-3", "2-4", "(2-4"]],
  [TRUNK, AREAS],
] as const)
  for (const layout of layouts.map(layoutOf))
    LAYOUTS.set(layout, kind | (LAYOUTS.get(layout) ?? 0));
/** Lengths of a second group that a number may go on with: more than one digit, or 0 for none known. */
const SECONDS = Array.from({ length: 21 }, (_, i) => i).filter((length) => length !== 1);
const DATES = ["4-2-2", "2-2-4", "1-2-4", "2-1-4", "1-1-4", "4-1-1"].map(layoutOf);

/** "0044 20 7946 0958": the sign for abroad, and the code of a country in the first group or after it. */
const ABROAD =
  /^00 ?(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|(?:2[1-69]|3[578]|42|5[09]|6[7-9]|8[058]|9[679])\d)[ (./-]/;
const ABROAD_DIGITS_MIN = 11;

/** What was read last: one for all, since hostile texts begin a number at every other character. */
const reading = {
  end: -1,
  /** How many digits. */
  count: 0,
  groups: 0,
  /** What its layout is, and the layout of the first three groups: see `layoutOf`. */
  kind: 0,
  opening: 0,
  /** The one separator between all groups; 0 when they differ. */
  separator: 0,
  /** A slash stands between groups. */
  slashed: false,
};

/** 1 for blank, hyphen, dot and slash, 2 for parentheses: what stands between groups. */
const BETWEEN = new Uint8Array(256);
for (const code of [32, 45, 46, SLASH]) BETWEEN[code] = 1;
for (const code of [OPEN, CLOSE]) BETWEEN[code] = 2;

/** Groups are kept by the last bits of where the one before ended: no number is longer. */
const KEPT_MASK = 63;

/** One separator, or two where a parenthesis or an extra blank is part of the writing. */
function separatorEnd(codes: Uint8Array, length: number, at: number): number {
  const stop = Math.min(length, at + 3);
  let index = at;
  let before = NONE;
  while (index < stop) {
    const code = codes[index] ?? NONE;
    const kind = BETWEEN[code] ?? 0;
    if (kind === 0 || (kind === 1 && before === code)) break;
    before = code;
    index += 1;
  }
  return index;
}

/** Past the digits from an index on; more than a number has are not looked at. */
function digitsEnd(codes: Uint8Array, length: number, from: number): number {
  const to = Math.min(length, from + DIGITS_MAX + 1);
  let stop = from;
  while (stop < to && is(codes[stop] ?? NONE, DIGIT)) stop += 1;
  return stop;
}

/** Finds the group that follows another one. Rows are read from every group of them: each is kept. */
function findGroup(codes: Uint8Array, length: number, kept: Int32Array, index: number): number {
  const place = (index & KEPT_MASK) * 3;
  if (kept[place] === index + 1) return place;
  const gap = separatorEnd(codes, length, index);
  kept[place] = index + 1;
  kept[place + 1] = gap;
  kept[place + 2] = gap > index ? digitsEnd(codes, length, gap) : gap;
  return place;
}

function hasSlash(codes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) if (codes[i] === SLASH) return true;
  return false;
}

/** Reads the groups of digits at `at` into `reading`; answers whether there are any. */
function readNumber(source: Source, at: number): boolean {
  const { codes, length } = source;
  const kept = (source.groups ??= new Int32Array((KEPT_MASK + 1) * 3));
  const plus = codes[at] === PLUS;
  const abroad = codes[at] === ZERO && codes[at + 1] === ZERO;
  let gap = plus ? at + 1 : at;
  if (source.code(gap) === OPEN) gap += 1;
  let end = digitsEnd(codes, length, gap);
  // Whatever ended at the end of the text may go on.
  if (end === length) source.code(length);
  let count = end - gap;
  if (count === 0 || count > DIGITS_MAX) return false;
  let layout = count + (codes[gap - 1] === OPEN ? IN_PARENTHESIS : 0);
  let opening = layout;
  let groups = 1;
  let separator = 0;
  let slashed = false;
  for (; groups < GROUPS_READ; groups += 1) {
    const place = findGroup(codes, length, kept, end);
    gap = kept[place + 1] ?? 0;
    const stop = kept[place + 2] ?? 0;
    const digits = stop - gap;
    if (stop === length) source.code(length);
    if (digits === 0 || count + digits > DIGITS_MAX) break;
    const opens = codes[gap - 1] === OPEN;
    // Groups of one digit are a country's own or follow one; a row of them is a list.
    if (digits === 1 && !plus && !(abroad && opens)) break;
    const between = gap - end === 1 ? (codes[end] ?? 0) : 0;
    if (between === SLASH || (between === 0 && hasSlash(codes, end, gap))) slashed = true;
    if (groups === 1) separator = between;
    else if (separator !== between) separator = 0;
    if (groups < LAYOUT_GROUPS_MAX)
      layout = (layout << GROUP_BITS) + digits + (opens ? IN_PARENTHESIS : 0);
    if (groups < 3) opening = layout;
    count += digits;
    end = stop;
  }
  reading.end = end;
  reading.count = count;
  reading.groups = groups;
  reading.opening = opening;
  reading.kind = groups > LAYOUT_GROUPS_MAX ? 0 : (LAYOUTS.get(layout) ?? 0);
  reading.separator = separator;
  reading.slashed = slashed;
  return true;
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

/** Written with the sign for abroad in place of the plus, and in groups: a row of digits is any number. */
function isAbroad(source: Source, at: number): boolean {
  if (source.code(at) !== ZERO || source.code(at + 1) !== ZERO || reading.groups < 2) return false;
  if (source.code(at - 1) === BLANK && is(source.code(at - 2), DIGIT)) return false;
  return reading.count >= ABROAD_DIGITS_MIN && ABROAD.test(source.text.slice(at, reading.end));
}

function shapeConfidence(source: Source, at: number): number {
  const { kind, separator } = reading;
  if (source.code(at) === PLUS) return reading.count >= 8 ? 0.85 : 0;
  if ((kind & NORTH_PARENTHESES) !== 0) return 0.8;
  if ((kind & NORTH) === 0) return isAbroad(source, at) ? 0.55 : 0.2;
  if (reading.slashed) return 0.3;
  if (separator === 0) return 0.45;
  if (separator === 45) return 0.6;
  const north = /^(?:00)?1?.?[2-9]\d\d.[2-9]/.test(source.text.slice(at, reading.end));
  return north ? 0.55 : 0.4;
}

/** Whether a label such as "-Office" or " mobile" stands right after: few characters are waited for. */
function labelAfter(source: Source, end: number): boolean {
  const first = source.code(end);
  if (first !== 32 && first !== 44 && first !== 45 && first !== BACKSLASH) return false;
  if (is(source.code(end + 1), DIGIT)) return false;
  source.code(end + LABEL_CHARS);
  return LABEL.test(source.text.slice(end, end + LABEL_CHARS));
}

/** Layouts that are years, dates or decimals however near the word "call" stands. */
function looksLikeDate(): boolean {
  // A date may be followed by a time; a number of more groups has one separator throughout.
  return (reading.groups === 3 || reading.separator === 0) && DATES.includes(reading.opening);
}

/** "0171/1234567": an area with its zero before a slash, and the subscriber's number. */
function isTrunk(source: Source, at: number): boolean {
  return source.code(at) === ZERO && (reading.kind & TRUNK) !== 0;
}

/** A row of groups between other rows that begin with digits: columns of a table. */
function inColumns(source: Source, at: number, stop: number): boolean {
  if (source.code(at - 1) === NEWLINE && is(source.code(at - 2), DIGIT)) return true;
  return source.code(stop) === NEWLINE && is(source.code(stop + 1), DIGIT);
}

/**
 * Whether the number at `at` is one of a row of groups with single blanks between that is too long for
 * a telephone number, told from the groups that are known already: see the last test of `candidateAt`.
 */
function inLongRow(source: Source, at: number): boolean {
  const run = source.digits(at);
  if (run === undefined) return false;
  const last = run.lastWithin(DIGITS_MAX);
  if (run.total(last) < ROW_DIGITS || run.total(last) > DIGITS_MAX) return false;
  if (!run.isSeparated(last, ROW, true)) return false;
  // Reading ends here, unless the run was cut off before a group that may still belong to it.
  if (last + 1 === GROUPS_MAX) return false;
  const end = run.end(last);
  return source.code(end) === BLANK && is(source.code(end + 1), DIGIT);
}

function candidateAt(source: Source, at: number): Candidate | undefined {
  if (!readNumber(source, at) || reading.count < DIGITS_MIN) return undefined;
  if (reading.count < 7 && (reading.kind & SHORT) === 0) return undefined;
  const stop = extensionEnd(source, reading.end);
  if (!source.closes(stop)) return undefined;
  if (source.code(stop) === 46 && is(source.code(stop + 1), DIGIT)) return undefined;
  const next = source.code(stop);
  if ((next === 45 || next === SLASH) && is(source.code(stop + 1), ALNUM)) {
    if (is(source.code(stop + 1), DIGIT) || !labelAfter(source, stop)) return undefined;
  }
  if (reading.count >= ROW_DIGITS && next === 32 && is(source.code(stop + 1), DIGIT))
    return undefined;
  const found = { start: at, end: stop };
  const alone = shapeConfidence(source, at);
  if (hasContext(source, at, WORDS, 40) && !looksLikeDate()) {
    const plain = alone >= 0.5 ? 0.95 : reading.slashed && !isTrunk(source, at) ? 0.4 : 0.7;
    return { ...found, confidence: plain, why: ["shape", "context"] };
  }
  if (alone < 0.5 && !looksLikeDate()) {
    if (labelAfter(source, stop)) return { ...found, confidence: 0.65, why: ["shape", "context"] };
  }
  if (reading.separator === BLANK && alone < 0.6 && inColumns(source, at, stop)) return undefined;
  return alone < 0.3 ? undefined : { ...found, confidence: alone, why: ["shape"] };
}

export const phone: Detector = {
  id: "phone",
  title: "Telephone number",
  version: 3,
  groups: ["contact", "pii"],
  evidence: "shape, context",
  prefilter: [
    { kind: "anywhere", literals: ["+", "("], next: DIGIT },
    { kind: "anywhere", literals: ["+(", "(("] },
    // A short group is one of several: of those that follow it after what stands between groups. One
    // digit alone goes on with no number, see `readNumber`.
    { kind: "digits", first: [1, 2, 3, 4, 5], second: SECONDS, follow: " -./()", whole: true },
    { kind: "digits", first: [6, 7, 8, 9, 10, 11, 12, 13, 14, 15], whole: true },
  ],
  maxLength: 40,
  validate(source, at) {
    const first = source.code(at);
    const before = source.code(at - 1);
    if (first !== PLUS && first !== OPEN && !is(first, DIGIT)) return undefined;
    if (before === BLANK && is(source.code(at - 2), DIGIT) && inLongRow(source, at))
      return undefined;
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
