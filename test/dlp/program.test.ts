/** Rules an administrator may write, and the reasons why others are refused. */
import { describe, expect, it } from "vitest";

import {
  DICTIONARY_WORDS_MAX,
  DICTIONARY_WORD_CHARS_MAX,
  PATTERNS_MAX,
  RULES_MAX,
} from "#dlp/limits.ts";
import { checkRules, compileDlp, patternCostsOf } from "#dlp/program.ts";
import type { CustomPattern, DlpRule } from "#dlp/rule.ts";
import { scanText } from "#dlp/scan.ts";

const WHERE = { direction: "prompt", channel: "user" } as const;

function rule(more: Partial<DlpRule>): DlpRule {
  return { id: "own", directions: ["prompt"], action: "redact", mode: "enforce", ...more };
}

function found(text: string, more: Partial<DlpRule>): string[] {
  const matches = scanText(compileDlp([rule(more)]), text, WHERE);
  return matches.map((match) => text.slice(match.start, match.end));
}

const words = (count: number): string[] => Array.from({ length: count }, (_, n) => `w${n}`);

describe("rules", () => {
  it.each<[string, CustomPattern, RegExp]>([
    ["without end", { source: "a+" }, /without end/],
    ["too long", { source: "[0-9]{200}[a-z]{200}" }, /up to/],
    ["empty", { source: "" }, /empty/],
    ["matching nothing", { source: "a?" }, /empty text/],
    ["not RE2", { source: "(?=x)y" }, /RE2/],
    ["unclosed", { source: "(ab" }, /RE2/],
    ["repeating too often", { source: "x[0-9]{2,257}" }, /\{2,257\} is over 256/],
    ["of edges alone", { source: "\\b" }, /empty text/],
    ["of 600 characters", { source: "x".repeat(600) }, /600 characters/],
  ])("refuse a pattern %s, and say why", (_, pattern, reason) => {
    expect(checkRules([rule({ pattern })])).toEqual([
      { path: "rules.0.pattern", message: expect.stringMatching(reason) as string },
    ]);
    expect(() => compileDlp([rule({ pattern })])).toThrow(/refused/);
  });

  it("refuse more rules, own patterns and words than are taken, and take as many as are", () => {
    const many = (count: number, more: Partial<DlpRule>): DlpRule[] =>
      Array.from({ length: count }, (_, n) => rule({ id: `r${n}`, ...more }));
    const pattern = { pattern: { source: "x{3}" } };
    expect(checkRules(many(PATTERNS_MAX, pattern))).toEqual([]);
    const patterns = checkRules(many(PATTERNS_MAX + 1, pattern));
    expect(patterns.map(({ message }) => message)).toEqual([
      `at most ${PATTERNS_MAX} rules may have own patterns`,
    ]);
    expect(checkRules(many(RULES_MAX, { detector: "email" }))).toEqual([]);
    const rules = checkRules(many(RULES_MAX + 1, { detector: "email" }));
    expect(rules[0]?.message).toContain(`at most ${RULES_MAX}`);
    expect(checkRules([rule({ dictionary: words(DICTIONARY_WORDS_MAX) })])).toEqual([]);
    for (const dictionary of [
      words(DICTIONARY_WORDS_MAX + 1),
      ["x".repeat(DICTIONARY_WORD_CHARS_MAX + 1)],
      [" "],
    ]) {
      const problems = checkRules([rule({ dictionary })]);
      expect(problems.map(({ path }) => path)).toEqual(["rules.0.dictionary"]);
    }
  });

  it("refuse unknown detectors, twice the same id, two kinds at once, empty lists", () => {
    expect(checkRules([rule({ detector: "nope" })])[0]?.path).toBe("rules.0.detector");
    expect(checkRules([rule({ detector: "email" }), rule({ detector: "phone" })])[0]?.path).toBe(
      "rules.1.id",
    );
    expect(checkRules([rule({ detector: "email", dictionary: ["x"] })])).toHaveLength(1);
    expect(checkRules([rule({ dictionary: [] })])[0]?.path).toBe("rules.0.dictionary");
    expect(checkRules([rule({ detector: "email", directions: [] })])[0]?.path).toBe(
      "rules.0.directions",
    );
    expect(checkRules([rule({ detector: "email", threshold: 2 })])[0]?.path).toBe(
      "rules.0.threshold",
    );
    expect(checkRules([rule({ id: "Not Kebab", detector: "email" })])[0]?.path).toBe("rules.0.id");
  });

  it("take bounded patterns, with checksum, context words and an allow list", () => {
    expect(found("PRJ-1234 and PRJ-99", { pattern: { source: "PRJ-\\d{3,6}" } })).toEqual([
      "PRJ-1234",
    ]);
    expect(found("prj-1", { pattern: { source: "PRJ-\\d", caseInsensitive: true } })).toEqual([
      "prj-1",
    ]);
    const luhn: CustomPattern = { source: "\\b\\d{16}\\b", checksum: "luhn" };
    expect(found("4111111111111111 4111111111111112", { pattern: luhn })).toEqual([
      "4111111111111111",
    ]);
    const mod97: CustomPattern = { source: "\\b[A-Z]{2}[0-9]{20}\\b", checksum: "mod97" };
    expect(found("DE89370400440532013000 DE88370400440532013000", { pattern: mod97 })).toEqual([
      "DE89370400440532013000",
    ]);
    const context: CustomPattern = { source: "\\d{5}", contextWords: ["badge"] };
    expect(found(`12345 ${".".repeat(70)} badge 54321`, { pattern: context })).toEqual(["54321"]);
    const allow: CustomPattern = { source: "ID-\\d", allow: ["id-1"] };
    expect(found("ID-1 ID-2", { pattern: allow })).toEqual(["ID-2"]);
  });

  it("look for their words also when they are called as a built-in detector is", () => {
    const named = rule({ id: "phone", dictionary: ["heron"] });
    const rules = [rule({ detector: "phone" }), named];
    const text = "a heron, +1 212 555 0100";
    for (const both of [rules, rules.toReversed()]) {
      const matches = scanText(compileDlp(both), text, WHERE);
      expect(matches.map((match) => [match.rule, text.slice(match.start, match.end)])).toEqual([
        ["phone", "heron"],
        ["own", "+1 212 555 0100"],
      ]);
    }
  });

  it("take dictionaries of whole words, letter case aside, the longest first", () => {
    const dictionary = ["heron", "Blue Heron", "müller"];
    expect(found("the BLUE heron, a heron, herons and MÜLLER", { dictionary })).toEqual([
      "BLUE heron",
      "heron",
      "MÜLLER",
    ]);
  });

  it("take letters whose other case lies in another block for the same letters", () => {
    const program = compileDlp([
      {
        id: "names",
        dictionary: ["kelvin spiral", "\u212bngstr\u00f6m"],
        directions: ["prompt"],
        action: "redact",
        mode: "enforce",
      },
    ]);
    for (const text of ["\u212aELVIN \u017fpiral", "\u00e5NGSTR\u00d6M", "Kelvin Spiral"]) {
      const found = scanText(program, `see ${text} now`, { direction: "prompt", channel: "user" });
      expect(found.map(({ start, end }) => [start, end])).toEqual([[4, 4 + text.length]]);
    }
  });

  it("name what they watch", () => {
    const program = compileDlp([rule({ detector: "email" })]);
    expect(program.watches("prompt")).toBe(true);
    expect(program.watches("answer")).toBe(false);
    expect(compileDlp([rule({ detector: "email", action: "off" })]).watches("prompt")).toBe(false);
  });

  it("carry the rule's id into matches of own patterns, and groups the detector's", () => {
    const own = scanText(compileDlp([rule({ pattern: { source: "x{3}" } })]), "xxx", WHERE);
    expect(own).toMatchObject([{ rule: "own", detector: "own", confidence: 1 }]);
    const group = scanText(compileDlp([rule({ detector: "contact" })]), "a@b.org", WHERE);
    expect(group).toMatchObject([{ rule: "own", detector: "email", why: ["shape"] }]);
  });

  it("tell what each own pattern costs, by rule, and nothing of detectors", () => {
    const long = Array.from({ length: 40 }, (_, i) => `word${i}[a-z]{1,3}`).join("|");
    expect(
      patternCostsOf([
        rule({ id: "short", pattern: { source: "PRJ-[0-9]{4}" } }),
        rule({ id: "long", pattern: { source: long } }),
        rule({ id: "mail", detector: "email" }),
      ]),
    ).toEqual({ short: "small", long: "medium" });
  });
});
