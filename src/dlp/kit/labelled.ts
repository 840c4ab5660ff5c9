/** Numbers without a shape of their own, believed because a label stands right before them. */
import { ALNUM, DIGIT, is } from "./chars.ts";
import { before, hasContext } from "./context.ts";
import type { Detector } from "./detector.ts";
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

/** What may stand between a label and its value: link words and punctuation, nothing else. */
const LINK =
  /^(?:['’]?s)?["'`]?(?:[ _-]?(?:number|num|nr|no|id|code|details))?[.#:]?["'`]?(?:[ ]*(?:is|=|:|#|was|->|=>|of|are|ist|es|\||-)){0,2}[ "'`(#:.]*$/;

function labelled(source: Source, at: number, words: readonly string[]): boolean {
  if (!hasContext(source, at, words)) return false;
  const text = before(source, at);
  for (const word of words) {
    const at = text.lastIndexOf(word);
    if (at < 0 || (at > 0 && /[a-z]/.test(text[at - 1] ?? ""))) continue;
    const rest = text.slice(at + word.length);
    if (rest.length <= 28 && LINK.test(rest)) return true;
  }
  return false;
}

/** A detector for values that follow one of the labels. */
export function afterWords(spec: LabelledSpec): Detector {
  const lengths = Array.from({ length: spec.lengthMax }, (_, i) => i + 1);
  return {
    id: spec.id,
    title: spec.title,
    version: spec.version ?? 1,
    groups: spec.groups,
    evidence: "shape, context",
    prefilter: [
      { kind: "digits", first: lengths, whole: true, reach: spec.lengthMin },
      { kind: "mixed", letters: lengths.slice(0, 12), reach: spec.lengthMin },
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
      const value = source.text.slice(at, end);
      const bare = value.replaceAll("-", "");
      let digits = 0;
      for (let i = 0; i < bare.length; i += 1) if (is(bare.charCodeAt(i), DIGIT)) digits += 1;
      // Hardly any digits: only capitals read as an identifier then.
      if (digits < 3 && bare !== bare.toUpperCase()) return undefined;
      if (digits < spec.digitsMin || bare.length > spec.lengthMax || bare.length < spec.lengthMin) {
        return undefined;
      }
      if (!labelled(source, at, spec.words)) return undefined;
      return { start: at, end, confidence: 0.8, why: ["shape", "context"] };
    },
  };
}
