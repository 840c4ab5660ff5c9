/**
 * A member whom several actors serve, over real RPC: the member's own budget, rates and cap are split and
 * joined again while requests are open, limits change, isolates lag behind a version, actors and
 * nodes are killed and settlements come late, twice or never. The oracle keeps every admission in one
 * list and counts it again, by brute force, at each.
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import type { BudgetActor } from "#actors/budget/budget-actor.ts";
import { budgetStream, rateStream, userStreams } from "#actors/kit/names.ts";
import type { AdmitReply } from "#actors/user/commands.ts";
import { UserActor } from "#actors/user/user-actor.ts";
import type { BudgetData, LimitData } from "#events/user-events.ts";
import { splitScope, splitUp } from "#policy/split.ts";
import { bindings } from "./world.ts";
import { randomOf } from "./tree-simulator.ts";
import { budgetOf, limitOf, requestOf, settlementOf } from "../user/fixtures.ts";

afterEach(() => void vi.restoreAllMocks());

const windowMs = 60_000;
const most = 4;

/** What a version says of the member. */
interface Version {
  /** 0 while the member was never split. */
  shards: number;
  requests: number;
  tokens: number;
  open: number;
  budgetNanos: number;
}

interface Admission {
  id: string;
  stream: string;
  at: number;
  tokens: number;
  nanos: number;
  isOpen: boolean;
}

let worlds = 0;

/** One member of one organisation, in the actors of the pool. */
class Member {
  readonly organisation = `split-${worlds++}-${Date.now()}`;
  readonly id = "ci@example.com";
  readonly streams = userStreams(bindings.TALLYGATE_SECRET, this.organisation, this.id, most);
  readonly versions: Version[] = [];
  readonly admitted: Admission[] = [];
  clock = Date.now();
  #ids = 0;

  /** False for members who have rates alone: then nothing else keeps older versions out. */
  readonly hasBudget: boolean;

  constructor(first: Version, hasBudget = true) {
    this.hasBudget = hasBudget;
    this.versions.push(first);
    vi.spyOn(Date, "now").mockImplementation(() => this.clock);
  }

  get version(): number {
    return this.versions.length;
  }

  home(stream: string) {
    return { organisation: this.organisation, stream, ledger: `${this.organisation}-0` };
  }

  user(stream: string) {
    return bindings.USERS.getByName(stream);
  }

  node() {
    const scope = splitScope(this.id, "user");
    return bindings.BUDGETS.getByName(
      budgetStream(bindings.TALLYGATE_SECRET, this.organisation, "own", scope),
    );
  }

  counter(name: string) {
    const metric = name === "open" ? "concurrency" : name;
    const rate = { name, scope: splitScope(this.id, "user"), metric };
    return bindings.BUDGETS.getByName(
      rateStream(bindings.TALLYGATE_SECRET, this.organisation, rate),
    );
  }

  /** Sends one request as an isolate with that version would. */
  async ask(of: number, shard: number, tokens: number, nanos: number): Promise<AdmitReply> {
    const { shards, requests, tokens: most_, open, budgetNanos } = this.versions[of - 1] as Version;
    const stream = this.streams[shards === 0 ? 0 : shard % shards] ?? "";
    const id = `r${this.#ids++}`;
    const lists = {
      limits: [
        limitOf({ name: "requests", limit: requests, windowMs, whole: true }),
        limitOf({ name: "tokens", metric: "tokens", limit: most_, windowMs, whole: true }),
        limitOf({ name: "open", metric: "concurrency", limit: open, windowMs: 0, whole: true }),
      ] as LimitData[],
      sharedLimits: [] as LimitData[],
      budgets: this.hasBudget ? [budget(budgetNanos)] : [],
      sharedBudgets: [] as BudgetData[],
    };
    if (shards > 0) splitUp(this.id, lists);
    const request = requestOf(id, {
      member: this.id,
      policyVersion: of,
      limits: lists.limits,
      budgets: lists.budgets,
      bound: { inputTokens: tokens, outputTokens: 0, costNanos: nanos },
      deadlineAt: this.clock + 600_000,
      ...(shards > 0 ? { sharedLimits: lists.sharedLimits, shared: lists.sharedBudgets } : {}),
    });
    const command = { home: this.home(stream), at: this.clock, request, ledgerShards: 1 };
    const reply = await this.user(stream).admit(
      shards > 0 ? { ...command, actors: most } : command,
    );
    if (reply.outcome === "stale-policy" && of < this.version) {
      return this.ask(reply.need, shard, tokens, nanos);
    }
    if (reply.outcome === "admitted") {
      this.admitted.push({ id, stream, at: this.clock, tokens, nanos, isOpen: true });
      this.check(of);
    }
    return reply;
  }

  /** Everything that was admitted, by any actor, under any version: counted by hand. */
  check(of: number): void {
    const { requests, tokens, open, budgetNanos } = this.versions[of - 1] as Version;
    const opened = this.admitted.filter(({ isOpen }) => isOpen);
    expect(opened.length, `open under version ${of}`).toBeLessThanOrEqual(open);
    const recent = this.admitted.filter(({ at }) => at > this.clock - windowMs);
    expect(recent.length, `requests under version ${of}`).toBeLessThanOrEqual(requests);
    const used = recent.reduce((sum, one) => sum + one.tokens, 0);
    expect(used, `tokens under version ${of}`).toBeLessThanOrEqual(tokens);
    if (!this.hasBudget) return;
    const spent = this.admitted.reduce((sum, one) => sum + one.nanos, 0);
    expect(spent, `nanos under version ${of}`).toBeLessThanOrEqual(budgetNanos);
  }

  /** Books what a request truly cost. */
  async settle(one: Admission, nanos: number, tokens: number): Promise<void> {
    // Before the actor: whoever is admitted in between is judged by the larger sums.
    const settlement = settlementOf(one.id, nanos, tokens);
    await this.user(one.stream).settle([
      { home: this.home(one.stream), at: this.clock, settlement },
    ]);
    if (!one.isOpen) return;
    Object.assign(one, { isOpen: false, nanos, tokens });
  }
}

const dayMs = 86_400_000;
const monthStart = Date.now() - dayMs;

function budget(limitNanos: number): BudgetData {
  const period = { startsAt: monthStart, resetsAt: monthStart + 30 * dayMs };
  return budgetOf({ ...period, name: "own", limitNanos, whole: true });
}

/** The actor falls out of memory; one that is not in it has nothing to lose. */
async function fail(stub: DurableObjectStub<UserActor> | DurableObjectStub<BudgetActor>) {
  await evictDurableObject(stub as DurableObjectStub<UserActor>).catch(() => undefined);
}

/** One life of a member: 70 things that happen, in an order that the seed decides. */
async function live(seed: number): Promise<number> {
  const { int, pick } = randomOf(seed);
  const amounts = () => ({
    requests: 4 + int(10),
    tokens: 100 + int(400),
    open: 3 + int(12),
    budgetNanos: 500 + int(3_000),
  });
  const hasBudget = int(3) > 0;
  const member = new Member({ shards: pick([0, 0, 2]), ...amounts() }, hasBudget);
  const ask = async () => {
    // Until a version is in force, isolates still send what the one before it says.
    const of = Math.max(member.version - int(2), 1);
    await member.ask(of, int(most), 1 + int(60), 1 + int(120));
  };
  const actions: (() => Promise<void>)[] = [
    ...Array.from({ length: 12 }, () => ask),
    async () => void (await Promise.all([ask(), ask(), ask(), ask()])),
    async () => {
      const open = member.admitted.filter(({ isOpen }) => isOpen);
      if (open.length === 0) return;
      const one = pick(open);
      const [nanos, tokens] = [int(one.nanos + 1), int(one.tokens + 1)];
      await member.settle(one, nanos, tokens);
      if (int(3) === 0) await member.settle(one, nanos, tokens);
    },
    async () => void (member.clock += pick([100, 6_000, 20_000, 61_000])),
    async () => void (member.clock += pick([100, 6_000, 20_000, 61_000])),
    async () => fail(member.user(pick(member.streams))),
    async () =>
      fail(
        pick([
          member.node(),
          member.counter("requests"),
          member.counter("tokens"),
          member.counter("open"),
        ]),
      ),
    async () => {
      const last = member.versions.at(-1) as Version;
      // Who was split once is never decided by own budgets again: one actor is one of them.
      const shards = last.shards === 0 ? pick([0, 2, most]) : pick([1, 2, 3, most]);
      const next = int(2) === 0 ? amounts() : last;
      // The one before the last is out of use before another comes.
      member.versions.push({ ...next, shards });
    },
    async () => {
      const stub = member.user(pick(member.streams));
      member.clock += 11 * 60_000;
      await runDurableObjectAlarm(stub);
      // What expired is charged in full.
      for (const one of member.admitted) one.isOpen = false;
    },
  ];
  for (let step = 0; step < 70; step += 1) await pick(actions)();
  vi.restoreAllMocks();
  return member.admitted.length;
}

const runs = Number(process.env["SPLIT_RUNS"] ?? 12);
const first = 20261121;

test("no budget, window or cap of a member is passed, however they are split and joined, whatever dies", async () => {
  console.log(`split seeds ${first} to ${first + runs - 1}`);
  let admissions = 0;
  for (let seed = first; seed < first + runs; seed += 1) {
    admissions += await live(seed).catch((error: unknown) => {
      throw new Error(`seed ${seed}: ${String(error)}`);
    });
  }
  console.log(`${admissions} admissions`);
  expect(admissions).toBeGreaterThan(runs * 5);
}, 240_000);

const steady = { requests: 1_000, tokens: 1e6, open: 1_000, budgetNanos: 1_000 };

test("a member who is split in mid-period has what is left, and no more", async () => {
  const member = new Member({ shards: 0, ...steady });
  for (let n = 0; n < 4; n += 1) await member.ask(1, 0, 1, 100);
  const [one] = member.admitted;
  if (one !== undefined) await member.settle(one, 40, 1);
  member.versions.push({ shards: most, ...steady });
  const replies = await Promise.all(Array.from({ length: 16 }, (_, n) => member.ask(2, n, 1, 50)));
  // 340 are spent or held: 13 of 50 fit beside them.
  expect(replies.filter(({ outcome }) => outcome === "admitted").length).toBeLessThanOrEqual(13);
  member.clock += 6_000;
  while ((await member.ask(2, 1, 1, 10)).outcome === "admitted") member.clock += 10;
  const spent = member.admitted.reduce((sum, { nanos }) => sum + nanos, 0);
  expect(spent).toBeGreaterThan(900);
  // Joined again: nothing is forgotten, also not after everything was evicted.
  member.versions.push({ shards: 1, ...steady });
  for (const stream of member.streams) {
    await evictDurableObject(member.user(stream)).catch(() => undefined);
  }
  expect(await member.ask(3, 0, 1, 1_000 - spent + 1)).toMatchObject({ outcome: "refused" });
  const two = member.admitted.find(({ isOpen }) => isOpen);
  if (two !== undefined) await member.settle(two, 0, 1);
  member.clock += 6_000;
  expect(await member.ask(3, 0, 1, 50)).toMatchObject({
    outcome: "admitted",
    limits: [{}, {}, {}, {}],
  });
});

test("slots are found wherever they are, and one that is free again is anybody's", async () => {
  const member = new Member({ shards: most, ...steady, open: 5, budgetNanos: 1e9 });
  const replies = await Promise.all(Array.from({ length: 12 }, (_, n) => member.ask(1, n, 1, 1)));
  expect(replies.filter(({ outcome }) => outcome === "admitted")).toHaveLength(5);
  expect(replies.find(({ outcome }) => outcome === "refused")).toMatchObject({
    code: "concurrency_limited",
    by: "open",
  });
  for (let shard = 0; shard < most; shard += 1) {
    const [one] = member.admitted.filter(({ isOpen }) => isOpen);
    if (one !== undefined) await member.settle(one, 1, 1);
    // A refusal stands for a fifth of a second.
    member.clock += 200;
    expect(await member.ask(1, shard, 1, 1)).toMatchObject({ outcome: "admitted" });
  }
  expect(await member.ask(1, 0, 1, 1)).toMatchObject({ code: "concurrency_limited" });
});

test("an isolate that lags behind the split admits nothing beside it", async () => {
  const rates = { ...steady, requests: 4 };
  const member = new Member({ shards: 0, ...rates }, false);
  await member.ask(1, 0, 1, 1);
  member.versions.push({ shards: 2, ...rates });
  for (let n = 0; n < 3; n += 1) {
    expect(await member.ask(2, 1, 1, 1)).toMatchObject({ outcome: "admitted" });
  }
  // The first actor counts one of four itself; the others it knows of only by the newer version.
  expect(await member.ask(1, 0, 1, 1)).toMatchObject({ code: "rate_limited", by: "requests" });
  expect(member.admitted).toHaveLength(4);
});

test("an actor of the member that cannot be asked: nothing is let through on trust", async () => {
  const member = new Member({ shards: 0, ...steady });
  await member.ask(1, 0, 1, 900);
  member.versions.push({ shards: 2, ...steady });
  vi.spyOn(UserActor.prototype, "openLeases").mockRejectedValue(new Error("unreachable"));
  expect(await member.ask(2, 1, 1, 200)).toMatchObject({ code: "budget_unavailable", by: "own" });
  vi.restoreAllMocks();
  vi.spyOn(Date, "now").mockImplementation(() => member.clock);
  member.clock += 6_000;
  expect(await member.ask(2, 1, 1, 200)).toMatchObject({ code: "budget_exceeded", by: "own" });
  member.clock += 6_000;
  expect(await member.ask(2, 1, 1, 100)).toMatchObject({ outcome: "admitted" });
});

test("a new actor of the member refuses the keys that the first one refuses", async () => {
  const member = new Member({ shards: 2, ...steady });
  const [stream = "", other = ""] = member.streams;
  const fence = { home: member.home(stream), at: member.clock, command: "revoke", keyId: "k" };
  await member.user(stream).fenceKey(fence);
  const request = requestOf("a", { member: member.id, keyId: "k" });
  const command = { home: member.home(other), at: member.clock, request, actors: 2 };
  expect(await member.user(other).admit(command)).toMatchObject({ code: "key_revoked", by: "k" });
  const types = await runInDurableObject(member.user(other), (_actor, state) => [
    ...state.storage.sql.exec("SELECT body FROM events ORDER BY seq"),
  ]);
  expect(types.length).toBe(2);
});

test.each(["requests", "concurrency", "usd"] as const)(
  "a rule of %s for one model that comes later counts that model's calls of all actors, and no others",
  async (metric) => {
    const member = new Member({ shards: 2, ...steady, budgetNanos: 1e9 });
    const [one = "", two = ""] = member.streams;
    const send = (id: string, stream: string, model: string, late: boolean) => {
      const since = member.clock;
      const rule = { name: "few", limit: 6, whole: false, since } as const;
      const isBudget = metric === "usd";
      const lists = {
        limits: late && !isBudget ? [limitOf({ ...rule, metric, windowMs: wide[metric] })] : [],
        sharedLimits: [] as LimitData[],
        budgets: late && isBudget ? [{ ...budget(620), name: "few", whole: false, since }] : [],
        sharedBudgets: [] as BudgetData[],
      };
      splitUp(member.id, lists);
      const { sharedLimits, sharedBudgets: shared } = lists;
      const own = { member: member.id, model, policyVersion: late ? 2 : 1, sharedLimits, shared };
      const request = requestOf(id, { ...own, deadlineAt: member.clock + 600_000 });
      const home = member.home(stream);
      const command = { home, at: member.clock, request, ledgerShards: 1, actors: most };
      const when = { few: { models: ["big"] } };
      const picks = isBudget ? { budgets: when } : { limits: when };
      return member.user(stream).admit(late ? { ...command, picks } : command);
    };
    for (let n = 0; n < 8; n += 1) {
      await send(`old${n}`, n % 4 < 2 ? one : two, n % 2 === 0 ? "big" : "small", false);
    }
    // Four calls of the model, 100 nanos held for each: there is room for two more.
    member.clock += 1_000;
    const outcomes: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      const reply = await send(`new${n}`, n % 2 === 0 ? one : two, "big", true);
      outcomes.push(reply.outcome);
      member.clock += 6_000;
    }
    expect(outcomes).toEqual(["admitted", "admitted", "refused", "refused"]);
  },
);

const wide = { requests: windowMs, concurrency: 0, usd: 0 };
