/** Secrets with a prefix of their own: the shape most services give their keys today. */
import { ALNUM, B64, DASH, is } from "./chars.ts";
import type { Candidate, Detector } from "./detector.ts";
import { leastRun } from "./least-run.ts";
import { isPlaceholder } from "./placeholder.ts";
import type { Source } from "./source.ts";

export interface TokenSpec {
  id: string;
  title: string;
  version?: number;
  groups?: readonly string[];
  /** Literal beginnings, case-sensitive: the anchors. */
  prefixes: readonly string[];
  /** Characters a value may have besides letters and digits. */
  extra?: string;
  /** The whole value, anchored with ^. Sees only characters of its alphabet. Linear. */
  pattern: RegExp;
  /** How far before the anchor a value may begin, for services that mark the middle. */
  back?: number;
  /** How many of them there must be at least. */
  backMin?: number;
  /** Characters besides letters and digits that may stand there. Default: none. */
  backExtra?: string;
  /** Class mask of the character right before the anchor, when it can be only one kind. */
  previous?: number;
  /** Longest value. A value that reaches it and goes on is swallowed to its end. */
  maxLength?: number;
  confidence?: number;
}

const LENGTH_MAX = 512;
/** The longest run that anchors are asked for. */
const REACH_MAX = 26;
/** Leads what a run may hold, so that nothing but letters and digits is told from no run. */
const MARK = "|";
/** A longer value is drawn by a machine, and might spell any short word by chance. */
const PLACEHOLDER_LOOK = 96;

/** Where the value begins: at the anchor, or at the start of the run around it. */
function startOf(source: Source, at: number, spec: TokenSpec): number {
  const { back = 0, backExtra = "" } = spec;
  let start = at;
  while (at - start < back) {
    const code = source.code(start - 1);
    if (!is(code, ALNUM) && !backExtra.includes(String.fromCharCode(code))) break;
    start -= 1;
  }
  return start;
}

/** Nothing of the value's own kind may stand before it, or it is the tail of something else. */
function opens(source: Source, start: number, extra: string): boolean {
  const before = source.code(start - 1);
  if (is(before, ALNUM)) return false;
  if (before === 95 || before === 45 || before === 46 || before === 126)
    return !extra.includes(String.fromCharCode(before));
  return true;
}

const WHY = ["prefix", "shape"];

/** `pattern` is the one of the spec, sticky: where it ends is told without a list of what it took. */
function find(
  source: Source,
  start: number,
  spec: TokenSpec,
  pattern: RegExp,
): Candidate | undefined {
  const { extra = "", maxLength = LENGTH_MAX, confidence = 0.9 } = spec;
  const end = source.run(start, ALNUM, start + maxLength, extra);
  pattern.lastIndex = 0;
  if (!pattern.test(source.text.slice(start, end))) return undefined;
  const length = pattern.lastIndex;
  if (isPlaceholder(source, start, start + Math.min(length, PLACEHOLDER_LOOK))) return undefined;
  const found = { start, end: start + length, confidence, why: WHY };
  return length === maxLength ? { ...found, runsOn: MARK + extra } : found;
}

function hasAny(source: Source, at: number, literals: readonly string[]): boolean {
  for (let i = 0; i < literals.length; i += 1) if (source.has(at, literals[i] ?? "")) return true;
  return false;
}

/** A detector for a service's prefixed tokens. */
export function tokenDetector(spec: TokenSpec): Detector {
  const { back = 0, extra = "" } = spec;
  const pattern = new RegExp(spec.pattern, "y");
  const reach = back > 0 ? 0 : Math.min(leastRun(spec.pattern), REACH_MAX);
  return {
    id: spec.id,
    title: spec.title,
    version: spec.version ?? 1,
    groups: ["api-secrets", ...(spec.groups ?? [])],
    evidence: "prefix, shape",
    prefilter: {
      kind: back > 0 ? "anywhere" : "literals",
      literals: spec.prefixes,
      next: ALNUM | DASH | B64,
      ...(reach > 0 ? { reach } : {}),
      ...(spec.previous === undefined ? {} : { previous: spec.previous }),
    },
    maxLength: spec.maxLength ?? LENGTH_MAX,
    crowds: MARK + extra,
    validate(source, at) {
      if (back === 0 && !opens(source, at, extra)) return undefined;
      if (!hasAny(source, at, spec.prefixes)) return undefined;
      const start = startOf(source, at, spec);
      if (at - start < (spec.backMin ?? 0) || !opens(source, start, extra)) return undefined;
      return find(source, start, spec, pattern);
    },
  };
}
