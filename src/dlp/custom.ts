/** Administrators' patterns: RE2 only, so that no pattern can take more than linear time. */
import { RE2JS } from "re2js";

import { digitValues, luhn, mod97 } from "./kit/checksums.ts";
import { wordsPattern } from "./kit/context.ts";
import type { Source } from "./kit/source.ts";
import { LOOK_BACK_CHARS, PATTERN_MATCH_CHARS_MAX, PATTERN_SOURCE_CHARS_MAX } from "./limits.ts";
import { measurePattern } from "./pattern-bounds.ts";
import type { CustomPattern } from "./rule.ts";

/** A compiled pattern of one rule. */
export interface CustomScanner {
  readonly rule: string;
  /** Longest match in UTF-16 units: what a stream holds back for it. */
  readonly maxLength: number;
  /** What the event says of the pattern's cost. */
  readonly cost: "small" | "medium" | "large";
  /**
   * Non-overlapping matches from an index on, leftmost first. Stops at the first match that more
   * text could change and answers its start (or where one could begin) as `hold`.
   */
  scan(
    source: Source,
    from: number,
    ended: boolean,
    found: (start: number, end: number) => void,
  ): number;
}

/** Why a pattern cannot be taken, or undefined. The message is for the administrator. */
export function patternProblem(pattern: CustomPattern): string | undefined {
  if (pattern.source.length === 0) return "the pattern is empty: write what a match looks like";
  if (pattern.source.length > PATTERN_SOURCE_CHARS_MAX) {
    return `the pattern is ${pattern.source.length} characters long; at most ${PATTERN_SOURCE_CHARS_MAX} are taken`;
  }
  try {
    RE2JS.compile(pattern.source);
  } catch (error) {
    return `the pattern is not RE2 syntax: ${error instanceof Error ? error.message : "unreadable"}`;
  }
  const bounds = measurePattern(pattern.source);
  if ("problem" in bounds) return bounds.problem;
  if (bounds.min === 0 || RE2JS.compile(pattern.source).matcher("").find()) {
    return "the pattern matches the empty text: it would match everywhere";
  }
  if (bounds.max > PATTERN_MATCH_CHARS_MAX) {
    const asked = bounds.max === Infinity ? "without end" : `up to ${bounds.max} characters`;
    return `the pattern can match ${asked}; bound it to ${PATTERN_MATCH_CHARS_MAX}, for instance with {1,64} in place of + or *`;
  }
  return undefined;
}

function checksumHolds(pattern: CustomPattern, text: string): boolean {
  if (pattern.checksum === "luhn") {
    const digits = text.replaceAll(/[^0-9]/g, "");
    return digits.length > 1 && luhn(digitValues(digits), digits.length);
  }
  if (pattern.checksum === "mod97") {
    const bare = text.replaceAll(/[^0-9A-Za-z]/g, "");
    return bare.length > 4 && mod97(bare.slice(4) + bare.slice(0, 4)) === 1;
  }
  return true;
}

/** Compiles a pattern that `patternProblem` has nothing against. */
export function compilePattern(rule: string, pattern: CustomPattern): CustomScanner {
  const flags = pattern.caseInsensitive === true ? RE2JS.CASE_INSENSITIVE : 0;
  const compiled = RE2JS.compile(pattern.source, flags);
  const bounds = measurePattern(pattern.source);
  if ("problem" in bounds) throw new Error(bounds.problem);
  const maxLength = bounds.max;
  const words = pattern.contextWords ?? [];
  const context = words.length === 0 ? undefined : wordsPattern(words);
  const allow = new Set(pattern.allow?.map((text) => text.toLowerCase()));
  const size = compiled.programSize();
  return {
    rule,
    maxLength,
    cost: size <= 64 ? "small" : size <= 512 ? "medium" : "large",
    scan(source, from, ended, found) {
      const matcher = compiled.matcher(source.text);
      const final = ended ? Infinity : source.length - maxLength - 2;
      for (let at = from; at <= source.length && matcher.find(at);) {
        const start = matcher.start();
        const end = matcher.end();
        if (start > final) return start;
        const text = source.text.slice(start, end);
        const before = source.text.slice(Math.max(0, start - LOOK_BACK_CHARS), start);
        const named = context === undefined || context.test(before.toLowerCase());
        if (named && !allow.has(text.toLowerCase()) && checksumHolds(pattern, text))
          found(start, end);
        at = Math.max(end, start + 1);
      }
      return ended ? source.length : Math.max(from, source.length - maxLength - 1);
    },
  };
}
