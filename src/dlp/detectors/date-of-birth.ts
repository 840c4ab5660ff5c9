/** Dates of birth: a calendar date that follows words of birth. A date alone is never one. */
import { contextWords, hasContext } from "../kit/context.ts";
import { plausibleDay } from "../kit/dates.ts";
import type { Detector } from "../kit/detector.ts";
import { endsAfter, type DigitRun } from "../kit/digits.ts";

const WORDS = contextWords([
  "dob",
  "d.o.b",
  "born",
  "birth",
  "birthday",
  "birthdate",
  "geboren",
  "geburtsdatum",
  "nacimiento",
  "naissance",
  "nata",
  "nato",
]);

/** Year first, or year last with two or four digits. */
function isDate(run: DigitRun): boolean {
  const [first, second, third] = [run.group(0), run.group(1), run.group(2)];
  if (second > 2) return false;
  return first === 4 ? third <= 2 : first <= 2 && (third === 4 || third === 2);
}

export const dateOfBirth: Detector = {
  id: "date-of-birth",
  title: "Date of birth",
  version: 1,
  groups: ["pii"],
  evidence: "shape, context",
  prefilter: { kind: "digits", first: [1, 2, 4], second: [1, 2], follow: "-/.", whole: true },
  maxLength: 10,
  validate(source, at) {
    if (!source.opens(at)) return undefined;
    const run = source.digits(at);
    if (run === undefined || run.glued || run.count < 3 || !isDate(run)) return undefined;
    const separator = run.separator(0);
    if (separator !== run.separator(1) || !"-/.".includes(separator)) return undefined;
    const digits = run.digitsTo(2);
    const a = Number(digits.slice(0, run.total(0)));
    const b = Number(digits.slice(run.total(0), run.total(1)));
    const c = Number(digits.slice(run.total(1)));
    const possible =
      run.group(0) === 4 ? plausibleDay(b, c) : plausibleDay(a, b) || plausibleDay(b, a);
    const end = run.end(2);
    if (!possible) return undefined;
    if (run.count > 3 && !endsAfter(source, run, 2)) return undefined;
    if (!source.closes(end) || !hasContext(source, at, WORDS, 40)) return undefined;
    return { start: at, end, confidence: 0.8, why: ["shape", "context"] };
  },
};
