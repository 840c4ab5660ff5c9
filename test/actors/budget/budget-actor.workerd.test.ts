/** Nodes and principals over real RPC: grants, chains, recalls, cuts, evictions. */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { BudgetActor } from "#actors/budget/budget-actor.ts";
import { refOf } from "#actors/budget/terms.ts";
import { budgetStream } from "#actors/kit/names.ts";
import type { AdmitReply } from "#actors/user/commands.ts";
import type { UserActor } from "#actors/user/user-actor.ts";
import type { SharedBudgetData } from "#events/user-events.ts";
import { boundOf, budgetOf, requestOf, settlementOf } from "../user/fixtures.ts";

const bindings = env as unknown as {
  USERS: DurableObjectNamespace<UserActor>;
  BUDGETS: DurableObjectNamespace<BudgetActor>;
  TALLYGATE_SECRET: string;
};
const now = Date.now();
let worlds = 0;

/** One organisation of its own, with a team's budget that is part of the organisation's. */
class World {
  readonly organisation = `org-${worlds++}-${now}`;
  teamNanos = 1_000;
  orgNanos = 10_000;
  version = 1;
  #ids = 0;

  get shared(): SharedBudgetData[] {
    const today = { startsAt: now - 86_400_000, resetsAt: now + 86_400_000 };
    const parent = { ...budgetOf(today), name: "org", scope: "organisation" };
    parent.limitNanos = this.orgNanos;
    const team = { ...budgetOf(today), name: "team", scope: "team:red" };
    return [{ ...team, limitNanos: this.teamNanos, parent }];
  }

  node(budget: string, scope: string) {
    const { organisation } = this;
    return bindings.BUDGETS.getByName(
      budgetStream(bindings.TALLYGATE_SECRET, organisation, budget, scope),
    );
  }

  home(stream: string) {
    return { organisation: this.organisation, stream, ledger: `${this.organisation}-0` };
  }

  user(name: string) {
    return bindings.USERS.getByName(`${this.organisation}-${name}`);
  }

  async admit(name: string, costNanos: number, id = `r${this.#ids++}`): Promise<AdmitReply> {
    const stream = `${this.organisation}-${name}`;
    const request = requestOf(id, {
      policyVersion: this.version,
      bound: boundOf(1, costNanos),
      shared: this.shared,
      deadlineAt: Date.now() + 600_000,
    });
    const command = { home: this.home(stream), at: Date.now(), request, ledgerShards: 1 };
    return this.user(name).admit(command);
  }

  /** Spends as a member of the team, under no budget but those that are given. */
  async spend(name: string, id: string, costNanos: number): Promise<void> {
    const home = this.home(`${this.organisation}-${name}`);
    const bound = boundOf(1, costNanos);
    const request = requestOf(id, { team: "red", bound, deadlineAt: Date.now() + 600_000 });
    const at = Date.now();
    const reply = await this.user(name).admit({ home, at, request, ledgerShards: 1 });
    expect(reply).toMatchObject({ outcome: "admitted" });
  }

  /** Asks a member what they spent before the budgets were there. */
  async openLeases(name: string): Promise<void> {
    const home = this.home(`${this.organisation}-${name}`);
    const openings = this.shared.flatMap(({ parent, ...team }) => {
      const { startsAt = 0 } = team;
      const ends = { lease: refOf(team), startsAt, parent: parent?.name, whole: true };
      const above = { startsAt, whole: true, below: [team.name] };
      return parent === undefined ? [ends] : [{ ...above, lease: refOf(parent) }, ends];
    });
    const { version } = this;
    await this.user(name).openLeases({ home, ledgerShards: 1, version, openings });
  }

  settle(name: string, id: string, costNanos: number): Promise<void> {
    const home = this.home(`${this.organisation}-${name}`);
    const settlement = settlementOf(id, costNanos);
    return this.user(name).settle([{ home, at: Date.now(), settlement }]);
  }

  setLimit(budget: string, scope: string, limitNanos: number, counted = false) {
    const stream = budgetStream(bindings.TALLYGATE_SECRET, this.organisation, budget, scope);
    const home = this.home(stream);
    const terms = { budget, scope, version: this.version, limitNanos, thresholds: [1] };
    const command = { home, ...terms, counted };
    return this.node(budget, scope).setLimit(
      scope === "organisation" ? command : { ...command, parent: "org" },
    );
  }
}

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
