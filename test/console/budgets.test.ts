/** Budgets as bars: whose, how far, and where it goes. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  budgetBars,
  concerns,
  dependsOnRequest,
  forecast,
  forecastWords,
  isEffective,
  membersToAsk,
  partsOf,
  usedNanos,
  type BudgetView,
  type Standing,
} from "../../console/src/logic/budgets.ts";
import { actSentence } from "../../console/src/logic/acts.ts";
import { numberAt, rateOf, whomOf, withNumber } from "../../console/src/logic/limits.ts";
import { periodOf } from "#policy/calendar.ts";
import { PolicyDocument } from "#policy/document.ts";
import { samplePolicy } from "../policy/sample.ts";

const at = Date.parse("2026-11-16T00:00:00Z");
const resetsAt = Date.parse("2026-12-01T00:00:00Z");
const holders = [
  { id: "ada", tier: "", team: "blue" },
  { id: "bob", tier: "premium", team: "blue" },
  { id: "eve", tier: "", team: undefined },
];

const standing = (more: Partial<Standing>): Standing => ({
  budget: "month",
  scope: "user",
  periodKey: periodOf("month", at, "UTC").periodKey,
  resetsAt,
  limitNanos: 5e9,
  settledNanos: 0,
  heldNanos: 0,
  leasedNanos: 0,
  complete: true,
  effective: true,
  ...more,
});

const viewOf = (budgets: object[], standings: Standing[]): BudgetView => ({
  document: PolicyDocument.parse({ ...samplePolicy(), timeZone: "UTC", budgets }),
  holders,
  standings,
  at,
});
const firstBars = (view: BudgetView) => budgetBars(view, view.document.budgets[0]!);

test("each member has a bar of what is settled and held, also who spent nothing", () => {
  const view = viewOf(
    [{ name: "month", limitUsd: 5 }],
    [
      standing({ member: "ada", settledNanos: 2e9, heldNanos: 0.5e9 }),
      standing({ member: "bob", settledNanos: 3e9 }),
      standing({
        member: "eve",
        settledNanos: 9e9,
        periodKey: periodOf("month", at - 30 * 86_400_000, "UTC").periodKey,
      }),
      standing({ member: "ada", budget: "other", settledNanos: 1 }),
    ],
  );
  expect(firstBars(view).map((bar) => [bar.holder, usedNanos(bar) / 1e9])).toEqual([
    ["bob", 3],
    ["ada", 2.5],
    ["eve", 0],
  ]);
  const narrow = viewOf([{ name: "month", limitUsd: 5, when: { teams: ["blue"] } }], []);
  expect(firstBars(narrow).map(({ holder }) => holder)).toEqual(["ada", "bob"]);
});

test("a key's bar names its member and itself", () => {
  const view = viewOf(
    [{ name: "month", limitUsd: 5, scope: "key" }],
    [standing({ member: "ada", scope: "key:k1", settledNanos: 1e9 })],
  );
  expect(firstBars(view).map(({ holder }) => holder)).toEqual(["ada · k1"]);
});

test("the organisation's bar holds its teams', and theirs those of their users", () => {
  const view = viewOf(
    [
      { name: "all", limitUsd: 100, scope: "organisation" },
      { name: "team", limitUsd: 10, scope: "team", parent: "all" },
    ],
    [
      standing({ budget: "all", scope: "organisation", settledNanos: 4e9, limitNanos: 100e9 }),
      standing({ budget: "team", scope: "team:blue", settledNanos: 4e9, leasedNanos: 1e9 }),
      standing({ budget: "team", scope: "team:blue", member: "ada", limitNanos: 2e9 }),
      standing({ budget: "team", scope: "team:red", effective: false }),
    ],
  );
  const [root] = firstBars(view);
  expect(root?.children.map(({ holder, effective }) => [holder, effective])).toEqual([
    ["blue", true],
    ["red", false],
  ]);
  expect(root?.children[0]?.children.map(({ holder, isLease }) => [holder, isLease])).toEqual([
    ["ada", true],
  ]);
});

test("a bar's parts never pass its end, whatever the amounts are", () => {
  const nanos = fc.nat({ max: 2_000_000_000 });
  fc.assert(
    fc.property(fc.tuple(nanos, nanos, nanos, nanos), ([settled, held, leased, limit]) => {
      const [bar] = firstBars(
        viewOf(
          [{ name: "month", limitUsd: limit / 1e9, scope: "team" }],
          [
            standing({
              scope: "team:blue",
              settledNanos: settled,
              heldNanos: held,
              leasedNanos: leased,
              limitNanos: limit,
            }),
          ],
        ),
      );
      const parts = partsOf(bar!);
      expect(Object.values(parts).every((part) => part >= 0)).toBe(true);
      expect(parts.settled + parts.held + parts.leased).toBeLessThanOrEqual(1 + 1e-9);
    }),
    { seed: 41, numRuns: 200 },
  );
});

test("a forecast is a straight line from the period's start through now", () => {
  const view = viewOf(
    [{ name: "month", limitUsd: 5 }],
    [standing({ settledNanos: 3e9, member: "ada" })],
  );
  expect(firstBars(view)[0]).toMatchObject({ forecastNanos: 6e9, limitNanos: 5e9 });
  expect(forecast(10, 0, 100, 0)).toBe(1_000);
  expect(forecast(10, 0, 100, 200)).toBe(10);
});

const spentBar = (settledNanos: number, now = at) => {
  const view = viewOf(
    [{ name: "month", limitUsd: 5 }],
    [standing({ settledNanos, member: "ada" })],
  );
  return firstBars({ ...view, at: now })[0]!;
};

test("a forecast tells the day on which the limit is reached, and is silent where it knows nothing", () => {
  // Half of the month is over: 3 of 5 dollars end on the 26th, 2 of 5 do not end.
  expect(spentBar(3e9).reachedAt).toBe(Date.parse("2026-11-26T00:00:00Z"));
  expect(forecastWords(spentBar(3e9), resetsAt)).toMatchObject({
    isOver: true,
    text: expect.stringMatching(/\$6\.00 by .*: the limit is reached about 2026-11-2[56] /),
  });
  expect(spentBar(2e9).reachedAt).toBeUndefined();
  expect(forecastWords(spentBar(2e9), resetsAt)?.text).toMatch(/\$4\.00 by .*, 80% of the limit$/);
  expect(forecastWords(spentBar(0), resetsAt)).toBeUndefined();
  expect(forecastWords(spentBar(5e9), resetsAt)).toBeUndefined();
  const soon = Date.parse("2026-11-01T03:00:00Z");
  expect(forecastWords(spentBar(1e6, soon), resetsAt)?.text).toMatch(/^Too early/);
});

test("a limit is effective where it holds at everybody who draws on it", () => {
  const leaf = { ...firstBars(viewOf([{ name: "month", limitUsd: 5 }], []))[0]!, children: [] };
  const late = { ...leaf, effective: false };
  expect(isEffective({ ...leaf, children: [leaf] })).toBe(true);
  expect(isEffective({ ...leaf, children: [{ ...leaf, children: [late] }] })).toBe(false);
  expect(isEffective(late)).toBe(false);
});

test("who spent most is asked for first, and never more than a question takes", () => {
  const spent = new Map([
    ["bob", 5],
    ["eve", 9],
  ]);
  expect(membersToAsk([...holders, { id: "a,b", tier: "" }], spent, 2)).toEqual(["eve", "bob"]);
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
  const effective = { budgets: "team-month", rates: "team-minute org-hour" };
  expect(
    actSentence({ action: "budget.limits-effective", policyVersion: 3, metadata: effective }),
  ).toBe("The limits of version 3 are effective everywhere: team-month team-minute org-hour");
  expect(actSentence({ action: "something.new", resource: "x" })).toBe("something.new x");
});
