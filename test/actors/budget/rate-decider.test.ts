/** Rates of a team or an organisation against an oracle that counts by the true time. */
import { expect, test } from "vitest";
import { budgetDecider, type BudgetCommand } from "#actors/budget/decider.ts";
import { decideRate } from "#actors/budget/rate-decider.ts";
import { evolveRate, initialRate } from "#actors/budget/rate-state.ts";
import type { BudgetState } from "#actors/budget/state.ts";
import { userDecider, type UserCommand } from "#actors/user/decider.ts";
import type { RateLease, UserState } from "#actors/user/state.ts";
import type { BudgetFact } from "#events/budget-events.ts";
import type { UserFact } from "#events/user-events.ts";
import { simulateRate } from "./rate-simulator.ts";
import type { BudgetDecider, UserDecider } from "./tree-simulator.ts";

const runs = Number(process.env["RATE_RUNS"] ?? 400);
const first = Number(process.env["RATE_SEED"] ?? 20261121);

test("no window of a shared rate holds more than its limit, whoever asks, whatever is lost, and none is lost for good", () => {
  console.log(`rate seeds ${first} to ${first + runs - 1}`);
  let admissions = 0;
  for (let seed = first; seed < first + runs; seed++) {
    const run = simulateRate(userDecider, budgetDecider, seed);
    expect(run.violation, `seed ${seed}`).toBeUndefined();
    admissions += run.admissions;
  }
  console.log(`${admissions} admissions`);
  expect(admissions).toBeGreaterThan(runs * 40);
});

test("who cannot be given what they need is given no more time either", () => {
  const rate = { name: "shared", metric: "requests", mode: "sliding", scope: "team:red" } as const;
  const state = initialRate();
  const asks = (at: number, seq: number, moments: { at: number; amount: number }[]) => {
    const word = { seq, sentAt: at, booked: moments.length, moments };
    const terms = { rate: { ...rate, limit: 1, windowMs: 60_000 }, version: 1, need: 1, demand: 1 };
    const facts = decideRate(state, { type: "rate", at, child: "one", word, ...terms }, at);
    for (const fact of facts) if (fact.type === "RatePermitted") evolveRate(state, fact.data, at);
    return state.children.get("one");
  };
  const before = asks(5_000, 1, []);
  expect(before).toMatchObject({ allowed: 1 });
  const used = asks(6_000, 2, [{ at: 5_500, amount: 1 }]);
  expect(used).toMatchObject({ booked: 1, allowed: 1, untilAt: before?.untilAt });
});

test("a word of an older policy does not stand in place of the same child's under a newer one", () => {
  const rate = { name: "shared", metric: "requests", mode: "sliding", scope: "team:red" } as const;
  const state = initialRate();
  const says = (version: number, amounts: number[]): number => {
    const word = {
      seq: 3,
      sentAt: 5_000,
      booked: 0,
      moments: amounts.map((amount) => ({ at: 4_000, amount })),
    };
    const terms = { rate: { ...rate, limit: 10, windowMs: 60_000 }, version, need: 1, demand: 1 };
    const facts = decideRate(
      state,
      { type: "rate", at: 5_000, child: "one", word, ...terms },
      5_000,
    );
    for (const fact of facts)
      if (fact.type === "RatePermitted") evolveRate(state, fact.data, 5_000);
    return state.children.get("one")?.used ?? 0;
  };
  expect([says(1, [2]), says(2, [10]), says(1, [2])]).toEqual([2, 10, 10]);
});

interface Pair {
  user: UserDecider;
  budget: BudgetDecider;
}

function user(change: {
  decide?: (state: UserState, command: UserCommand) => readonly UserFact[];
  evolve?: (state: UserState, fact: UserFact, at: number) => UserState;
}): Pair {
  return { user: { ...userDecider, ...change }, budget: budgetDecider };
}

function node(decide: (state: BudgetState, command: BudgetCommand) => readonly BudgetFact[]): Pair {
  return { user: userDecider, budget: { ...budgetDecider, decide } };
}

const changed = (
  state: UserState,
  change: (lease: RateLease) => Partial<RateLease>,
): UserState => ({
  ...state,
  rates: new Map([...state.rates].map(([key, lease]) => [key, { ...lease, ...change(lease) }])),
});

const admitting = (change: (lease: RateLease) => Partial<RateLease>): Pair =>
  user({
    decide: (state, command) =>
      userDecider.decide(command.type === "admit" ? changed(state, change) : state, command),
  });

const asking = (
  change: (command: Extract<BudgetCommand, { type: "rate" }>) => Partial<typeof command>,
): Pair =>
  node((state, command) =>
    budgetDecider.decide(
      state,
      command.type === "rate" ? { ...command, ...change(command) } : command,
    ),
  );

const seededBugs: Record<string, Pair> = {
  "permits are not checked": admitting(() => ({ allowed: 1e9 })),
  "permits never end": admitting(({ untilAt }) => (untilAt > 0 ? { untilAt: 1e15 } : {})),
  "permits under an older policy are used on": admitting(() => ({ version: 1e9 })),
  "what was booked is not counted": user({
    evolve: (state, fact, at) => {
      const before = [...state.rates].map(([key, { booked }]) => [key, booked] as const);
      const after = userDecider.evolve(state, fact, at);
      if (fact.type === "RequestAdmitted") {
        for (const [key, booked] of before) Object.assign(after.rates.get(key) ?? {}, { booked });
      }
      return after;
    },
  }),
  "permits are added to those that were there": user({
    evolve: (state, fact, at) => {
      if (fact.type !== "RateLeased") return userDecider.evolve(state, fact, at);
      const known = state.rates.get(`${fact.data.limit.metric}|shared|team:red`)?.allowed ?? 0;
      const data = { ...fact.data, allowed: fact.data.allowed + known };
      return userDecider.evolve(state, { ...fact, data }, at);
    },
  }),
  "an answer to an older message counts": user({
    decide: (state, command) =>
      userDecider.decide(
        command.type === "rate-leased" ? changed(state, () => ({ seq: -1 })) : state,
        command,
      ),
  }),
  "the counter takes an older word": node((state, command) => {
    if (command.type !== "rate") return budgetDecider.decide(state, command);
    const children = new Map(
      [...state.rate.children].map(([name, child]) => [name, { ...child, seq: -1 }]),
    );
    return budgetDecider.decide({ ...state, rate: { ...state.rate, children } }, command);
  }),
  "the counter believes a child's clock": asking(({ word, at }) => ({
    word: { ...word, sentAt: at },
  })),
  "the counter forgets what was used": asking(({ word }) => ({ word: { ...word, moments: [] } })),
  "the counter forgets what others may use": {
    user: userDecider,
    budget: {
      ...budgetDecider,
      evolve: (state, fact, at) => {
        const after = budgetDecider.evolve(state, fact, at);
        for (const [name, child] of after.rate.children) {
          if (fact.type === "RatePermitted" && fact.data.child !== name)
            child.allowed = child.booked;
        }
        return after;
      },
    },
  },
};

test.each(Object.keys(seededBugs))("a seeded bug of shared rates is caught: %s", (name) => {
  const bug = seededBugs[name] as Pair;
  const caught = Array.from({ length: 300 }, (_, index) => index).some(
    (index) => simulateRate(bug.user, bug.budget, first + index).violation !== undefined,
  );
  expect(caught).toBe(true);
});
