/** Whole lives at random against an oracle that counts everything again, and against seeded bugs. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide, userDecider, type UserCommand } from "#actors/user/decider.ts";
import { evolve } from "#actors/user/evolve.ts";
import type { Account, UserState } from "#actors/user/state.ts";
import type { UserFact } from "#events/user-events.ts";
import { simulate, type UserDecider } from "./simulator.ts";

describe("any life of a principal", () => {
  test("keeps rates, caps and budgets exact, holds in one end, and the fold equal to the state", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(simulate(userDecider, seed)).toBeUndefined();
      }),
      { numRuns: 400, seed: 20261121 },
    );
  });
});

type Decide = UserDecider["decide"];
type Evolve = UserDecider["evolve"];

function deciding(
  change: (state: UserState, command: UserCommand, decide: Decide) => readonly UserFact[],
): UserDecider {
  return { ...userDecider, decide: (state, command) => change(state, command, decide) };
}

function evolving(
  change: (state: UserState, fact: UserFact, at: number, evolve: Evolve) => UserState,
): UserDecider {
  return {
    ...userDecider,
    evolve: (state, fact, at) => change(state, fact, at, evolve),
  };
}

/** Changes accounts for one decision only. */
function withAccounts(state: UserState, change: (account: Account) => Account): UserState {
  const accounts = new Map([...state.accounts].map(([key, account]) => [key, change(account)]));
  return { ...state, accounts };
}

/** Changes the request of an admit command. */
function asking(
  change: (command: Extract<UserCommand, { type: "admit" }>) => UserCommand,
): UserDecider {
  return deciding((state, command, decide) =>
    decide(state, command.type === "admit" ? change(command) : command),
  );
}

const seededBugs: Record<string, UserDecider> = {
  "a limit lets one more through": asking((command) => {
    const limits = command.request.limits.map((limit) => ({ ...limit, limit: limit.limit + 1 }));
    return { ...command, request: { ...command.request, limits } };
  }),
  "a window is left a millisecond early": asking((command) => {
    const limits = command.request.limits.map((limit) =>
      limit.windowMs > 0 ? { ...limit, windowMs: limit.windowMs - 1 } : limit,
    );
    return { ...command, request: { ...command.request, limits } };
  }),
  "a budget is not checked": asking((command) => {
    const budgets = command.request.budgets.map((budget) => ({
      ...budget,
      atLimit: "allow" as const,
    }));
    return { ...command, request: { ...command.request, budgets } };
  }),
  "a budget is checked against what is settled, not against what is held": deciding(
    (state, command, decide) =>
      decide(
        withAccounts(state, (account) => ({ ...account, heldNanos: 0 })),
        command,
      ),
  ),
  "a request id may be admitted twice": deciding((state, command, decide) =>
    command.type === "admit"
      ? decide({ ...state, holds: new Map(), outcomes: new Map(), expired: new Map() }, command)
      : decide(state, command),
  ),
  "a clock that steps back is believed": deciding((state, command, decide) =>
    decide({ ...state, lastAt: 0 }, command),
  ),
  "a late settlement is taken for a repeat": deciding((state, command, decide) =>
    decide({ ...state, expired: new Map() }, command),
  ),
  "a late settlement refunds twice": evolving((state, fact, at, evolve) => {
    const late =
      fact.type === "ExpiryCorrected" ? state.expired.get(fact.data.requestId) : undefined;
    const after = evolve(state, fact, at);
    for (const key of late?.hold.accounts ?? []) {
      const account = after.accounts.get(key);
      if (account !== undefined && fact.type === "ExpiryCorrected") {
        account.settledNanos -= fact.data.refundNanos;
      }
    }
    return after;
  }),
  "an expiry charges nothing": evolving((state, fact, at, evolve) =>
    fact.type === "HoldExpired"
      ? evolve(state, { ...fact, data: { ...fact.data, chargedNanos: 0 } }, at)
      : evolve(state, fact, at),
  ),
  "a settlement leaves its hold": evolving((state, fact, at, evolve) => {
    const hold = fact.type === "RequestSettled" ? state.holds.get(fact.data.requestId) : undefined;
    const after = evolve(state, fact, at);
    if (hold !== undefined && fact.type === "RequestSettled")
      after.holds.set(fact.data.requestId, hold);
    return after;
  }),
  "a settlement is booked to the period it comes in": evolving((state, fact, at, evolve) => {
    const hold = fact.type === "RequestSettled" ? state.holds.get(fact.data.requestId) : undefined;
    for (const [index, key] of (hold?.accounts ?? []).entries()) {
      const { name, scope } = state.accounts.get(key) ?? {};
      for (const [other, account] of state.accounts) {
        if (account.name === name && account.scope === scope && hold) hold.accounts[index] = other;
      }
    }
    return evolve(state, fact, at);
  }),
  "a release gives nothing back": evolving((state, fact, at, evolve) =>
    fact.type === "RequestReleased" ? state : evolve(state, fact, at),
  ),
  "tokens are not counted until they settle": evolving((state, fact, at, evolve) => {
    if (fact.type !== "RequestAdmitted") return evolve(state, fact, at);
    const bound = { ...fact.data.bound, inputTokens: 0, outputTokens: 0 };
    return evolve(state, { ...fact, data: { ...fact.data, bound } }, at);
  }),
  "a settlement does not correct what was counted": evolving((state, fact, at, evolve) => {
    if (fact.type === "RequestSettled") {
      const hold = state.holds.get(fact.data.requestId);
      if (hold !== undefined) hold.buckets = [];
    }
    return evolve(state, fact, at);
  }),
  "an expiry leaves the concurrency it took": evolving((state, fact, at, evolve) => {
    if (fact.type === "HoldExpired") {
      const hold = state.holds.get(fact.data.requestId);
      if (hold !== undefined) hold.caps = [];
    }
    return evolve(state, fact, at);
  }),
  "a limit made later starts from nothing": evolving((state, fact, at, evolve) => {
    const after = evolve(state, fact, at);
    after.history.clear();
    return after;
  }),
  "holds are lost in a crash": {
    ...userDecider,
    fromSnapshot: (json) => ({ ...userDecider.fromSnapshot(json), holds: new Map() }),
  },
  "a threshold is told again after a crash": {
    ...userDecider,
    fromSnapshot: (json) => {
      const state = userDecider.fromSnapshot(json);
      return withAccounts(state, (account) => ({ ...account, crossed: [] }));
    },
  },
};

describe("a seeded bug is caught:", () => {
  for (const [bug, decider] of Object.entries(seededBugs)) {
    test(bug, () => {
      let caught: string | undefined;
      for (let seed = 1; seed <= 300 && caught === undefined; seed++)
        caught = simulate(decider, seed);
      expect(caught).toBeTypeOf("string");
    });
  }
});
