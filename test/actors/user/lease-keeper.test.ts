/** How one principal's leases are renewed, against a node that answers when it is told to. */
import { expect, test } from "vitest";
import type { RenewCommand, RenewReply } from "#actors/budget/api.ts";
import type { Env } from "#actors/kit/env.ts";
import { LeaseKeeper } from "#actors/user/lease-keeper.ts";
import { leaseOf, leaseRefOf, spendable } from "#actors/user/leases.ts";
import type { SharedBudgetData } from "#events/user-events.ts";
import { boundOf, budgetOf, requestOf, Run, START } from "./fixtures.ts";

const team: SharedBudgetData = {
  ...budgetOf({ name: "team", scope: "team:red", limitNanos: 10_000 }),
};
const ref = leaseRefOf(team);

const request = (id: string, costNanos: number) =>
  requestOf(id, { shared: [team], bound: boundOf(1, costNanos) });

/** A keeper over a real decider, and a node whose answers are given by hand. */
function keep() {
  const { run } = new Run();
  const asked: { command: RenewCommand; answer: (reply: RenewReply) => void }[] = [];
  const renew = (command: RenewCommand) =>
    new Promise<RenewReply>((answer) => asked.push({ command, answer }));
  const keeper = new LeaseKeeper({
    get state() {
      return run.state;
    },
    env: { TALLYGATE_SECRET: "s", BUDGETS: { getByName: () => ({ renew }) } } as unknown as Env,
    stream: "u_1",
    actors: undefined,
    organisation: "o",
    whenOf: () => undefined,
    now: () => START,
    execute: (command) => void run.execute(command, START),
  });
  const grant = (grantedNanos: number, freeNanos = 1_000) => {
    const granted = { lease: ref, grantedNanos, freeNanos };
    run.execute({ type: "lease-granted", at: START, granted }, START);
  };
  const admit = (id: string, costNanos: number) =>
    run.execute({ type: "admit", at: START, request: request(id, costNanos) }, START);
  const credit = () => spendable(leaseOf(run.state, ref));
  return { keeper, asked, grant, admit, credit, state: () => run.state };
}

/** Lets everything that waits for no answer go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test("a request that comes while more is fetched ahead of need is counted in the next renewal", async () => {
  const { keeper, asked, grant, admit, credit } = keep();
  grant(100);
  admit("first", 80);
  keeper.prefetch(request("first", 80), 1);
  await settle();
  expect(asked.map(({ command }) => command.demandNanos)).toEqual([60]);
  const renewed = Promise.all([
    keeper.renew([team], request("second", 500), 1),
    keeper.renew([team], request("third", 300), 1),
  ]);
  await settle();
  expect(asked).toHaveLength(1);
  asked[0]?.answer({ outcome: "granted", grantedNanos: 160, freeNanos: 1_000 });
  await settle();
  // 80 are left of what came; both who wait are in one question.
  expect(asked.slice(1).map(({ command }) => [command.needNanos, command.demandNanos])).toEqual([
    [220, 720],
  ]);
  expect(keeper.awaited(ref)).toBe(800);
  asked[1]?.answer({ outcome: "granted", grantedNanos: 880, freeNanos: 100 });
  await renewed;
  expect(credit()).toBe(800);
  expect(keeper.awaited(ref)).toBe(0);
});

test("what is refused ahead of need refuses nobody who needs less", async () => {
  const { keeper, asked, grant, admit, credit, state } = keep();
  grant(100);
  admit("first", 80);
  keeper.prefetch(request("first", 80), 1);
  await settle();
  const renewed = keeper.renew([team], request("second", 40), 1);
  asked[0]?.answer({ outcome: "exhausted", grantedNanos: 100, by: "team" });
  await settle();
  expect(leaseOf(state(), ref).denied).toBeUndefined();
  expect(asked[1]?.command.needNanos).toBe(20);
  asked[1]?.answer({ outcome: "granted", grantedNanos: 120, freeNanos: 1_000 });
  await renewed;
  expect(credit()).toBe(40);
  // The node had nothing to spare: it is left alone until somebody needs it.
  admit("second", 40);
  keeper.prefetch(request("second", 40), 1);
  await settle();
  expect(asked).toHaveLength(2);
});

test("a renewal that fails leaves nobody waiting", async () => {
  const { keeper, asked, credit, state } = keep();
  const renewed = keeper.renew([team], request("first", 40), 1);
  await settle();
  asked[0]?.answer({ outcome: "unavailable", grantedNanos: 0, by: "team" });
  await renewed;
  expect(keeper.awaited(ref)).toBe(0);
  expect(credit()).toBe(0);
  expect(leaseOf(state(), ref).denied).toMatchObject({ reason: "unavailable", by: "team" });
});
