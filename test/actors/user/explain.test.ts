import { expect, test } from "vitest";
import { explainAdmit } from "#actors/user/explain.ts";
import { evolve } from "#actors/user/evolve.ts";
import { initialState } from "#actors/user/state.ts";
import { boundOf, budgetOf, limitOf, requestOf, Run, START } from "./fixtures.ts";

/** Five requests of which one is refused by a limit, one by a budget, one by a verdict. */
function recorded() {
  const run = new Run();
  const limits = [
    limitOf({ limit: 2 }),
    limitOf({ name: "open", metric: "concurrency", windowMs: 0 }),
  ];
  const budgets = [budgetOf()];
  run.admit(START, requestOf("a", { limits, budgets }));
  run.admit(START + 1, requestOf("b", { limits, budgets, bound: boundOf(1, 901) }));
  run.admit(START + 2, requestOf("c", { limits, budgets }));
  run.settle(START + 3, "a", 40);
  run.admit(START + 4, requestOf("d", { limits, budgets }));
  run.admit(START + 5, requestOf("e", { limits, budgets }), { code: "dlp_blocked", by: "cards" });
  return run.run.facts;
}

test("every recorded decision, made again from the events before it, is the same event", () => {
  const types: string[] = [];
  let state = initialState();
  for (const { fact, at } of recorded()) {
    if (fact.type === "RequestAdmitted" || fact.type === "RequestRefused") {
      expect(explainAdmit(state, fact, at).same).toBe(true);
      types.push(fact.type === "RequestRefused" ? fact.data.code : fact.type);
    }
    state = evolve(state, fact, at);
  }
  expect(types).toEqual([
    "RequestAdmitted",
    "budget_exceeded",
    "RequestAdmitted",
    "rate_limited",
    "dlp_blocked",
  ]);
});

test("a decision that was tampered with is told from the one the events give", () => {
  const [first] = recorded();
  if (first?.fact.type !== "RequestAdmitted") throw new Error("the first event is an admission");
  const fact = { ...first.fact, data: { ...first.fact.data, left: [9, 9, 9] } };
  const { same, decided, limits } = explainAdmit(initialState(), fact, first.at);
  expect(same).toBe(false);
  expect(decided).toEqual(first.fact);
  expect(limits.map(({ name, remaining }) => [name, remaining])).toEqual([
    ["per-minute", 2],
    ["open", 3],
    ["monthly", 1_000],
  ]);
});
