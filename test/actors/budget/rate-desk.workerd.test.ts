/** Counters of shared rates and principals over real RPC: bursts, recalls, evictions, tokens. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { BudgetActor } from "#actors/budget/budget-actor.ts";
import { rateStream } from "#actors/kit/names.ts";
import type { AdmitReply } from "#actors/user/commands.ts";
import type { UserActor } from "#actors/user/user-actor.ts";
import type { LimitData } from "#events/user-events.ts";
import type { PolicyWhen } from "#policy/document.ts";
import { limitOf, requestOf, settlementOf } from "../user/fixtures.ts";
import { rateTermsOf } from "#policy/shared.ts";

const bindings = env as unknown as {
  USERS: DurableObjectNamespace<UserActor>;
  BUDGETS: DurableObjectNamespace<BudgetActor>;
  TALLYGATE_SECRET: string;
};
const now = Date.now();
let teams = 0;

/** A team of its own under one rate. */
class Team {
  readonly organisation = `rates-${teams++}-${now}`;
  limit: LimitData;
  version = 1;
  #ids = 0;

  constructor(fields: Partial<LimitData>) {
    this.limit = limitOf({ name: "team-rpm", scope: "team:red", ...fields });
  }

  user(name: string) {
    return bindings.USERS.getByName(`${this.organisation}-${name}`);
  }

  counter() {
    return bindings.BUDGETS.getByName(
      rateStream(bindings.TALLYGATE_SECRET, this.organisation, this.limit),
    );
  }

  home(name: string) {
    const stream = `${this.organisation}-${name}`;
    return { organisation: this.organisation, stream, ledger: `${this.organisation}-0` };
  }

  /** Uses something as a member of the team, while there is no rate. */
  async use(name: string, tokens: number, model = "m"): Promise<void> {
    const bound = { inputTokens: tokens, outputTokens: 0, costNanos: 0 };
    const own = { team: "red", model, bound, deadlineAt: Date.now() + 600_000 };
    const request = requestOf(`r${this.#ids++}`, own);
    const command = { home: this.home(name), at: Date.now(), request, ledgerShards: 1 };
    expect((await this.user(name).admit(command)).outcome).toBe("admitted");
  }

  /** As the policy actor does once a version is in force. */
  async tell(name: string, when?: PolicyWhen): Promise<void> {
    const { limit, version } = this;
    const rates = [{ limit, when }];
    const command = { home: this.home(name), ledgerShards: 1, version, openings: [], rates };
    await this.user(name).openLeases(command);
  }

  setRate(since: number, counted: boolean) {
    const { limit, version } = this;
    const stream = rateStream(bindings.TALLYGATE_SECRET, this.organisation, limit);
    const home = { ...this.home("counter"), stream };
    return this.counter().setRate({ home, rate: rateTermsOf(limit), version, since, counted });
  }

  admit(name: string, tokens = 1, id = `r${this.#ids++}`): Promise<AdmitReply> {
    const request = requestOf(id, {
      policyVersion: this.version,
      sharedLimits: [this.limit],
      bound: { inputTokens: tokens, outputTokens: 0, costNanos: 0 },
      deadlineAt: Date.now() + 600_000,
    });
    const at = Date.now();
    return this.user(name).admit({ home: this.home(name), at, request, ledgerShards: 1 });
  }

  settle(name: string, id: string, tokens: number): Promise<void> {
    const settlement = settlementOf(id, 0, tokens);
    return this.user(name).settle([{ home: this.home(name), at: Date.now(), settlement }]);
  }
}

const admitted = (replies: readonly AdmitReply[]) =>
  replies.filter(({ outcome }) => outcome === "admitted").length;

test("a burst of three users admits exactly what the team's rate allows", async () => {
  const team = new Team({ limit: 37 });
  const replies = await Promise.all(
    Array.from({ length: 120 }, (_, n) => team.admit(["a", "b", "c"][n % 3] ?? "a")),
  );
  expect(admitted(replies)).toBe(37);
  const refused = replies.find(({ outcome }) => outcome === "refused");
  expect(refused).toMatchObject({ code: "rate_limited", by: "team-rpm" });
  const { retryAt = 0 } = refused as { retryAt?: number };
  expect(retryAt).toBeGreaterThan(now + 50_000);
  expect(retryAt).toBeLessThan(Date.now() + 61_000);
});

test("permits that one user does not use are there for another", async () => {
  const team = new Team({ limit: 20 });
  const replies = [await team.admit("a")];
  for (let n = 0; n < 19; n += 1) replies.push(await team.admit("b"));
  expect(admitted(replies)).toBe(20);
  expect((await team.admit("c")).outcome).toBe("refused");
  expect((await team.admit("a")).outcome).toBe("refused");
});

test("a request is answered from permits, without asking the counter each time", async () => {
  const team = new Team({ limit: 10_000 });
  for (let n = 0; n < 64; n += 1) await team.admit("a");
  const asked = await runInDurableObject(team.counter(), (_actor, { storage }) =>
    Number(storage.sql.exec("SELECT count(*) AS n FROM events").one()["n"]),
  );
  expect(asked).toBeLessThan(64 / 4);
});

test("an evicted counter and an evicted user forget nothing", async () => {
  const team = new Team({ limit: 12 });
  const replies = [];
  for (let n = 0; n < 6; n += 1) replies.push(await team.admit("a"));
  await evictDurableObject(team.counter());
  await evictDurableObject(team.user("a"));
  for (let n = 0; n < 10; n += 1) replies.push(await team.admit(n % 2 === 0 ? "a" : "b"));
  expect(admitted(replies)).toBe(12);
});

test("what tokens a request did not need is there for another user", async () => {
  const team = new Team({ metric: "tokens", limit: 100 });
  expect((await team.admit("a", 100, "big")).outcome).toBe("admitted");
  await team.settle("a", "big", 30);
  expect((await team.admit("b", 70)).outcome).toBe("admitted");
  expect(await team.admit("b", 1)).toMatchObject({ code: "token_rate_limited", by: "team-rpm" });
});

test("a cut holds from the first request under it, whoever holds permits", async () => {
  const team = new Team({ limit: 100 });
  for (let n = 0; n < 6; n += 1) await team.admit("a");
  team.version = 2;
  team.limit = { ...team.limit, limit: 5 };
  expect((await team.admit("b")).outcome).toBe("refused");
  expect((await team.admit("a")).outcome).toBe("refused");
});

test("what is more than the limit is refused for good, and asks nobody", async () => {
  const team = new Team({ metric: "tokens", limit: 10 });
  const reply = await team.admit("a", 11);
  expect(reply).toMatchObject({ outcome: "refused", code: "token_rate_limited" });
  expect(reply).not.toHaveProperty("retryAt");
});

test("a rate that is new counts what the team used before, also of one model only, and is effective only then", async () => {
  for (const when of [undefined, { models: ["big*"] }]) {
    const team = new Team({ metric: "tokens", limit: 100, whole: when === undefined });
    await team.use("a", 30, "big-1");
    await team.use("b", 20, "big-2");
    await team.use("b", 40, "small");
    const since = Date.now();
    team.version = 2;
    if (when !== undefined) team.limit = { ...team.limit, since };
    expect(await team.setRate(since, false)).toMatchObject({ effective: false, counted: false });
    await team.tell("a", when);
    await team.tell("b", when);
    await evictDurableObject(team.counter());
    expect(await team.setRate(since, true)).toMatchObject({ effective: true, counted: true });
    await evictDurableObject(team.user("b"));
    const left = when === undefined ? 10 : 50;
    expect(await team.admit("c", left + 1)).toMatchObject({ outcome: "refused", by: "team-rpm" });
    expect(await team.admit("a", left)).toMatchObject({ outcome: "admitted" });
    expect(await team.admit("b", 1)).toMatchObject({ outcome: "refused", by: "team-rpm" });
  }
});

test("permits that were granted before all had told are called back before a rate is effective", async () => {
  const team = new Team({ metric: "tokens", limit: 100, whole: true });
  await team.use("a", 90);
  team.version = 2;
  // Half of what is free, as far as the counter knows.
  expect((await team.admit("b", 5)).outcome).toBe("admitted");
  expect((await team.admit("c", 5)).outcome).toBe("admitted");
  await team.tell("a");
  expect(await team.setRate(1, true)).toMatchObject({ effective: true });
  expect((await team.admit("b", 1)).outcome).toBe("refused");
  expect((await team.admit("c", 1)).outcome).toBe("refused");
});
