/**
 * What dies, is lost or comes late between actors, over real RPC: evictions, aborts, alarms, a node
 * that cannot be reached, a clock that steps back. Each title is a row of what can go wrong.
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { BudgetActor } from "#actors/budget/budget-actor.ts";
import { UserActor } from "#actors/user/user-actor.ts";
import { unseal } from "#events/envelope.ts";
import type { BudgetData } from "#events/user-events.ts";
import { World } from "./world.ts";
import { boundOf, budgetOf, limitOf, requestOf } from "../user/fixtures.ts";

afterEach(() => void vi.restoreAllMocks());

/** The actors' clock stands still at so much from now. */
function clockAt(offsetMs: number): void {
  const at = Date.now() + offsetMs;
  vi.spyOn(Date, "now").mockReturnValue(at);
}

/** The actor dies where it stands: what is not durable is gone. */
async function abort(stub: DurableObjectStub<UserActor> | DurableObjectStub<BudgetActor>) {
  await runInDurableObject(stub as DurableObjectStub<UserActor>, (_actor, state) => {
    state.abort("the test kills it");
  }).catch(() => undefined);
}

const team = (world: World) => world.node("team", `team:${world.team}`);

async function teamStatus(world: World) {
  const [status] = await team(world).status(Date.now());
  return status;
}

function events(stub: DurableObjectStub<UserActor>) {
  return runInDurableObject(stub, (_actor, state) =>
    state.storage.sql
      .exec<{ seq: number; body: string; hash: string }>(
        "SELECT seq, body, hash FROM events ORDER BY seq",
      )
      .toArray()
      .map((row) => unseal(row)),
  );
}

test("actors that are aborted between admission and settlement keep holds and credit", async () => {
  const world = new World();
  for (let n = 0; n < 8; n += 1) await world.admit("a", 100, `e${n}`);
  await abort(world.user("a"));
  await abort(team(world));
  await abort(world.node("org", "organisation"));
  const replies = [];
  for (let n = 0; n < 4; n += 1) replies.push(await world.admit("b", 100));
  expect(replies.filter(({ outcome }) => outcome === "admitted")).toHaveLength(2);
  await world.settle("a", "e0", 10);
  expect(await teamStatus(world)).toMatchObject({ settledNanos: 10, heldNanos: 900 });
  expect(await world.admit("a", 100, "e1")).toMatchObject({ outcome: "admitted", holdNanos: 100 });
  expect(await teamStatus(world)).toMatchObject({ heldNanos: 900 });
});

test("a Worker that dies after the admission leaves a hold that expires in full, in every budget above", async () => {
  const world = new World();
  await world.admit("a", 100, "lost");
  clockAt(11 * 60_000);
  await runDurableObjectAlarm(world.user("a"));
  expect(await teamStatus(world)).toMatchObject({ settledNanos: 100, heldNanos: 0 });
  // The truth comes late, twice, and once more after a crash: one refund.
  await world.settle("a", "lost", 30);
  await world.settle("a", "lost", 30);
  await evictDurableObject(world.user("a"));
  await world.settle("a", "lost", 30);
  expect(await teamStatus(world)).toMatchObject({ settledNanos: 30, heldNanos: 0 });
});

test("a settlement of a request nobody admitted is an event, and moves no money anywhere", async () => {
  const world = new World();
  await world.admit("a", 100, "known");
  await world.settle("a", "known", 40);
  await world.settle("a", "stranger", 500);
  await abort(world.user("a"));
  await world.settle("a", "stranger", 500);
  const [orphan, ...more] = (await events(world.user("a"))).filter(
    ({ type }) => type === "SettlementOrphaned",
  );
  expect(orphan?.data).toEqual({ requestId: "stranger", costNanos: 500 });
  expect(more).toEqual([]);
  expect(await teamStatus(world)).toMatchObject({ settledNanos: 40, heldNanos: 0 });
});

test("a holder of credit that went idle gives it back by alarm, also after an eviction", async () => {
  const world = new World();
  await world.admit("a", 100, "one");
  await world.settle("a", "one", 60);
  const before = await teamStatus(world);
  expect(before?.leasedNanos).toBeGreaterThan(0);
  await evictDurableObject(world.user("a"));
  clockAt(11 * 60_000);
  await runDurableObjectAlarm(world.user("a"));
  expect(await teamStatus(world)).toMatchObject({ settledNanos: 60, leasedNanos: 0 });
});

test("a node that cannot be reached: the lease is spent, then nothing is let through on trust", async () => {
  const world = new World();
  expect(await world.admit("a", 100)).toMatchObject({ outcome: "admitted" });
  vi.spyOn(BudgetActor.prototype, "renew").mockRejectedValue(new Error("unreachable"));
  const replies = [];
  for (let n = 0; n < 6; n += 1) replies.push(await world.admit("a", 100));
  const outcomes = replies.map(({ outcome }) => outcome);
  expect(outcomes).toContain("admitted");
  expect(outcomes.slice(outcomes.indexOf("refused"))).not.toContain("admitted");
  expect(replies.at(-1)).toMatchObject({ code: "budget_unavailable", by: "team" });
  vi.restoreAllMocks();
  clockAt(6_000);
  expect(await world.admit("a", 100)).toMatchObject({ outcome: "admitted" });
});

test("a month that ends: the old one's holds settle in it, and its credit buys nothing in the next", async () => {
  const world = new World();
  await world.admit("a", 700, "old");
  const [next] = world.shared.map(({ parent, ...own }) => {
    const key = { periodKey: "2027-01-01", startsAt: Date.now(), resetsAt: Date.now() + 1e9 };
    return parent === undefined
      ? { ...own, ...key }
      : { ...own, ...key, parent: { ...parent, ...key } };
  });
  if (next === undefined) throw new Error("no budget");
  const stream = `${world.organisation}-a`;
  const request = requestOf("new", {
    bound: boundOf(1, 1_000),
    shared: [next],
    deadlineAt: Date.now() + 600_000,
  });
  const command = { home: world.home(stream), at: Date.now(), request, ledgerShards: 1 };
  expect(await world.user("a").admit(command)).toMatchObject({ outcome: "admitted" });
  await world.settle("a", "old", 650);
  const status = await team(world).status(Date.now());
  const sums = status.map(({ lease, settledNanos, heldNanos }) => [
    lease.periodKey,
    [settledNanos, heldNanos],
  ]);
  expect(Object.fromEntries(sums)).toEqual({ "2026-11-01": [650, 0], "2027-01-01": [0, 1_000] });
  // 350 are left of the old month, whatever the new one's limit is.
  expect(await world.admit("b", 351)).toMatchObject({ outcome: "refused", by: "team" });
});

test("a cut whose recall is lost, with both ends killed, is effective only after the answer", async () => {
  const world = new World();
  await world.admit("a", 100, "open");
  world.version = 2;
  world.teamNanos = 150;
  const recall = vi.spyOn(UserActor.prototype, "recallLease");
  recall.mockRejectedValue(new Error("lost"));
  expect(await world.setLimit("team", "team:red", 150)).toMatchObject({ effective: false });
  await abort(team(world));
  await abort(world.user("a"));
  expect(await world.setLimit("team", "team:red", 150)).toMatchObject({ effective: false });
  // Nobody gets credit above the new limit meanwhile.
  expect(await world.admit("b", 100)).toMatchObject({ outcome: "refused", by: "team" });
  vi.restoreAllMocks();
  clockAt(120_000);
  await runDurableObjectAlarm(team(world));
  expect(await world.setLimit("team", "team:red", 150)).toMatchObject({ effective: true });
  expect(await world.admit("a", 51)).toMatchObject({ outcome: "refused", by: "team" });
  expect(await teamStatus(world)).toMatchObject({ heldNanos: 100 });
});

test("a raised limit holds at once", async () => {
  const world = new World();
  expect(await world.admit("a", 1_000)).toMatchObject({ outcome: "admitted" });
  expect(await world.admit("b", 100)).toMatchObject({ outcome: "refused", by: "team" });
  world.version = 2;
  world.teamNanos = 1_100;
  expect(await world.setLimit("team", "team:red", 1_100)).toMatchObject({ effective: true });
  clockAt(6_000);
  expect(await world.admit("b", 100)).toMatchObject({ outcome: "admitted" });
  expect(await teamStatus(world)).toMatchObject({ heldNanos: 1_100, leasedNanos: 0 });
});

test("a user who moves to another team: what was spent stays, what is left goes back", async () => {
  const world = new World();
  await world.admit("a", 100, "as red");
  world.team = "blue";
  expect(await world.admit("a", 200, "as blue")).toMatchObject({ outcome: "admitted" });
  await world.settle("a", "as red", 70);
  await world.settle("a", "as blue", 150);
  expect(await teamStatus(world)).toMatchObject({ settledNanos: 150, heldNanos: 0 });
  world.team = "red";
  expect(await teamStatus(world)).toMatchObject({ settledNanos: 70, heldNanos: 0 });
  const [org] = await world.node("org", "organisation").status(Date.now());
  expect(org).toMatchObject({ settledNanos: 220 });
  // Red's other members may use what the mover left behind.
  expect(await world.admit("b", 930)).toMatchObject({ outcome: "admitted" });
});

test("a clock that steps back dates nothing back, and frees no window and no budget", async () => {
  const world = new World();
  const stream = `${world.organisation}-a`;
  const own: BudgetData = budgetOf({ startsAt: 0, resetsAt: Date.now() + 1e9, limitNanos: 250 });
  const ask = (id: string) => {
    const fields = { limits: [limitOf({ limit: 2 })], budgets: [own] };
    const request = requestOf(id, { ...fields, deadlineAt: Date.now() + 600_000 });
    return world.user("a").admit({ home: world.home(stream), at: Date.now(), request });
  };
  expect(await ask("one")).toMatchObject({ outcome: "admitted" });
  clockAt(-3_600_000);
  expect(await ask("two")).toMatchObject({ outcome: "admitted", limits: [{ remaining: 0 }, {}] });
  await abort(world.user("a"));
  expect(await ask("three")).toMatchObject({ outcome: "refused", code: "rate_limited" });
  const times = (await events(world.user("a"))).map(({ at }) => at);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});
