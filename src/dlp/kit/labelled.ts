/** Numbers without a shape of their own, believed because a label stands right before them. */
import { LOOK_BACK_CHARS } from "../limits.ts";
import { ALNUM, DIGIT, LOWER, is } from "./chars.ts";
import { addWords, contextWords, hasContext, lastWordEnd, type ContextWords } from "./context.ts";
import type { Detector } from "./detector.ts";
import { columnOf, isLink, LINK_CHARS } from "./link.ts";
import type { Source } from "./source.ts";
import { gluedAfter } from "./word.ts";

export interface LabelledSpec {
  id: string;
  title: string;
  version?: number;
  groups: readonly string[];
  /** Labels, lower-case. */
  words: readonly string[];
  lengthMin: number;
  lengthMax: number;
  /** Fewest digits among the characters. */
  digitsMin: number;
  /** Separators allowed inside. */
  separators?: string;
}

const HYPHEN = 45;
/** The labels of all such detectors: where none of them stands, one look tells it for all. */
const LABELS = contextWords([]);

function labelled(source: Source, at: number, words: ContextWords): boolean {
  const linked = (end: number): boolean =>
    at - end <= LINK_CHARS && isLink(source.text.slice(end, at));
  if (lastWordEnd(source, at, words, LOOK_BACK_CHARS, linked) >= 0) return true;
  const column = columnOf(source.text, at);
  if (column === undefined) return false;
  const inHeader = (end: number): boolean => end > column.start && end <= column.end;
  return lastWordEnd(source, at, words, LOOK_BACK_CHARS, inHeader) >= 0;
}

/** Whether the characters of a value, hyphens aside, can be such a number. */
function reads(source: Source, at: number, end: number, spec: LabelledSpec): boolean {
  let bare = 0;
  let digits = 0;
  let small = 0;
  for (let i = at; i < end; i += 1) {
    const code = source.code(i);
    if (code === HYPHEN) continue;
    bare += 1;
    if (is(code, DIGIT)) digits += 1;
    else if (is(code, LOWER)) small += 1;
  }
  if (digits < spec.digitsMin || bare > spec.lengthMax || bare < spec.lengthMin) return false;
  // Hardly any digits: only capitals read as an identifier then.
  return digits >= 3 || small === 0;
}

/** A detector for values that follow one of the labels. */
export function afterWords(spec: LabelledSpec): Detector {
  const words = contextWords(spec.words);
  addWords(LABELS, spec.words);
  const lengths = Array.from({ length: spec.lengthMax }, (_, i) => i + 1);
  return {
    id: spec.id,
    title: spec.title,
    version: spec.version ?? 1,
    groups: spec.groups,
    evidence: "shape, context",
    prefilter: [
      { kind: "digits", first: lengths, whole: true, reach: spec.lengthMin, needs: LABELS },
      { kind: "mixed", letters: lengths.slice(0, 12), reach: spec.lengthMin, needs: LABELS },
    ],
    maxLength: spec.lengthMax + 4,
    validate(source, at) {
      if (!source.opens(at) || !is(source.code(at), ALNUM)) return undefined;
      // No label goes before a digit that stands right before the value: cheap, and often so.
      if (is(source.code(at - 2), DIGIT) && !is(source.code(at - 1), ALNUM)) return undefined;
      const end = source.run(at, ALNUM, at + spec.lengthMax + 5, spec.separators ?? "");
      if (end - at < spec.lengthMin || end - at > spec.lengthMax + 4) return undefined;
      if (!source.closes(end) || gluedAfter(source, end) || !is(source.code(end - 1), ALNUM))
        return undefined;
      // Without a label anywhere before it there is nothing to link or to stand above it.
      if (!hasContext(source, at, words) || !reads(source, at, end, spec)) return undefined;
      if (!labelled(source, at, words)) return undefined;
      return { start: at, end, confidence: 0.8, why: ["shape", "context"] };
    },
  };
}
