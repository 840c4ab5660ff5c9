import { expect, test } from "vitest";
import { runInMemory } from "#actors/kit/run-in-memory.ts";
import { budgetDecider, type BudgetCommand, type LimitTerms } from "#actors/budget/decider.ts";
import { EMPTY_HEAD, seal, type Fact, type Head, type SealedEvent } from "#events/envelope.ts";
import type { LeaseRefData } from "#events/budget-events.ts";
import type { PolicyFact } from "#events/policy-events.ts";
import { actorUntil, type BudgetThen } from "#projections/replay/actor.ts";

const START = Date.UTC(2026, 10, 1);

/** Facts as a stream of their own, each a second after the one before. */
function sealed(stream: string, facts: readonly Fact[]): SealedEvent[] {
  let head: Head = EMPTY_HEAD;
  return facts.map((fact, index) => {
    const names = { organisation: "acme", stream };
    const event = seal(head, names, fact, START + index * 1_000, { command: "c" });
    head = { epoch: 1, seq: event.seq, hash: event.hash };
    return event;
  });
}

/** They come in runs of two, so that a run's end is somewhere in between. */
async function* inRuns(events: readonly SealedEvent[]): AsyncGenerator<SealedEvent[]> {
  for (let from = 0; from < events.length; from += 2) yield events.slice(from, from + 2);
}

const lease: LeaseRefData = {
  budget: "team",
  scope: "team:red",
  period: "month",
  periodKey: "2026-11",
  resetsAt: Date.UTC(2026, 11, 1),
};
const terms: LimitTerms = {
  budget: "team",
  scope: "team:red",
  version: 1,
  limitNanos: 1_000_000,
  thresholds: [0.5],
};
const nothing = { grantedNanos: 0, returnedNanos: 0, usedNanos: 0, heldNanos: 0 };

function renew(child: string, at: number, needNanos: number): BudgetCommand {
  const asked = { seq: 1, totals: nothing, needNanos, demandNanos: needNanos };
  return { type: "renew", at, child, lease, terms, ...asked };
}

test("a budget at any event is what its actor knew then, and at any moment what it had heard", async () => {
  const run = runInMemory(budgetDecider);
  const known: { out: number; children: number; limitNanos: number }[] = [];
  const execute = (command: BudgetCommand): void => {
    for (const fact of run.execute(command, command.at)) {
      // The state of each event, out of the facts up to it and no fold of whole streams.
      const facts = [...run.facts];
      const upTo = facts.findIndex((one) => one.fact === fact) + 1;
      let state = budgetDecider.initialState();
      for (const one of facts.slice(0, upTo)) {
        state = budgetDecider.evolve(state, one.fact, one.at);
      }
      const [account] = state.accounts.values();
      const out = account?.outstandingNanos ?? 0;
      known.push({ out, children: account?.children.size ?? 0, limitNanos: state.limitNanos });
    }
  };
  execute({ type: "set-limit", at: START, terms });
  execute(renew("u_1", START + 1, 100));
  execute(renew("u_2", START + 2, 300));
  const [granted] = run.state.accounts.values();
  const { grantedNanos = 0 } = granted?.children.get("u_1") ?? {};
  const spent = { grantedNanos, returnedNanos: grantedNanos - 40, usedNanos: 40, heldNanos: 0 };
  execute({ type: "report", at: START + 3, child: "u_1", lease, totals: spent });
  const stream = sealed(
    "b_team",
    run.facts.map(({ fact }) => fact),
  );
  expect(stream.length).toBeGreaterThanOrEqual(4);

  for (const [index, { out, children, limitNanos }] of known.entries()) {
    const seq = index + 1;
    const then = (await actorUntil("b_team", inRuns(stream), { seq })) as BudgetThen;
    expect(then).toMatchObject({ kind: "budget", seq, budget: "team", scope: "team:red" });
    expect(then.at).toBe(START + index * 1_000);
    expect(then.limitNanos).toBe(limitNanos);
    const [period] = then.periods;
    expect([period?.outstandingNanos ?? 0, period?.children ?? 0]).toEqual([out, children]);
    const at = START + index * 1_000 + 999;
    expect(await actorUntil("b_team", inRuns(stream), { at })).toEqual(then);
  }
  const last = (await actorUntil("b_team", inRuns(stream), {})) as BudgetThen;
  expect(last.periods[0]?.listed.find(({ child }) => child === "u_1")).toEqual({
    child: "u_1",
    outNanos: 40,
    usedNanos: 40,
    heldNanos: 0,
  });
});

const facts: PolicyFact[] = [
  { type: "OrganisationFounded", v: 1, data: { organisation: "acme", ledgerShards: 1 } },
  { type: "MemberSet", v: 1, data: { id: "alice", role: "admin", tier: "standard" } },
  {
    type: "KeyIssued",
    v: 1,
    data: { keyId: "k1", member: "alice", label: "ci", secretHash: "ab".repeat(32) },
  },
  { type: "KeyRevoked", v: 1, data: { keyId: "k1", reason: "lost" } },
];

test("the policy at an event has the members and keys of then, and never a secret's hash", async () => {
  const stream = sealed("p_acme", facts);
  const at = async (seq: number) => actorUntil("p_acme", inRuns(stream), { seq });
  expect(await at(1)).toMatchObject({ kind: "policy", members: [], keys: [], published: null });
  const third = await at(3);
  expect(third).toMatchObject({
    seq: 3,
    members: [{ id: "alice", role: "admin" }],
    keys: [{ keyId: "k1", member: "alice", label: "ci", issuedAt: START + 2_000 }],
  });
  expect(JSON.stringify(third)).not.toContain("abab");
  expect(await at(4)).toMatchObject({ seq: 4, keys: [] });
});

test("where a base stands for events, what its actor was is not made up", async () => {
  const stream = sealed("p_acme", facts);
  const before = { seq: 2, at: START + 1_000, carried: 0, state: undefined };
  await expect(actorUntil("p_acme", inRuns(stream), { seq: 3 }, before)).rejects.toThrow(
    "is not kept any more",
  );
});

test("a principal's stream is no budget's and no policy's", async () => {
  expect(await actorUntil("u_1", inRuns([]), {})).toBeNull();
});
