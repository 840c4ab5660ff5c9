/** A decision's limits and outcome as people read them. */
import { expect, test } from "vitest";
import { decisionSentence, explainedLimits } from "../../console/src/logic/explain.ts";

const status = (more: object) => ({
  name: "rpm",
  metric: "requests" as const,
  kind: "rate" as const,
  limit: 60,
  remaining: 45,
  resetsAt: 0,
  windowMs: 60_000,
  ...more,
});

test("limits are the fullest first, in their own units", () => {
  const shown = explainedLimits([
    status({}),
    status({ name: "month", metric: "usd", kind: "budget", limit: 5e9, remaining: 1e9 }),
    status({ name: "cap", metric: "concurrency", kind: "concurrency", limit: 2, remaining: 0 }),
  ]);
  expect(shown.map(({ name, what, left, limit }) => [name, what, left, limit])).toEqual([
    ["cap", "requests at once", "0", "2"],
    ["month", "budget", "$1.00", "$5.00"],
    ["rpm", "requests per minute", "45", "60"],
  ]);
  expect(shown.map(({ isSpent }) => isSpent)).toEqual([true, false, false]);
});

test("a limit of nothing is used up", () => {
  expect(explainedLimits([status({ limit: 0, remaining: 0 })])[0]?.used).toBe(1);
});

test("a decision is one sentence", () => {
  const chain = [{ provider: "openai", model: "gpt-4o" }];
  expect([
    decisionSentence({ type: "RequestAdmitted", data: { chain, bound: { costNanos: 2e9 } } }),
    decisionSentence({ type: "RequestRefused", data: { code: "rate_limited", by: "rpm" } }),
  ]).toEqual([
    "Let in, with $2.00 held at most, openai to be asked first.",
    "Refused: rate_limited by rpm.",
  ]);
});
