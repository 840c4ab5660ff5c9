/** Numbers with a fixed layout, an optional checksum and context words: most identity numbers. */
import { contextWords, hasContext, type ContextWords } from "./context.ts";
import type { Candidate, Detector } from "./detector.ts";
import { USUAL_SEPARATORS, endsAfter, packed, separatorSet, type DigitRun } from "./digits.ts";
import type { Source } from "./source.ts";

export interface NumberSpec {
  id: string;
  title: string;
  version?: number;
  groups: readonly string[];
  /** Group lengths as written, "3-2-4"; with the confidence the shape (and checksum) earns alone. */
  layouts: Readonly<Record<string, number>>;
  /** Separators that may stand between groups. Default: blank and hyphen. */
  separators?: string;
  /** Whether different separators may be mixed in one number. */
  mixed?: boolean;
  /** Whether the first `count` digits of a run can be such a number: ranges, dates, checksum. */
  valid?(run: DigitRun, count: number): boolean;
  /** Whether `valid` has a checksum, as said in `why` and on the reference page. */
  checksum?: boolean;
  /** Words before it that speak for it. */
  words: readonly string[];
  /** Whether a number written so is one only after one of `words`. */
  named?(run: DigitRun): boolean;
  /** Words before it that speak against it. */
  against?: readonly string[];
  /** Confidence with a context word. Default 0.9. */
  withContext?: number;
}

/** What speaks for a number: shared, since a list of numbers has one at every number. */
const SHAPE = ["shape"];
const CHECKED = ["shape", "checksum"];
const IN_CONTEXT = ["shape", "context"];
const CHECKED_IN_CONTEXT = ["shape", "checksum", "context"];

interface Contexts {
  words: ContextWords;
  against: ContextWords | undefined;
}

interface Layout {
  lengths: number[];
  /** The lengths packed, see `packed`. */
  value: number;
  mask: number;
  last: number;
  count: number;
  alone: number;
}

function layoutsOf(spec: NumberSpec): Layout[] {
  return Object.entries(spec.layouts).map(([name, alone]) => {
    const lengths = name.split("-").map(Number);
    const count = lengths.reduce((sum, length) => sum + length, 0);
    return { lengths, ...packed(lengths), last: lengths.length - 1, count, alone };
  });
}

function judge(
  spec: NumberSpec,
  { words, against }: Contexts,
  { last, count, alone }: Layout,
  source: Source,
  run: DigitRun,
): Candidate | undefined {
  const end = run.end(last);
  if (spec.valid !== undefined && !spec.valid(run, count)) return undefined;
  const checked = spec.checksum === true;
  if (hasContext(source, run.start, words)) {
    const why = checked ? CHECKED_IN_CONTEXT : IN_CONTEXT;
    return { start: run.start, end, confidence: spec.withContext ?? 0.9, why };
  }
  if (spec.named?.(run) === true) return undefined;
  if (against !== undefined && hasContext(source, run.start, against, 24)) return undefined;
  return { start: run.start, end, confidence: alone, why: checked ? CHECKED : SHAPE };
}

/** A detector from a table of layouts. */
export function numberDetector(spec: NumberSpec): Detector {
  const layouts = layoutsOf(spec).toSorted((a, b) => b.count - a.count);
  const contexts = {
    words: contextWords(spec.words),
    against: spec.against === undefined ? undefined : contextWords(spec.against),
  };
  const mixed = spec.mixed ?? false;
  const separators =
    spec.separators === undefined ? USUAL_SEPARATORS : separatorSet(spec.separators);
  const evidence = `${spec.checksum === true ? "shape, checksum" : "shape"}, context`;
  return {
    id: spec.id,
    title: spec.title,
    version: spec.version ?? 1,
    groups: spec.groups,
    evidence,
    prefilter: layouts.map(({ lengths: [length = 0, second, third] }) => ({
      kind: "digits",
      first: [length],
      whole: true,
      ...(second === undefined ? {} : { second: [second] }),
      ...(third === undefined ? {} : { third: [third] }),
    })),
    maxLength: 32,
    validate(source, at) {
      const run = source.digits(at);
      if (run === undefined || run.glued) return undefined;
      for (let k = 0; k < layouts.length; k += 1) {
        const layout = layouts[k];
        if (layout === undefined || (run.layout & layout.mask) !== layout.value) continue;
        if (!run.isSeparated(layout.last, separators, mixed)) continue;
        if (!endsAfter(run, layout.last)) continue;
        const found = judge(spec, contexts, layout, source, run);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}
