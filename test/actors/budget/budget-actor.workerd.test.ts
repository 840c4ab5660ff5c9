/** Nodes and principals over real RPC: grants, chains, recalls, cuts, evictions. */
import { evictDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { BudgetActor } from "#actors/budget/budget-actor.ts";
import { World } from "./world.ts";

test("a burst of two users admits exactly what the team's budget covers", async () => {
  const world = new World();
  const asked = Array.from({ length: 60 }, (_, n) => world.admit(n % 2 === 0 ? "a" : "b", 100));
  const replies = await Promise.all(asked);
  const passed = replies.filter(({ outcome }) => outcome === "admitted");
  expect(passed).toHaveLength(10);
  for (const reply of replies) {
    if (reply.outcome !== "refused") continue;
    expect(reply).toMatchObject({ code: "budget_exceeded", by: "team" });
    expect(reply.retryAt).toBeGreaterThan(Date.now());
  }
});

test("the first requests of many users at once are all covered, and nobody is told that none is left", async () => {
  const world = new World();
  world.teamNanos = 1_000_000;
  world.orgNanos = 10_000_000;
  const asked = Array.from({ length: 48 }, (_, n) => world.admit(`u${n}`, 100 + n));
  const outcomes = (await Promise.all(asked)).map(({ outcome }) => outcome);
  expect(outcomes).toEqual(asked.map(() => "admitted"));
});

test("what the organisation has not got is refused in its name", async () => {
  const world = new World();
  world.orgNanos = 250;
  const replies = [];
  for (let n = 0; n < 4; n += 1) replies.push(await world.admit("a", 100));
  expect(replies.map(({ outcome }) => outcome)).toEqual([
    "admitted",
    "admitted",
    "refused",
    "refused",
  ]);
  expect(replies[2]).toMatchObject({ code: "budget_exceeded", by: "org" });
});

test("idle credit of one user is called back for another", async () => {
  const world = new World();
  await world.admit("a", 100, "first");
  await world.settle("a", "first", 10);
  const replies = [];
  for (let n = 0; n < 9; n += 1) replies.push(await world.admit("b", 100));
  expect(replies.every(({ outcome }) => outcome === "admitted")).toBe(true);
});

test("a cut is effective once everybody has answered, and nothing is admitted above it", async () => {
  const world = new World();
  await world.admit("a", 100, "first");
  await world.admit("b", 100, "second");
  world.version = 2;
  world.teamNanos = 150;
  const cut = await world.setLimit("team", "team:red", 150);
  expect(cut).toEqual({ effective: true, version: 2, counted: true });
  // What a settlement gives back is above the limit still: it may not be spent.
  await world.settle("a", "first", 90);
  expect((await world.admit("a", 5)).outcome).toBe("refused");
  await world.settle("b", "second", 10);
  const [status] = await world.node("team", "team:red").status(Date.now());
  expect(status).toMatchObject({ settledNanos: 100, heldNanos: 0, complete: true });
});

test("a cut of the organisation's limit reaches the users of its teams", async () => {
  const world = new World();
  await world.admit("a", 100, "first");
  world.version = 2;
  world.orgNanos = 50;
  const reply = await world.setLimit("org", "organisation", 50);
  expect(reply).toEqual({ effective: true, version: 2, counted: true });
  await world.settle("a", "first", 40);
  expect(await world.admit("a", 20)).toMatchObject({ outcome: "refused", by: "org" });
});

test("a budget that is new counts what was spent before it, and is effective only then", async () => {
  const world = new World();
  world.version = 2;
  world.teamNanos = 350;
  await world.spend("a", "first", 100);
  await world.settle("a", "first", 90);
  await world.spend("b", "second", 200);
  const told = async (counted: boolean) => [
    await world.setLimit("org", "organisation", 10_000, false),
    await world.setLimit("team", "team:red", 350, counted),
    ...(counted ? [await world.setLimit("org", "organisation", 10_000, true)] : []),
  ];
  for (const reply of await told(false)) {
    expect(reply).toEqual({ effective: false, version: 2, counted: false });
  }
  await world.openLeases("a");
  await world.openLeases("b");
  await evictDurableObject(world.node("team", "team:red"));
  expect((await told(true)).slice(1)).toEqual([
    { effective: true, version: 2, counted: true },
    { effective: true, version: 2, counted: true },
  ]);
  const spent = { settledNanos: 90, heldNanos: 200 };
  expect(await world.node("team", "team:red").status(Date.now())).toMatchObject([spent]);
  expect(await world.node("org", "organisation").status(Date.now())).toMatchObject([spent]);
  // 60 of 350 are left, for whoever asks first.
  expect(await world.admit("a", 61)).toMatchObject({ outcome: "refused", by: "team" });
  await world.settle("b", "second", 140);
  expect(await world.admit("b", 120)).toMatchObject({ outcome: "admitted" });
  expect(await world.admit("a", 1)).toMatchObject({ outcome: "refused" });
});

test("a budget for one model counts that model's past, and anew when it is for another", async () => {
  const world = new World();
  await world.spend("a", "one", 100, "big-1");
  await world.spend("a", "two", 300, "small");
  await world.settle("a", "one", 90);
  await world.spend("b", "three", 50, "big-2");
  const node = world.node("team", "team:red");
  const publish = async (models: string[], since: number): Promise<void> => {
    world.version += 1;
    const asks = await world.setLimit("team", "team:red", 1_000, { since });
    expect(asks).toMatchObject({ effective: false, counted: false });
    for (const name of ["a", "b"]) await world.openPicked(name, { models }, since);
    const told = await world.setLimit("team", "team:red", 1_000, { since, counted: true });
    expect(told).toMatchObject({ effective: true, counted: true });
  };
  await publish(["big*"], Date.now() - 1);
  expect(await node.status(Date.now())).toMatchObject([{ settledNanos: 90, heldNanos: 50 }]);
  await evictDurableObject(world.user("b"));
  await world.settle("b", "three", 40);
  await publish(["small"], Date.now());
  expect(await node.status(Date.now())).toMatchObject([{ settledNanos: 0, heldNanos: 300 }]);
  await world.settle("a", "two", 210);
  expect(await node.status(Date.now())).toMatchObject([{ settledNanos: 210, heldNanos: 0 }]);
});

test("an evicted node and an evicted user forget nothing", async () => {
  const world = new World();
  for (let n = 0; n < 5; n += 1) await world.admit("a", 100, `e${n}`);
  await evictDurableObject(world.node("team", "team:red"));
  await evictDurableObject(world.user("a"));
  const replies = [];
  for (let n = 0; n < 6; n += 1) replies.push(await world.admit("b", 100));
  expect(replies.filter(({ outcome }) => outcome === "admitted")).toHaveLength(5);
  const repeated = await world.admit("a", 100, "e0");
  expect(repeated).toMatchObject({ outcome: "admitted", holdNanos: 100 });
});

test("at steady spend leases grow with the budget, and nobody is told that none is left while there is", async () => {
  const world = new World();
  world.teamNanos = 1e15;
  world.orgNanos = 1e15;
  const renew = vi.spyOn(BudgetActor.prototype, "renew");
  let asked = 0;
  const outcomes = new Set<string>();
  const spend = async (lane: number, count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      const id = `s${asked++}`;
      const name = `u${lane % 4}`;
      const { outcome } = await world.admit(name, 30_000_000, id);
      outcomes.add(outcome);
      void world.settle(name, id, 10_000_000);
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, lane) => spend(lane, 50)));
  const warm = renew.mock.calls.length;
  await Promise.all(Array.from({ length: 8 }, (_, lane) => spend(lane, 50)));
  expect([...outcomes]).toEqual(["admitted"]);
  // Exact leases would be one for nearly every request.
  expect(renew.mock.calls.length - warm).toBeLessThan(100);
  renew.mockRestore();
});
