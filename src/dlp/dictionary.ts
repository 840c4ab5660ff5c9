/** An administrator's word list as a detector: whole words, letter case aside, longest first. */
import { foldText } from "./kit/case.ts";
import { NONE, isWordCode } from "./kit/chars.ts";
import type { Detector } from "./kit/detector.ts";

/** The detector of one rule's words; it carries the rule's id. */
export function dictionaryDetector(rule: string, dictionary: readonly string[]): Detector {
  const words = new Set(dictionary.map((word) => foldText(word.trim())));
  const lengths = [...new Set([...words].map((word) => word.length))].toSorted((a, b) => b - a);
  return {
    id: rule,
    title: rule,
    version: 1,
    groups: [],
    evidence: "dictionary",
    prefilter: { kind: "anywhere", literals: [...words], ignoreCase: true },
    maxLength: lengths[0] ?? 0,
    validate(source, at) {
      if (isWordCode(source.code(at)) && (!source.opens(at) || source.code(at - 1) === 95))
        return undefined;
      for (const length of lengths) {
        const end = at + length;
        if (source.code(end - 1) === NONE) continue;
        if (!words.has(foldText(source.text.slice(at, end)))) continue;
        if (isWordCode(source.code(end - 1)) && !source.closes(end)) continue;
        return { start: at, end, confidence: 1, why: ["dictionary"] };
      }
      return undefined;
    },
  };
}
