/** Dates of birth: a calendar date that follows words of birth. A date alone is never one. */
import { before } from "../kit/context.ts";
import { plausibleDay } from "../kit/dates.ts";
import type { Detector } from "../kit/detector.ts";
import { endsAfter } from "../kit/digits.ts";

const WORDS =
  /(?:^|[^a-z])(?:dob|d\.o\.b\.?|born|birth|birthday|birthdate|geboren|geburtsdatum|nacimiento|naissance|nata|nato)(?:[^a-z]|$)/;
const LAYOUTS = /^(?:4-[12]-[12]|[12]-[12]-4|[12]-[12]-2)(?:-|$)/;

export const dateOfBirth: Detector = {
  id: "date-of-birth",
  title: "Date of birth",
  version: 1,
  groups: ["pii"],
  evidence: "shape, context",
  prefilter: { kind: "digits", first: [1, 2, 4] },
  maxLength: 10,
  validate(source, at) {
    if (!source.opens(at)) return undefined;
    const run = source.digits(at);
    if (run === undefined || run.glued || !LAYOUTS.test(run.groups.join("-"))) return undefined;
    const separators = run.separators.slice(0, 2);
    if (separators !== "--" && separators !== "//" && separators !== "..") return undefined;
    const [a = 0, b = 0, c = 0] = [0, 1, 2].map((i) =>
      Number(run.digits.slice(i === 0 ? 0 : run.totals[i - 1], run.totals[i])),
    );
    const possible =
      run.groups[0] === 4 ? plausibleDay(b, c) : plausibleDay(a, b) || plausibleDay(b, a);
    const end = run.ends[2];
    if (!possible || end === undefined) return undefined;
    if (run.groups.length > 3 && !endsAfter(source, run, 2)) return undefined;
    if (!source.closes(end) || !WORDS.test(before(source, at, 40))) return undefined;
    return { start: at, end, confidence: 0.8, why: ["shape", "context"] };
  },
};
