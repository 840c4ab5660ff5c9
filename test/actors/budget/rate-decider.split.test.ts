/** Caps, rates and budgets of a member whom several actors serve, against an oracle, and against seeded bugs. */
import { expect, test } from "vitest";
import { budgetDecider, type BudgetCommand } from "#actors/budget/decider.ts";
import type { BudgetState } from "#actors/budget/state.ts";
import { userDecider, type UserCommand } from "#actors/user/decider.ts";
import type { UserState } from "#actors/user/state.ts";
import type { BudgetFact } from "#events/budget-events.ts";
import type { UserFact } from "#events/user-events.ts";
import { simulateSplit } from "./split-simulator.ts";
import type { BudgetDecider, UserDecider } from "./tree-simulator.ts";

const runs = Number(process.env["SPLIT_RUNS"] ?? 400);
const first = Number(process.env["SPLIT_SEED"] ?? 20261121);

test("no cap, rate or budget of a member is passed, however they are split and joined, and no slot is lost for good", () => {
  console.log(`split seeds ${first} to ${first + runs - 1}`);
  let admissions = 0;
  for (let seed = first; seed < first + runs; seed++) {
    const run = simulateSplit(seed, {});
    expect(run.violation, `seed ${seed}`).toBeUndefined();
    admissions += run.admissions;
  }
  console.log(`${admissions} admissions`);
  expect(admissions).toBeGreaterThan(runs * 10);
});

interface Bug {
  user?: UserDecider;
  budget?: BudgetDecider;
}

type Rated = Extract<BudgetCommand, { type: "rate" }>;

/** Decides each admission from a changed state. */
const admitting = (change: (state: UserState) => Partial<UserState>): Bug => ({
  user: {
    ...userDecider,
    decide: (state, command) =>
      userDecider.decide(
        command.type === "admit" ? { ...state, ...change(state) } : state,
        command,
      ),
  },
});

/** The same map with each of its values changed. */
const each = <T>(map: Map<string, T>, change: (value: T) => Partial<T>): Map<string, T> =>
  new Map([...map].map(([key, value]) => [key, { ...value, ...change(value) }]));

const evolving = (change: (state: UserState, fact: UserFact, at: number) => UserState): Bug => ({
  user: { ...userDecider, evolve: change },
});

const counting = (
  change: (command: Rated, state: BudgetState) => Partial<Rated> | undefined,
): Bug => ({
  budget: {
    ...budgetDecider,
    decide: (state, command) =>
      budgetDecider.decide(
        state,
        command.type === "rate" ? { ...command, ...change(command, state) } : command,
      ),
  },
});

const node = (change: (state: BudgetState, command: BudgetCommand) => BudgetState): Bug => ({
  budget: {
    ...budgetDecider,
    decide: (state, command): readonly BudgetFact[] =>
      budgetDecider.decide(change(state, command), command),
  },
});

const opened = (
  change: (data: Extract<UserFact, { type: "LeaseOpened" }>["data"]) => object,
): Bug =>
  evolving((state, fact, at) =>
    userDecider.evolve(
      state,
      fact.type === "LeaseOpened"
        ? { ...fact, data: { ...fact.data, ...change(fact.data) } }
        : fact,
      at,
    ),
  );

/** What ends, as the fold of a bug sees it. */
const isEnd = ({ type }: UserFact): boolean =>
  type === "RequestSettled" || type === "HoldExpired" || type === "RequestReleased";

/** Counts more or less as open than is, once a request has ended. */
const ending = (more: number): Bug =>
  evolving((state, fact, at) => {
    const after = userDecider.evolve(state, fact, at);
    for (const [key, cap] of isEnd(fact) ? after.caps : []) {
      cap.open = Math.max(cap.open + more, 0);
      Object.assign(after.rates.get(`concurrency|${key}`) ?? {}, { booked: cap.open });
    }
    return after;
  });

const seededBugs: Record<string, Bug> = {
  "slots are not checked": admitting(({ rates }) => ({
    rates: each(rates, () => ({ allowed: 1e9 })),
  })),
  "slots, permits and credit of an older version are used on": admitting(({ rates, leases }) => ({
    rates: each(rates, () => ({ version: 1e9 })),
    leases: each(leases, () => ({ version: 1e9 })),
  })),
  "an older version is admitted after a newer one was told of": admitting(() => ({
    policyVersion: 0,
  })),
  "a slot is not free again when its request ends": ending(1),
  "a slot is freed twice when its request ends": ending(-1),
  "what is open is lost in a crash": {
    user: {
      ...userDecider,
      fromSnapshot: (json) => {
        const state = userDecider.fromSnapshot(json);
        for (const cap of state.caps.values()) cap.open = 0;
        for (const [key, lease] of state.rates) if (key.startsWith("con")) lease.booked = 0;
        return state;
      },
    },
  },
  "the counter takes slots back by time": node((state, { at }) => ({
    ...state,
    rate: {
      ...state.rate,
      children: each(state.rate.children, ({ grantedAt, allowed, booked }) => ({
        allowed: at - grantedAt > 5_000 ? booked : allowed,
      })),
    },
  })),
  "the counter forgets what others may use": {
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
  "the counter forgets what is open or was used": counting(({ word }) => ({
    word: { ...word, booked: 0, moments: [] },
  })),
  "what was open or used before the split is forgotten": counting(({ word, child }, { rate }) =>
    rate.children.has(child) ? undefined : { word: { ...word, booked: 0, moments: [] } },
  ),
  "an answer to an older message counts": {
    user: {
      ...userDecider,
      decide: (state, command: UserCommand) =>
        userDecider.decide(
          command.type === "rate-leased"
            ? { ...state, rates: each(state.rates, () => ({ seq: -1 })) }
            : state,
          command,
        ),
    },
  },
  "a rate or cap is granted before every actor has told": {
    budget: {
      ...budgetDecider,
      evolve: (state, fact, at) =>
        Object.assign(budgetDecider.evolve(state, fact, at), { countedVersion: 1e9 }),
    },
  },
  "credit is granted before every actor has told": {
    budget: {
      ...budgetDecider,
      evolve: (state, fact, at) => {
        const after = budgetDecider.evolve(state, fact, at);
        for (const account of after.accounts.values()) account.countedVersion = 1e9;
        return after;
      },
    },
  },
  "what was spent before the split is forgotten": opened(() => ({ usedNanos: 0, heldNanos: 0 })),
  "what was held at the split is forgotten": opened(() => ({ heldNanos: 0 })),
  "what comes back from older requests is spent under a newer version": opened(() => ({
    recalled: false,
  })),
  "what was granted under an older version is spent under a newer one": {
    user: {
      ...userDecider,
      decide: (state, command) => {
        if (command.type === "return-lease") return [];
        return userDecider.decide(state, command).map((fact) => {
          if (fact.type !== "LeaseOpened") return fact;
          return { ...fact, data: { ...fact.data, recalled: false } };
        });
      },
    },
  },
};

test.each(Object.keys(seededBugs))("a seeded bug of splitting is caught: %s", (name) => {
  const bug = seededBugs[name] as Bug;
  const caught = Array.from({ length: 600 }, (_, index) => index).some(
    (index) => simulateSplit(first + index, bug).violation !== undefined,
  );
  expect(caught).toBe(true);
});
