/** Detectors for identifiers of letters and digits with a fixed pattern. */
import { ALNUM, ALPHA, DIGIT, is } from "./chars.ts";
import { hasContext } from "./context.ts";
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
  /** Longest form with separators. */
  maxLength: number;
  /** Separators allowed inside, left out before `valid`. Default: none. */
  separators?: string;
  /** Shape and checksum of the bare characters, upper-cased. */
  valid(word: string, written: string): boolean;
  checksum?: boolean;
  words: readonly string[];
  /** Confidence without and with a context word. */
  alone: number;
  withContext?: number;
}

/** Reads letters, digits and single separators from `at`; the ends of every part are candidates. */
function readParts(source: Source, at: number, spec: WordSpec): number[] {
  const ends: number[] = [];
  let index = at;
  while (index - at < spec.maxLength) {
    const end = source.run(index, ALNUM, at + spec.maxLength + 1);
    if (end === index || end - at > spec.maxLength) break;
    ends.push(end);
    const separator = source.code(end);
    if (separator < 0 || !(spec.separators ?? "").includes(String.fromCharCode(separator))) break;
    if (!is(source.code(end + 1), ALPHA | DIGIT)) break;
    index = end + 1;
  }
  return ends.reverse();
}

/** A detector for identifiers of letters and digits. The longest valid reading wins. */
export function wordDetector(spec: WordSpec): Detector {
  return {
    id: spec.id,
    title: spec.title,
    version: spec.version ?? 1,
    groups: spec.groups,
    evidence: `${spec.checksum === true ? "shape, checksum" : "shape"}, context`,
    prefilter: spec.prefilter,
    maxLength: spec.maxLength,
    validate(source, at): Candidate | undefined {
      if (spec.quick !== undefined && !spec.quick(source, at)) return undefined;
      if (!source.opens(at) || source.code(at - 1) === 95) return undefined;
      for (const end of readParts(source, at, spec)) {
        if (!source.closes(end) || gluedAfter(source, end)) continue;
        const written = source.text.slice(at, end);
        const bare =
          spec.separators === undefined ? written : written.replaceAll(/[^0-9A-Za-z]/g, "");
        if (!spec.valid(bare.toUpperCase(), written)) continue;
        const why = spec.checksum === true ? ["shape", "checksum"] : ["shape"];
        if (!hasContext(source, at, spec.words))
          return { start: at, end, confidence: spec.alone, why };
        return { start: at, end, confidence: spec.withContext ?? 0.9, why: [...why, "context"] };
      }
      return undefined;
    },
  };
}
