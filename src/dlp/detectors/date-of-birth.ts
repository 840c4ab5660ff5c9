/** Dates of birth: a calendar date that follows words of birth. A date alone is never one. */
import { ALNUM, DIGIT, FOLD, NONE, OTHER, is, isWordCode } from "../kit/chars.ts";
import { contextWords, hasContext } from "../kit/context.ts";
import { plausibleDay } from "../kit/dates.ts";
import type { Candidate, Detector } from "../kit/detector.ts";
import { endsAfter, type DigitRun } from "../kit/digits.ts";
import { SMALL, hasSmall } from "../kit/literal-case.ts";
import type { Source } from "../kit/source.ts";
import { MONTHS, WRITTEN_CHARS, monthOf, writtenAfter } from "../kit/written-dates.ts";

/** Labels of a field, and what people say of themselves. */
const LABELS = [
  "dob",
  "d.o.b",
  "birth",
  "birthday",
  "birthdate",
  "bday",
  "geburtsdatum",
  "geburtstag",
  "nacimiento",
  "naissance",
  "nascita",
  "nascimento",
  "urodzenia",
  "geboortedatum",
  "födelsedatum",
  "born on",
  "geboren am",
  "né le",
  "née le",
  "nacido el",
  "nacida el",
  "nato il",
  "nata il",
  "nascido em",
  "nascida em",
  "urodzony",
  "urodzona",
];
/** "Born March 3, 1970" stands in every encyclopedia: with the month as a word, a label is asked for. */
const LABEL_WORDS = contextWords(LABELS);
const WORDS = contextWords([
  ...LABELS,
  "born",
  "geboren",
  "geb",
  "nacido",
  "nacida",
  "né",
  "née",
  "nata",
  "nato",
  "nascido",
  "nascida",
]);

const CAPITALISED = MONTHS.flat().map((name) => (name[0] ?? "").toUpperCase() + name.slice(1));
/** The folded codes of a name. */
const foldedOf = (name: string): number[] =>
  Array.from(name, (sign) => FOLD[sign.charCodeAt(0)] ?? OTHER);
const three = (first = 0, second = 0, third = 0): number => (first << 16) | (second << 8) | third;
/** What the capitalised names of months begin with. */
const MONTH_BEGINS = new Set(CAPITALISED.map((name) => three(...foldedOf(name))));

/** "3 March 1970", "3rd March 1970", "3. März 1970". */
const DAY_FIRST = /^(\d{1,2})(?:st|nd|rd|th|er|\.|º)?[ -](\p{L}{3,10})\.?,?[ -](\d{4})$/u;
/** "March 3, 1970", "Mar 3rd 1970". */
const MONTH_FIRST = /^(\p{L}{3,9})\.?[ -](\d{1,2})(?:st|nd|rd|th)?,?[ -](\d{4})$/u;
const LONGEST = 30;
/** ... and of one right after its label: "twenty-third of September, 1970". */
const LABELLED_LONGEST = 44;
/** The labels by their first letter, the longest first. */
const BY_LETTER = new Map<number, { label: string; codes: Uint8Array; ascii: boolean }[]>();
for (const label of LABELS.toSorted((a, b) => b.length - a.length)) {
  const codes = Uint8Array.from(foldedOf(label));
  const known = BY_LETTER.get(codes[0] ?? 0) ?? [];
  BY_LETTER.set(codes[0] ?? 0, [...known, { label, codes, ascii: codes.every((c) => c < 128) }]);
}
/** Longest name of a month in `MONTH_FIRST`. */
const MONTH_CHARS_MAX = 9;
const BLANK = 32;
const HYPHEN = 45;
const FULL_STOP = 46;

/** Year first, or year last with two or four digits. */
function isDate(run: DigitRun): boolean {
  const [first, second, third] = [run.group(0), run.group(1), run.group(2)];
  if (second > 2) return false;
  return first === 4 ? third <= 2 : first <= 2 && (third === 4 || third === 2);
}

/** 1 for what a day of the month ends with: digits, the ends of English ordinals, points and rings. */
const ENDS_DAY = new Uint8Array(256);
for (const end of "0123456789tdhr.") ENDS_DAY[end.charCodeAt(0)] = 1;
ENDS_DAY[FOLD["º".charCodeAt(0)] ?? OTHER] = 1;

/** Where the day begins that ends before a blank at `at`, or -1. */
function dayBefore(source: Source, at: number): number {
  if (ENDS_DAY[source.code(at - 1)] !== 1) return -1;
  if (!is(source.code(at - 1), DIGIT) && !is(source.code(at - 2), DIGIT))
    if (!is(source.code(at - 3), DIGIT)) return -1;
  const before = source.text.slice(Math.max(0, at - 5), at);
  const day = /(?<![\d.,/-])\d{1,2}(?:st|nd|rd|th|er|\.|º)?$/.exec(before);
  return day === null ? -1 : at - day[0].length;
}

/** Past the first run of digits from `at` on. */
function pastDigits(source: Source, at: number): number {
  let index = at;
  while (index - at < LONGEST && !is(source.code(index), DIGIT) && source.code(index) !== NONE)
    index += 1;
  return source.run(index, DIGIT, index + 5);
}

/** Whether a number follows the word at `at`, past a full stop and one blank or hyphen. */
function numberFollows(source: Source, at: number): boolean {
  let index = at;
  while (index - at < MONTH_CHARS_MAX && isWordCode(source.code(index))) index += 1;
  if (source.code(index) === FULL_STOP) index += 1;
  const code = source.code(index);
  return (code === BLANK || code === HYPHEN) && is(source.code(index + 1), DIGIT);
}

/** A date with the month as a word, anchored at the month or at the blank between day and month. */
function written(source: Source, at: number): Candidate | undefined {
  const dayFirst = source.code(at) === BLANK;
  const name = dayFirst ? at + 1 : at;
  // Others are found from their label on.
  if (!MONTH_BEGINS.has(three(source.code(name), source.code(name + 1), source.code(name + 2))))
    return undefined;
  const start = dayFirst ? dayBefore(source, at) : at;
  if (start < 0 || !source.opens(start)) return undefined;
  if (!dayFirst && !numberFollows(source, at)) return undefined;
  const once = pastDigits(source, at);
  const end = dayFirst ? once : pastDigits(source, once);
  if (end - start > LONGEST || !source.closes(end)) return undefined;
  const text = source.text.slice(start, end);
  const found = (dayFirst ? DAY_FIRST : MONTH_FIRST).exec(text);
  const day = found?.[dayFirst ? 1 : 2] ?? "";
  const month = found?.[dayFirst ? 2 : 1] ?? "";
  if (!plausibleDay(monthOf(month), Number(day))) return undefined;
  if (!CAPITALISED.some((capitals) => month.startsWith(capitals))) return undefined;
  if (!hasContext(source, start, LABEL_WORDS, 40)) return undefined;
  return { start, end, confidence: 0.8, why: ["shape", "context"] };
}

/** "19800229": eight digits are a date only right after a label. */
function compact(source: Source, at: number, run: DigitRun): Candidate | undefined {
  const year = run.number(0, 4);
  if (year < 1900 || year > 2029 || !plausibleDay(run.number(4, 2), run.number(6, 2)))
    return undefined;
  if (!endsAfter(run, 0) || !hasContext(source, at, LABEL_WORDS, 20)) return undefined;
  return { start: at, end: run.end(0), confidence: 0.7, why: ["shape", "context"] };
}

function numeric(source: Source, at: number): Candidate | undefined {
  const run = source.digits(at);
  if (run === undefined || run.glued) return undefined;
  if (run.group(0) === 8) return compact(source, at, run);
  if (run.count < 3 || !isDate(run)) return undefined;
  const separator = run.separator(0);
  if (separator !== run.separator(1) || !"-/.".includes(separator)) return undefined;
  const a = run.number(0, run.group(0));
  const b = run.number(run.total(0), run.group(1));
  const c = run.number(run.total(1), run.group(2));
  const possible =
    run.group(0) === 4 ? plausibleDay(b, c) : plausibleDay(a, b) || plausibleDay(b, a);
  const end = run.end(2);
  if (!possible) return undefined;
  if (run.count > 3 && !endsAfter(run, 2)) return undefined;
  if (!source.closes(end) || !hasContext(source, at, WORDS, 40)) return undefined;
  return { start: at, end, confidence: 0.8, why: ["shape", "context"] };
}

/** The length of the longest label that stands at an index, letter case aside; 0 for none. */
function labelLength({ text, codes, length }: Source, at: number): number {
  for (const { label, codes: wanted, ascii } of BY_LETTER.get(SMALL[codes[at] ?? 0] ?? 0) ?? []) {
    const end = at + wanted.length;
    const told = end > length ? 0 : hasSmall(codes, at, wanted);
    if (told === 0) continue;
    // Letters outside ASCII have no codes of their own.
    if ((told === 1 && ascii) || text.slice(at, end).toLowerCase() === label) return wanted.length;
  }
  return 0;
}

/** Whether a number of more than two digits is the first thing after a label: no day of a month. */
function numberLeads({ codes, length }: Source, from: number): boolean {
  const stop = Math.min(from + WRITTEN_CHARS, length) - 2;
  let index = from;
  while (index < stop && (codes[index] ?? 0) < 128 && !is(codes[index] ?? 0, ALNUM)) index += 1;
  if (index >= stop) return false;
  for (let i = index; i < index + 3; i += 1) if (!is(codes[i] ?? 0, DIGIT)) return false;
  return true;
}

/** A date in any other writing, anchored at the label right before it. */
function labelled(source: Source, at: number): Candidate | undefined {
  const label = labelLength(source, at);
  if (label === 0) return undefined;
  const from = at + label;
  // Asking for the last character that may count notes an unfinished text.
  source.code(from + WRITTEN_CHARS);
  if (numberLeads(source, from)) return undefined;
  if (!source.years.within(source.codes, from, Math.min(from + WRITTEN_CHARS, source.length)))
    return undefined;
  const found = writtenAfter(source.text.slice(from, from + WRITTEN_CHARS));
  if (found === undefined || found.end - found.start > LABELLED_LONGEST) return undefined;
  const { start, end } = found;
  if (!source.closes(from + end)) return undefined;
  return { start: from + start, end: from + end, confidence: 0.75, why: ["shape", "context"] };
}

export const dateOfBirth: Detector = {
  id: "date-of-birth",
  title: "Date of birth",
  version: 4,
  groups: ["pii"],
  evidence: "shape, context",
  prefilter: [
    {
      kind: "digits",
      first: [1, 2, 4],
      second: [1, 2],
      third: [1, 2, 4],
      follow: "-/.",
      whole: true,
    },
    { kind: "digits", first: [8], whole: true },
    { kind: "literals", literals: LABELS, ignoreCase: true },
    { kind: "literals", literals: CAPITALISED },
    // The blank holds back the day before it, until it is known whether a month follows. Months in
    // small letters would mark the beginning of every other word.
    { kind: "anywhere", literals: CAPITALISED.map((name) => ` ${name}`) },
  ],
  maxLength: LABELLED_LONGEST,
  validate(source, at) {
    const first = source.code(at);
    if (first !== BLANK && !source.opens(at)) return undefined;
    if (is(first, DIGIT)) return numeric(source, at);
    return written(source, at) ?? (first === BLANK ? undefined : labelled(source, at));
  },
};
