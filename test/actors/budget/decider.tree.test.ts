/** The tree of leases at random, against an oracle of true costs, and against seeded bugs. */
import { expect, test } from "vitest";
import { budgetDecider, type BudgetCommand } from "#actors/budget/decider.ts";
import { accountOf } from "#actors/budget/preview.ts";
import type { BudgetState } from "#actors/budget/state.ts";
import { userDecider, type UserCommand } from "#actors/user/decider.ts";
import { leaseOf } from "#actors/user/leases.ts";
import type { Lease, UserState } from "#actors/user/state.ts";
import type { BudgetFact } from "#events/budget-events.ts";
import type { UserFact } from "#events/user-events.ts";
import { simulateTree, type BudgetDecider, type UserDecider } from "./tree-simulator.ts";

interface Pair {
  user: UserDecider;
  budget: BudgetDecider;
}

const runs = Number(process.env["TREE_RUNS"] ?? 400);
const first = Number(process.env["TREE_SEED"] ?? 20261121);

test("budgets of users, teams and the organisation hold under loss, repetition, crashes and cuts", () => {
  console.log(`tree seeds ${first} to ${first + runs - 1}`);
  let admissions = 0;
  for (let seed = first; seed < first + runs; seed++) {
    const run = simulateTree(userDecider, budgetDecider, seed);
    expect(run.violation, `seed ${seed}`).toBeUndefined();
    admissions += run.admissions;
  }
  console.log(`${admissions} admissions`);
  expect(admissions).toBeGreaterThan(runs);
});

type Decide<S, C, F> = (state: S, command: C) => readonly F[];

function user(change: {
  decide?: (state: UserState, command: UserCommand) => readonly UserFact[];
  evolve?: (state: UserState, fact: UserFact, at: number) => UserState;
  fromSnapshot?: (json: unknown) => UserState;
}): Pair {
  return { user: { ...userDecider, ...change }, budget: budgetDecider };
}

function node(change: {
  decide?: Decide<BudgetState, BudgetCommand, BudgetFact>;
  evolve?: (state: BudgetState, fact: BudgetFact, at: number) => BudgetState;
}): Pair {
  return { user: userDecider, budget: { ...budgetDecider, ...change } };
}

/** A state whose leases are changed for one decision. */
function withLeases(state: UserState, change: (lease: Lease) => Lease): UserState {
  const leases = new Map([...state.leases].map(([key, lease]) => [key, change(lease)]));
  return { ...state, leases };
}

const seededBugs: Record<string, Pair> = {
  "what was spent before a budget counted is forgotten": user({
    decide: (state, command) =>
      command.type === "open-lease" ? [] : userDecider.decide(state, command),
  }),
  "a grant is added to what was granted, so a repeated one counts twice": user({
    evolve: (state, fact, at) => {
      if (fact.type !== "LeaseGranted") return userDecider.evolve(state, fact, at);
      const known = leaseOf(state, fact.data.lease).grantedNanos;
      const grantedNanos = known + fact.data.grantedNanos;
      return userDecider.evolve(state, { ...fact, data: { ...fact.data, grantedNanos } }, at);
    },
  }),
  "credit is not checked": user({
    decide: (state, command) =>
      command.type === "admit"
        ? userDecider.decide(
            withLeases(state, (lease) => ({ ...lease, recalled: false, returnedNanos: -1e9 })),
            command,
          )
        : userDecider.decide(state, command),
  }),
  "what is held is not credit's": user({
    decide: (state, command) =>
      command.type === "admit"
        ? userDecider.decide(
            withLeases(state, (lease) => ({ ...lease, heldNanos: 0 })),
            command,
          )
        : userDecider.decide(state, command),
  }),
  "a recalled lease is spent on": user({
    evolve: (state, fact, at) => {
      const after = userDecider.evolve(state, fact, at);
      for (const lease of after.leases.values()) lease.recalled = false;
      return after;
    },
  }),
  "held credit is returned too": user({
    decide: (state, command) =>
      command.type === "return-lease" || command.type === "return-idle"
        ? userDecider.decide(
            withLeases(state, (lease) => ({ ...lease, heldNanos: 0 })),
            command,
          )
        : userDecider.decide(state, command),
  }),
  "an expiry charges nothing": user({
    evolve: (state, fact, at) => {
      if (fact.type !== "HoldExpired") return userDecider.evolve(state, fact, at);
      const hold = state.holds.get(fact.data.requestId);
      const after = userDecider.evolve(state, fact, at);
      for (const key of hold?.leases ?? []) {
        const lease = after.leases.get(key);
        if (lease !== undefined) lease.usedNanos -= hold?.costNanos ?? 0;
      }
      return after;
    },
  }),
  "a late settlement refunds twice": user({
    evolve: (state, fact, at) => {
      const late =
        fact.type === "ExpiryCorrected" ? state.expired.get(fact.data.requestId) : undefined;
      const after = userDecider.evolve(state, fact, at);
      for (const key of late?.hold.leases ?? []) {
        const lease = after.leases.get(key);
        if (lease !== undefined && fact.type === "ExpiryCorrected") {
          lease.usedNanos -= fact.data.refundNanos;
        }
      }
      return after;
    },
  }),
  "a settlement is booked to the period it comes in": user({
    evolve: (state, fact, at) => {
      const hold =
        fact.type === "RequestSettled" ? state.holds.get(fact.data.requestId) : undefined;
      const newest = [...state.leases.keys()].at(-1);
      const after = userDecider.evolve(state, fact, at);
      for (const key of hold?.leases ?? []) {
        const [from, to] = [after.leases.get(key), after.leases.get(newest ?? "")];
        if (from === undefined || to === undefined || fact.type !== "RequestSettled") continue;
        from.usedNanos -= fact.data.costNanos;
        to.usedNanos += fact.data.costNanos;
      }
      return after;
    },
  }),
  "holds are lost in a crash": user({
    fromSnapshot: (json) => {
      const state = userDecider.fromSnapshot(json);
      for (const lease of state.leases.values()) lease.heldNanos = 0;
      return state;
    },
  }),
  "a request id is admitted twice": user({
    decide: (state, command) =>
      command.type === "admit"
        ? userDecider.decide(
            { ...state, holds: new Map(), outcomes: new Map(), expired: new Map() },
            command,
          )
        : userDecider.decide(state, command),
  }),
  "credit that nobody used for a minute is taken back by time": node({
    decide: (state, command) => {
      const facts = budgetDecider.decide(state, command);
      if (command.type !== "renew") return facts;
      const { at } = command;
      const account = accountOf(state, command.lease);
      for (const [child, { grantedNanos, grantedAt, usedNanos, heldNanos }] of account.children) {
        if (child === command.child || grantedAt + 60_000 > at) continue;
        const data = { lease: command.lease, child, returnedNanos: grantedNanos };
        return [
          ...facts,
          { type: "CreditReturned", v: 1, data: { ...data, usedNanos, heldNanos } },
        ];
      }
      return facts;
    },
  }),
  "a return is added to what was returned, so a repeated one counts twice": node({
    evolve: (state, fact, at) => {
      if (fact.type !== "CreditReturned") return budgetDecider.evolve(state, fact, at);
      const { lease, child } = fact.data;
      const known = accountOf(state, lease).children.get(child)?.returnedNanos ?? 0;
      const returnedNanos = known + fact.data.returnedNanos;
      return budgetDecider.evolve(state, { ...fact, data: { ...fact.data, returnedNanos } }, at);
    },
    decide: (state, command) =>
      command.type === "report"
        ? [
            {
              type: "CreditReturned",
              v: 1,
              data: {
                lease: command.lease,
                child: command.child,
                returnedNanos: command.totals.returnedNanos,
                usedNanos: command.totals.usedNanos,
                heldNanos: command.totals.heldNanos,
              },
            },
          ]
        : budgetDecider.decide(state, command),
  }),
  "a grant looks at the limit alone, not at what is out": node({
    decide: (state, command) => {
      if (command.type !== "renew") return budgetDecider.decide(state, command);
      const accounts = new Map(
        [...state.accounts].map(([key, account]) => [key, { ...account, outstandingNanos: 0 }]),
      );
      return budgetDecider.decide({ ...state, accounts }, command);
    },
  }),
  "an older policy brings its limit back": node({
    decide: (state, command) =>
      budgetDecider.decide(command.type === "renew" ? { ...state, version: -1 } : state, command),
  }),
  "a team passes on what the organisation never leased to it": node({
    decide: (state, command) =>
      budgetDecider.decide(
        state,
        command.type === "renew"
          ? { ...command, terms: { ...command.terms, parent: undefined } }
          : command,
      ),
  }),
  "a limit is called effective at once": node({
    decide: (state, command) => {
      const facts = budgetDecider.decide(state, command);
      const set = facts.find(({ type }) => type === "BudgetLimitSet");
      if (set?.type !== "BudgetLimitSet") return facts;
      const { budget, scope, version, limitNanos } = set.data;
      return [
        ...facts,
        { type: "BudgetLimitEffective", v: 1, data: { budget, scope, version, limitNanos } },
      ];
    },
  }),
};

test.each(Object.keys(seededBugs))("a seeded bug is caught: %s", (name) => {
  const bug = seededBugs[name] as Pair;
  const caught = Array.from({ length: 400 }, (_, index) => index).some(
    (index) => simulateTree(bug.user, bug.budget, first + index).violation !== undefined,
  );
  expect(caught).toBe(true);
});
