/** Detectors for identifiers of letters and digits with a fixed pattern. */
import { ALNUM, ALPHA, DIGIT, is } from "./chars.ts";
import { contextWords, hasContext } from "./context.ts";
import type { Candidate, Detector, Prefilter } from "./detector.ts";
import type { Source } from "./source.ts";

/** True when a hyphen and another letter or digit glue the word to more text on its right. */
export function gluedAfter(source: Source, end: number): boolean {
  return source.code(end) === 45 && is(source.code(end + 1), ALNUM);
}

export interface WordSpec {
  id: string;
  title: string;
  version?: number;
  groups: readonly string[];
  prefilter: Prefilter | readonly Prefilter[];
  /** A cheap first look that most anchors fail. */
  quick?(source: Source, at: number): boolean;
  /** The letters it may begin with, if it begins with one, and those it may have at all, as capitals. */
  first?: string;
  letters?: string;
  /** How many letters and digits it has, at most four numbers, the smallest first. */
  lengths: readonly number[];
  /** Longest form with separators. */
  maxLength: number;
  /** Separators allowed inside, left out before `valid`. Default: none. */
  separators?: string;
  /** Shape and checksum of the bare characters, upper-cased. */
  valid(word: string, written: string): boolean;
  checksum?: boolean;
  /** Small letters are believed only after a context word: a random token may pass as well. */
  capitals?: boolean;
  words: readonly string[];
  /** Confidence without and with a context word. */
  alone: number;
  withContext?: number;
}

/** Places where a reading may end, the longest last; shared, since a pass asks at every other word. */
const ends = new Int32Array(4);

/**
 * Reads letters, digits and single separators from `at`. Counts the places where the characters read
 * are as many as the identifier has, and a word ends.
 */
function readParts(source: Source, at: number, spec: WordSpec): number {
  const { separators = "", lengths, maxLength } = spec;
  const most = lengths.at(-1) ?? 0;
  let found = 0;
  let index = at;
  let bare = 0;
  while (index - at < maxLength) {
    const end = source.run(index, ALNUM, at + maxLength + 1);
    bare += end - index;
    if (end === index || end - at > maxLength || bare > most) break;
    if (lengths.includes(bare)) {
      ends[found] = end;
      found += 1;
    }
    if (separators === "" || bare === most) break;
    const separator = source.code(end);
    if (!separators.includes(String.fromCharCode(separator))) break;
    if (!is(source.code(end + 1), ALPHA | DIGIT)) break;
    index = end + 1;
  }
  return found;
}

/** 1 for letters of either case that are none of these capitals; nothing is barred without a list. */
function barred(allowed: string | undefined): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) =>
    allowed !== undefined &&
    is(code, ALPHA) &&
    !allowed.includes(String.fromCharCode(code).toUpperCase())
      ? 1
      : 0,
  );
}

function hasAny(codes: Uint8Array, from: number, to: number, barredCodes: Uint8Array): boolean {
  let bars = 0;
  for (let i = from; i < to; i += 1) bars |= barredCodes[codes[i] ?? 0] ?? 0;
  return bars !== 0;
}

/** A detector for identifiers of letters and digits. The longest valid reading wins. */
export function wordDetector(spec: WordSpec): Detector {
  const words = contextWords(spec.words);
  const first = barred(spec.first ?? spec.letters);
  const letters = barred(spec.letters);
  return {
    id: spec.id,
    title: spec.title,
    version: spec.version ?? 1,
    groups: spec.groups,
    evidence: `${spec.checksum === true ? "shape, checksum" : "shape"}, context`,
    prefilter: spec.prefilter,
    maxLength: spec.maxLength,
    validate(source, at): Candidate | undefined {
      if (first[source.code(at)] === 1) return undefined;
      if (spec.quick !== undefined && !spec.quick(source, at)) return undefined;
      if (!source.opens(at) || source.code(at - 1) === 95) return undefined;
      for (let found = readParts(source, at, spec) - 1; found >= 0; found -= 1) {
        const end = ends[found] ?? at;
        if (!source.closes(end) || gluedAfter(source, end)) continue;
        if (spec.letters !== undefined && hasAny(source.codes, at, end, letters)) continue;
        const written = source.text.slice(at, end);
        const bare =
          spec.separators === undefined ? written : written.replaceAll(/[^0-9A-Za-z]/g, "");
        if (!spec.valid(bare.toUpperCase(), written)) continue;
        const why = spec.checksum === true ? ["shape", "checksum"] : ["shape"];
        if (!hasContext(source, at, words)) {
          if (spec.capitals === true && written !== written.toUpperCase()) continue;
          return { start: at, end, confidence: spec.alone, why };
        }
        return { start: at, end, confidence: spec.withContext ?? 0.9, why: [...why, "context"] };
      }
      return undefined;
    },
  };
}
