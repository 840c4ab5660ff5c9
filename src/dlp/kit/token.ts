/** Secrets with a prefix of their own: the shape most services give their keys today. */
import { ALNUM, B64, DASH, NONE, is } from "./chars.ts";
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

/** What a pattern of as many characters as it says consists of: classes with a count, and literals. */
const ITEMS = /\[([^\]]+)\]\{(\d+)\}|[\w-]/g;
/** How such a pattern ends: with what may not follow. */
const ENDS = ["(?!\\w)", "(?![\\w-])"] as const;

/** What is told by its length and its literals, since its classes allow all that a run may hold. */
interface Fixed {
  readonly length: number;
  readonly literals: readonly (readonly [place: number, code: number])[];
  /** The hyphen may not follow either. */
  readonly dashed: boolean;
}

function sorted(signs: string): string {
  return signs.split("").toSorted().join("");
}

/** The signs of a class besides letters and digits, sorted; undefined where a range may be among them. */
function signsOf(inside: string): string | undefined {
  const signs = inside.replace("A-Za-z0-9", "");
  return /-./.test(signs) ? undefined : sorted(signs);
}

/** The pattern of a token in such a form, when it has one. */
function fixedOf({ source }: RegExp, extra: string): Fixed | undefined {
  const ending = ENDS.find((end) => source.endsWith(end));
  if (ending === undefined) return undefined;
  const body = source.slice(1, -ending.length);
  const usual = sorted(extra);
  const literals: [number, number][] = [];
  let length = 0;
  let read = 0;
  for (const [item, inside, count = "1"] of body.matchAll(ITEMS)) {
    if (inside === undefined) literals.push([length, item.charCodeAt(0)]);
    else if (signsOf(inside) !== usual) return undefined;
    length += Number(count);
    read += item.length;
  }
  return read === body.length ? { length, literals, dashed: ending !== ENDS[0] } : undefined;
}

/** The length of a value in a run, or 0. */
function fixedLength({ codes }: Source, start: number, end: number, fixed: Fixed): number {
  const { length, literals } = fixed;
  if (end - start < length) return 0;
  for (let i = 0; i < literals.length; i += 1) {
    const literal = literals[i];
    if (literal !== undefined && codes[start + literal[0]] !== literal[1]) return 0;
  }
  const next = start + length < end ? (codes[start + length] ?? NONE) : NONE;
  return is(next, ALNUM) || next === 95 || (fixed.dashed && next === 45) ? 0 : length;
}

const WHY = ["prefix", "shape"];

/** `pattern` is the one of the spec, sticky: where it ends is told without a list of what it took. */
function patternLength({ text }: Source, start: number, end: number, pattern: RegExp): number {
  pattern.lastIndex = 0;
  return pattern.test(text.slice(start, end)) ? pattern.lastIndex : 0;
}

function find(
  source: Source,
  start: number,
  spec: TokenSpec,
  pattern: RegExp,
  fixed: Fixed | undefined,
): Candidate | undefined {
  const { extra = "", maxLength = LENGTH_MAX, confidence = 0.9 } = spec;
  const end = source.run(start, ALNUM, start + maxLength, extra);
  const length =
    fixed === undefined
      ? patternLength(source, start, end, pattern)
      : fixedLength(source, start, end, fixed);
  if (length === 0) return undefined;
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
  const fixed = fixedOf(spec.pattern, extra);
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
      return find(source, start, spec, pattern, fixed);
    },
  };
}
