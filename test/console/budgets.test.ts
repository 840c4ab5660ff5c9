/** Budgets as bars: whose, how far, and where it goes. */
import { expect, test } from "vitest";
import {
  budgetBars,
  concerns,
  dependsOnRequest,
  forecast,
  type Budget,
} from "../../console/src/logic/budgets.ts";
import { actSentence } from "../../console/src/logic/acts.ts";
import { numberAt, rateOf, whomOf, withNumber } from "../../console/src/logic/limits.ts";
import { PolicyDocument } from "#policy/document.ts";
import { samplePolicy } from "../policy/sample.ts";

const at = Date.parse("2026-11-16T00:00:00Z");
const holders = [
  { id: "ada", tier: "", team: "blue" },
  { id: "bob", tier: "premium", team: "blue" },
  { id: "eve", tier: "", team: undefined },
];
const spentNanos = new Map([
  ["ada", 2e9],
  ["bob", 3e9],
]);
const budget = (more: Partial<Budget>): Budget => ({
  name: "month",
  limitUsd: 5,
  period: "month",
  scope: "user",
  thresholds: [],
  atLimit: "block",
  when: {},
  ...more,
});
const barsOf = (more: Partial<Budget>) =>
  budgetBars({
    budget: budget(more),
    holders,
    spentNanos,
    defaultTier: "standard",
    timeZone: "UTC",
    at,
  });

const shown = (more: Partial<Budget>) =>
  barsOf(more).map(({ holder, spentNanos: spent }) => [holder, spent / 1e9]);

test("each member, team or the whole has one bar, the fullest first", () => {
  expect(shown({})).toEqual([
    ["bob", 3],
    ["ada", 2],
    ["eve", 0],
  ]);
  expect(shown({ scope: "team" })).toEqual([["blue", 5]]);
  expect(shown({ scope: "organisation" })).toEqual([["organisation", 5]]);
  expect(shown({ scope: "key" })).toEqual([]);
  expect(shown({ when: { tiers: ["standard"] } })).toEqual([
    ["ada", 2],
    ["eve", 0],
  ]);
});

test("a forecast is a straight line from the period's start through now", () => {
  expect(barsOf({})[0]).toMatchObject({
    forecastNanos: 6e9,
    limitNanos: 5e9,
    resetsAt: Date.parse("2026-12-01"),
  });
  expect(forecast(10, 0, 100, 0)).toBe(1_000);
  expect(forecast(10, 0, 100, 200)).toBe(10);
});

test("conditions on a member narrow; conditions on a request make the spend inexact, and are told", () => {
  const eve = { id: "eve", tier: "" };
  expect(concerns({ teams: ["blue"] }, eve, "standard")).toBe(false);
  expect(concerns({ members: ["eve"], models: ["gpt-*"] }, eve, "standard")).toBe(true);
  expect([dependsOnRequest({ models: ["gpt-*"] }), dependsOnRequest({ teams: ["blue"] })]).toEqual([
    true,
    false,
  ]);
});

test("a number of the policy changes alone", () => {
  const document = PolicyDocument.parse({
    ...samplePolicy(),
    budgets: [{ name: "month", limitUsd: 5 }],
  });
  const place = { list: "budgets", name: "month", field: "limitUsd" } as const;
  const changed = withNumber(document, place, 7);
  expect(numberAt(changed, place)).toBe(7);
  expect(withNumber(changed, place, 5)).toEqual(document);
  expect(numberAt(document, { ...place, name: "gone" })).toBeUndefined();
});

test("limits and acts read as sentences", () => {
  const limit = {
    name: "rpm",
    metric: "requests",
    limit: 1_200,
    windowMs: 60_000,
    mode: "sliding",
    scope: "user",
    when: {},
  } as const;
  expect(rateOf(limit)).toBe("1,200 requests per minute");
  expect([whomOf({}), whomOf({ teams: ["a", "b"] })]).toEqual(["everyone", "teams a, b"]);
  const metadata = { comment: "tighter" };
  expect(actSentence({ action: "policy.published", policyVersion: 3, metadata })).toBe(
    "Policy version 3 was published: tighter",
  );
  expect(actSentence({ action: "something.new", resource: "x" })).toBe("something.new x");
});
