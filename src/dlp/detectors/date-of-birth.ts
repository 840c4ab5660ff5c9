/** Dates of birth: a calendar date that follows words of birth. A date alone is never one. */
import { DIGIT, FOLD, NONE, OTHER, is, isWordCode } from "../kit/chars.ts";
import { contextWords, hasContext } from "../kit/context.ts";
import { plausibleDay } from "../kit/dates.ts";
import type { Candidate, Detector } from "../kit/detector.ts";
import { endsAfter, type DigitRun } from "../kit/digits.ts";
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

/** "3 March 1970", "3rd March 1970", "3. März 1970". */
const DAY_FIRST = /^(\d{1,2})(?:st|nd|rd|th|er|\.|º)?[ -](\p{L}{3,10})\.?,?[ -](\d{4})$/u;
/** "March 3, 1970", "Mar 3rd 1970". */
const MONTH_FIRST = /^(\p{L}{3,9})\.?[ -](\d{1,2})(?:st|nd|rd|th)?,?[ -](\d{4})$/u;
const LONGEST = 30;
/** ... and of one right after its label: "twenty-third of September, 1970". */
const LABELLED_LONGEST = 44;
/** Longest of the labels, and the order in which they are tried. */
const LABEL_CHARS_MAX = Math.max(...LABELS.map((label) => label.length));
const LONGEST_FIRST = LABELS.toSorted((a, b) => b.length - a.length);
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
  // Others are found from their label on.
  if (!CAPITALISED.some((name) => month.startsWith(name))) return undefined;
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

/** The longest label that stands at an index, letter case aside. */
function labelAt(source: Source, at: number): string | undefined {
  const text = source.text.slice(at, at + LABEL_CHARS_MAX).toLowerCase();
  return LONGEST_FIRST.find((label) => text.startsWith(label));
}

/** A date in any other writing, anchored at the label right before it. */
function labelled(source: Source, at: number): Candidate | undefined {
  const label = labelAt(source, at);
  if (label === undefined) return undefined;
  const from = at + label.length;
  // Asking for the last character that may count notes an unfinished text.
  source.code(from + WRITTEN_CHARS);
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
