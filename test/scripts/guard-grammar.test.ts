import { describe, expect, it } from "vitest";
import { everydayPrompts } from "../fixtures/dlp/everyday-prompts.ts";
import { lookAlikePrompts } from "../fixtures/dlp/look-alike-prompts.ts";
import { attacksEnglish, attacksForeign } from "../../scripts/guard-attacks.ts";
import { everydayContrast, everydayEnglish } from "../../scripts/guard-everyday.ts";
import { everydayForeign } from "../../scripts/guard-everyday-foreign.ts";
import { expand, lines, random, words } from "../../scripts/guard-grammar.ts";

describe("a grammar", () => {
  const grammar = {
    templates: ["{who} {does}.", "plain"],
    slots: { who: ["A {size} cat", "Ben"], size: ["small", "large"], does: ["sleeps", "runs"] },
  };

  it("fills slots inside slots, each text once", () => {
    const texts = expand(grammar, 40, random(1));
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts).toContain("plain");
    expect(texts).toContain("A small cat sleeps.");
    expect(texts).toHaveLength(7);
  });

  it("makes the same texts from the same seed", () => {
    expect(expand(grammar, 3, random(9))).toEqual(expand(grammar, 3, random(9)));
  });

  it("says which slot it lacks, and does not fill for ever", () => {
    const next = random(1);
    expect(() => expand({ templates: ["{x}"], slots: {} }, 1, next)).toThrow('No slot "x"');
    expect(() => expand({ templates: ["{x}"], slots: { x: ["{x}"] } }, 1, next)).toThrow(
      "too deep",
    );
  });

  it("reads lists of lines and of words, with semicolons for commas inside", () => {
    expect(lines("\n  a b \n\n c\n")).toEqual(["a b", "c"]);
    expect(words("a,  b;\n  c , ,d")).toEqual(["a", "b, c", "d"]);
  });
});

describe("the guard's training texts", () => {
  it("hold none of the everyday prompts that measure it", () => {
    const all = [attacksEnglish, ...attacksForeign, everydayEnglish, everydayContrast].concat(
      everydayForeign,
    );
    const next = random(3);
    const made = new Set(all.flatMap((grammar) => expand(grammar, 200, next)).map(plain));
    const prompts = [...Object.values(everydayPrompts), ...Object.values(lookAlikePrompts)]
      .flat()
      .filter((text) => text.length > 24);
    expect(made.size).toBeGreaterThan(10_000);
    expect(prompts.filter((text) => made.has(plain(text)))).toEqual([]);
  });
});

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
