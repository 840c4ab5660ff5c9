/** What members share under a draft in the shadow: decided by what is known, and never by a guess. */
import { expect, test } from "vitest";
import { runInMemory } from "#actors/kit/run-in-memory.ts";
import type { ShadowItem } from "#actors/budget/api.ts";
import { userDecider } from "#actors/user/decider.ts";
import { judgeShared, keyOf, partsOf } from "#actors/user/shadow-shared.ts";
import { leaseRefOf } from "#actors/user/leases.ts";
import { boundOf, budgetOf, limitOf, requestOf, settlementOf, START } from "./fixtures.ts";
import { rateTermsOf } from "#policy/shared.ts";

const pot = budgetOf({ name: "pot", scope: "team:red", limitNanos: 1_000, whole: true });
const all = budgetOf({ name: "all", scope: "organisation", limitNanos: 5_000, whole: true });
const rpm = limitOf({
  name: "rpm",
  scope: "organisation",
  limit: 4,
  windowMs: 60_000,
  whole: true,
});

/** A member of the red team who spent 300 in two requests, one of them half a minute later. */
function lived() {
  const principal = runInMemory(userDecider);
  for (const [n, at] of [START, START + 30_000].entries()) {
    const request = requestOf(`r-${n}`, { team: "red", bound: boundOf(10, 200) });
    principal.execute({ type: "admit", at, request }, at);
    const settlement = settlementOf(request.requestId, 150);
    principal.execute({ type: "settle", at: at + 1, settlement }, at + 1);
  }
  return principal.state;
}

const asked = (costNanos: number) => ({ request: { bound: { ...boundOf(1, costNanos) } } });
const potItem: ShadowItem = { kind: "budget", lease: leaseRefOf(pot) };
const allItem: ShadowItem = { kind: "budget", lease: leaseRefOf(all) };
const rpmItem: ShadowItem = { kind: "rate", rate: rateTermsOf(rpm) };
const at = START + 40_000;

test("what this member used of them is told by their own books", () => {
  const parts = partsOf(lived(), { shared: [{ ...pot, parent: all }], sharedLimits: [rpm] }, at);
  expect(parts).toEqual([
    { item: potItem, mine: { nanos: 300 } },
    { item: allItem, mine: { nanos: 300 } },
    {
      item: rpmItem,
      mine: {
        moments: [
          { at: START, amount: 1 },
          { at: START + 30_000, amount: 1 },
        ],
      },
    },
  ]);
});

test.each([
  ["fits exactly", 600, 100, {}, undefined],
  ["is one too dear", 600, 101, {}, { code: "budget_exceeded", by: "pot" }],
  ["costs nothing", 9_000, 0, {}, undefined],
  ["may pass", 9_000, 101, { atLimit: "allow" }, undefined],
  [
    "is served cheaper",
    601,
    100,
    { atLimit: "downgrade" },
    { code: "budget_downgrade", by: "pot" },
  ],
] as const)(
  "a request that %s beside what others spent is decided so",
  (_name, theirs, cost, over, is) => {
    const others = { [keyOf(potItem)]: theirs };
    const told = judgeShared(
      lived(),
      { shared: [{ ...pot, ...over }], others, ...asked(cost) },
      at,
    );
    expect(told).toEqual(is === undefined ? { unknown: false } : { refusal: is, unknown: false });
  },
);

test("the budget above counts as well, and a window by what is still in it", () => {
  const state = lived();
  const under = { [keyOf(potItem)]: 0, [keyOf(allItem)]: 4_700, [keyOf(rpmItem)]: 2 };
  const shared = [{ ...pot, parent: all }];
  expect(judgeShared(state, { shared, others: under, ...asked(1) }, at).refusal).toEqual({
    code: "budget_exceeded",
    by: "all",
  });
  const rate = { sharedLimits: [rpm], others: under };
  expect(judgeShared(state, { ...rate, ...asked(1) }, at).refusal).toEqual({
    code: "rate_limited",
    by: "rpm",
  });
  // The first of the two has left the window.
  expect(judgeShared(state, { ...rate, ...asked(1) }, START + 60_000).refusal).toBeUndefined();
});

test("what nobody told is unknown, and refuses only where what is known is too much alone", () => {
  const state = lived();
  const shared = [pot];
  expect(judgeShared(state, { shared, ...asked(700) }, at)).toEqual({ unknown: true });
  expect(judgeShared(state, { shared, ...asked(701) }, at).refusal?.by).toBe("pot");
  const picks = limitOf({ name: "some", scope: "organisation", windowMs: 60_000 });
  const cap = limitOf({ name: "open", scope: "organisation", metric: "concurrency", windowMs: 0 });
  for (const limit of [picks, cap]) {
    const others = { [keyOf({ kind: "rate", rate: rateTermsOf(limit) })]: 0 };
    const ask = { sharedLimits: [limit], others, ...asked(1) };
    expect(judgeShared(state, ask, at)).toEqual({ unknown: true });
  }
});
