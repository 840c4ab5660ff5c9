/** Patterns of names against a regular expression that says the same. */
import { array, assert, constantFrom, property } from "fast-check";
import { expect, it } from "vitest";
import { compilePatterns, matchesModel } from "#policy/pattern.ts";

const text = array(constantFrom("a", "b", "*", "-"), { maxLength: 8 }).map((all) => all.join(""));

it("a star stands for any run of characters, wherever it is, as a regular expression would say", () => {
  assert(
    property(text, array(constantFrom("a", "b", "-"), { maxLength: 8 }), (pattern, letters) => {
      const name = letters.join("");
      const oracle = new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(name);
      expect(matchesModel(compilePatterns([pattern]), name)).toBe(oracle);
    }),
    { numRuns: 2_000, seed: 3 },
  );
});

it("a list matches when one of it does, and an empty one never", () => {
  const matcher = compilePatterns(["gpt-4o", "claude-*", "*-preview"]);
  expect(["gpt-4o", "claude-x", "o9-preview"].every((name) => matchesModel(matcher, name))).toBe(
    true,
  );
  expect(matchesModel(matcher, "gpt-4o-mini")).toBe(false);
  expect(matchesModel(compilePatterns([]), "gpt-4o")).toBe(false);
});
