/** Limits and budgets that nobody can count: each is refused, at its place, before it is published. */
import { describe, expect, it } from "vitest";
import { windowMsMax } from "#policy/limits.ts";
import { type KnownFeatures, validatePolicy } from "#policy/validate.ts";
import { samplePolicy } from "./sample.ts";

const known: KnownFeatures = {
  providerKinds: new Set(["openai", "anthropic"]),
  checkDlpRules: () => [],
};

function pathsOf(part: Record<string, unknown>): string[] {
  const result = validatePolicy({ ...samplePolicy(), ...part }, known);
  return result.ok ? [] : [...new Set(result.problems.map(({ path }) => path))];
}

const limit = (fields: object) => ({
  limits: [{ name: "l", metric: "requests", limit: 1, windowMs: 60_000, ...fields }],
});
const cap = (limit: unknown) => ({ concurrency: [{ name: "c", limit }] });
const budget = (fields: object) => ({ budgets: [{ name: "b", limitUsd: 1, ...fields }] });

const part = (name: string, parent: string, scope = "team") => ({
  name,
  limitUsd: 1,
  scope,
  parent,
});

const never = [-1, Number.NaN, Infinity, -Infinity, "5", null, 1e300];

describe("a limit", () => {
  it.each([...never, 0, 0.5, 2 ** 60])("of %s requests is refused", (value) => {
    expect(pathsOf(limit({ limit: value }))).toEqual(["limits[0].limit"]);
  });

  it.each([...never, 0, 1e-12, 9_500_000])("of %s dollars is refused", (value) => {
    expect(pathsOf(limit({ metric: "usd", limit: value }))).toEqual(["limits[0].limit"]);
  });

  it.each([...never, 0, 999, 60_000.5, windowMsMax + 1])(
    "a window of %s ms is refused",
    (value) => {
      // Nobody remembers a window that is longer than the past that is kept.
      expect(pathsOf(limit({ windowMs: value }))).toEqual(["limits[0].windowMs"]);
    },
  );

  it("as long as the past that is kept is fine", () => {
    expect(pathsOf(limit({ windowMs: windowMsMax }))).toEqual([]);
  });
});

describe("a cap", () => {
  it.each([...never, 0, 1.5, 10_001])("of %s requests at once is refused", (value) => {
    expect(pathsOf(cap(value))).toEqual(["concurrency[0].limit"]);
  });
});

describe("a budget", () => {
  it.each([...never, 1e-10, 9_500_000])("of %s dollars is refused", (value) => {
    expect(pathsOf(budget({ limitUsd: value }))).toEqual(["budgets[0].limitUsd"]);
  });

  it("of nothing is one: it admits what costs nothing", () => {
    expect(pathsOf(budget({ limitUsd: 0 }))).toEqual([]);
  });

  it.each([[[0]], [[-1]], [[11]], [[Number.NaN]]])(
    "with thresholds %j is refused",
    (thresholds) => {
      expect(pathsOf(budget({ thresholds }))).toEqual(["budgets[0].thresholds[0]"]);
    },
  );

  it("whose parents lead back to it, or are not there, is refused by name", () => {
    const budgets: unknown[] = [
      part("self", "self"),
      part("one", "two"),
      part("two", "one"),
      part("orphan", "nobody"),
      part("top", "self", "organisation"),
    ];
    const result = validatePolicy({ ...samplePolicy(), budgets }, known);
    expect(result.ok ? [] : result.problems).toMatchObject([
      { path: "budgets[0].parent", message: expect.stringContaining('"self"') },
      { path: "budgets[1].parent", message: expect.stringContaining('"two"') },
      { path: "budgets[2].parent", message: expect.stringContaining('"one"') },
      { path: "budgets[3].parent", message: expect.stringContaining('"nobody"') },
      { path: "budgets[4].parent" },
    ]);
  });
});
