/** Numbers that cannot be counted, from an edge that is wrong: typed refusals, and sums that stand. */
import { describe, expect, test } from "vitest";
import { UserFact, type SharedBudgetData } from "#events/user-events.ts";
import type { RequestData } from "#actors/user/state.ts";
import { boundOf, budgetOf, limitOf, requestOf, Run, START } from "./fixtures.ts";

const bad = [-1, 0.5, Number.NaN, Infinity, -Infinity, 2 ** 60];
const shared = (limitNanos: number): SharedBudgetData => ({
  ...budgetOf({ name: "team", scope: "team:red", limitNanos }),
});

/** One number in one place of a request, by that place. */
const places: Record<string, (value: number) => Partial<RequestData>> = {
  "a limit": (limit) => ({ limits: [limitOf({ limit })] }),
  "a window": (windowMs) => ({ limits: [limitOf({ windowMs })] }),
  "a shared limit": (limit) => ({ sharedLimits: [limitOf({ limit, scope: "team:red" })] }),
  "a shared window": (windowMs) => ({ sharedLimits: [limitOf({ windowMs, scope: "team:red" })] }),
  "a cap": (limit) => ({ limits: [limitOf({ metric: "concurrency", limit, windowMs: 0 })] }),
  "a budget": (limitNanos) => ({ budgets: [budgetOf({ limitNanos })] }),
  "a shared budget": (limitNanos) => ({ shared: [shared(limitNanos)] }),
  "a bound on cost": (costNanos) => ({ bound: boundOf(1, costNanos) }),
  "a bound on tokens": (tokens) => ({ bound: boundOf(tokens, 1) }),
  "a deadline": (deadlineAt) => ({ deadlineAt }),
};

/** A principal with one open request and one that is settled. */
function begun(): Run {
  const run = new Run();
  const fields = { limits: [limitOf()], budgets: [budgetOf()] };
  run.admit(START, requestOf("open", fields));
  run.admit(START, requestOf("done", fields));
  run.settle(START, "done", 40);
  return run;
}

const sums = ({ state }: Run) => ({
  accounts: [...state.accounts.values()].map(({ settledNanos, heldNanos }) => [
    settledNanos,
    heldNanos,
  ]),
  used: [...state.buckets.values()].map(({ log }) => log.sums[0]),
  holds: [...state.holds.keys()],
  leases: state.leases.size,
  rates: state.rates.size,
});

describe.each(Object.keys(places))("%s", (place) => {
  test.each(bad)("of %s is refused as one that cannot be counted, and moves nothing", (value) => {
    const run = begun();
    const before = sums(run);
    const [fact, ...more] = run.admit(START + 1, requestOf("bad", places[place]?.(value)));
    expect(fact).toMatchObject({ type: "RequestRefused", data: { code: "invalid_limits" } });
    expect(UserFact.parse(fact)).toEqual(fact);
    expect(more).toEqual([]);
    expect(sums(run)).toEqual(before);
  });
});

test.each(bad)("a settlement that costs %s charges the whole hold, and says so", (costNanos) => {
  const run = begun();
  const [fact] = run.settle(START + 1, "open", costNanos);
  expect(fact).toMatchObject({
    type: "RequestSettled",
    data: { costNanos: 100, overrunNanos: 0, estimated: true },
  });
  expect(sums(run).accounts).toEqual([[140, 0]]);
});

test.each(bad)("a settlement for nobody that costs %s is an event of nothing", (costNanos) => {
  const run = begun();
  const before = sums(run);
  const [fact] = run.settle(START + 1, "nobody", costNanos);
  const data = { requestId: "nobody", costNanos: 0 };
  expect(fact).toMatchObject({ type: "SettlementOrphaned", data });
  expect(UserFact.parse(fact)).toEqual(fact);
  expect(sums(run)).toEqual(before);
});

test.each(bad)("an extension to %s is none", (costNanos) => {
  const run = begun();
  const before = sums(run);
  expect(run.extend(START + 1, "open", START + 700_000, costNanos)).toEqual([]);
  expect(sums(run)).toEqual(before);
});

test("a limit of nothing refuses everything that it counts, for good", () => {
  const run = new Run();
  const [fact] = run.admit(START, requestOf("a", { limits: [limitOf({ limit: 0 })] }));
  expect(fact).toMatchObject({ type: "RequestRefused", data: { code: "rate_limited" } });
  expect(fact?.type === "RequestRefused" && fact.data.retryAt).toBeUndefined();
  const free = { budgets: [budgetOf({ limitNanos: 0 })], bound: boundOf(1, 0) };
  expect(run.admit(START, requestOf("free", free))).toMatchObject([{ type: "RequestAdmitted" }]);
});
