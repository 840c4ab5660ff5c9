/** What the console says of a draft in the shadow. */
import { expect, test } from "vitest";
import { shadowClasses, shadowColumns, type ShadowSums } from "#projections/shadow.ts";
import {
  differing,
  shadowOutcome,
  shadowSentence,
  shadowWays,
} from "../../console/src/logic/shadow.ts";

const sums = (more: Partial<ShadowSums>): ShadowSums => ({
  ...(Object.fromEntries(shadowColumns.map((column) => [column, 0])) as ShadowSums),
  ...more,
});

test("every way in which a request may differ has its words and is counted", () => {
  expect(shadowWays.map(({ name }) => name).sort()).toEqual([...shadowClasses].sort());
  expect(differing(sums({ requests: 9, same: 4, newlyBlocked: 2, rerouted: 3 }))).toBe(5);
  expect(shadowSentence(sums({ requests: 10, same: 7, undecided: 1 }))).toBe(
    "Of 10 live requests 2 would differ (20%).",
  );
  expect(shadowSentence(sums({ requests: 3, same: 3 }))).toMatch(/none would differ/);
  expect(shadowSentence(sums({}))).toMatch(/^Nothing was decided/);
});

test("what a draft would have made of one request is told in one line", () => {
  const first = { provider: "openai", model: "gpt-4o" };
  expect(
    [
      { draft: 3, admits: true, first },
      { draft: 3, admits: false, code: "rate_limited", by: "per-minute" },
      { draft: 3, undecided: "too_large" as const },
      { draft: 3, undecided: "failed" as const },
    ].map(shadowOutcome),
  ).toEqual([
    "It would ask openai for gpt-4o first",
    "It would refuse: rate_limited by per-minute",
    "Not decided: the prompt is too large",
    "Not decided: the draft could not plan it",
  ]);
});
