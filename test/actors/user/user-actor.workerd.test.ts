import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { AdmitReply, Home, UserActorApi } from "#actors/user/commands.ts";
import type { UserActor } from "#actors/user/user-actor.ts";
import type { PastCounter } from "#actors/user/past-counter.ts";
import type { RequestData } from "#actors/user/state.ts";
import { unseal } from "#events/envelope.ts";
import { budgetOf, limitOf, requestOf, settlementOf } from "./fixtures.ts";

const { USERS: users } = env as unknown as { USERS: DurableObjectNamespace<UserActor> };
const soon = () => Date.now() + 600_000;
let actors = 0;

class Principal {
  readonly name = `user-${actors++}-${Date.now()}`;
  readonly home: Home = { organisation: "acme", stream: this.name, ledger: "acme-0" };

  get stub() {
    return users.getByName(this.name);
  }

  get api(): UserActorApi {
    return this.stub;
  }

  admit(requestId: string, fields: Partial<RequestData> = {}): Promise<AdmitReply> {
    const request = requestOf(requestId, { deadlineAt: soon(), ...fields });
    return this.api.admit({ home: this.home, at: Date.now(), request });
  }

  settle(requestId: string, costNanos: number): Promise<void> {
    const settlement = settlementOf(requestId, costNanos);
    return this.api.settle([{ home: this.home, at: Date.now(), settlement }]);
  }

  /** Types and causes of every event in storage. */
  types(): Promise<string[]> {
    return runInDurableObject(this.stub, (_actor, state) =>
      state.storage.sql
        .exec<{ body: string; hash: string; seq: number }>(
          "SELECT seq, body, hash FROM events ORDER BY seq",
        )
        .toArray()
        .map((row) => unseal(row).type),
    );
  }
}

/** Today, whatever day the test runs on. */
const today = { resetsAt: Date.now() + 86_400_000, startsAt: Date.now() - 86_400_000 };

describe("over real RPC", () => {
  test("a request is admitted with what is left, settled, and both are events", async () => {
    const user = new Principal();
    const limits = [limitOf()];
    const reply = await user.admit("a", { limits, budgets: [budgetOf(today)] });
    expect(reply).toMatchObject({
      outcome: "admitted",
      seq: 1,
      holdNanos: 100,
      limits: [
        { name: "per-minute", kind: "rate", limit: 3, remaining: 2 },
        { name: "monthly", kind: "budget", limit: 1_000, remaining: 900 },
      ],
    });
    await user.settle("a", 40);
    expect(await user.types()).toEqual(["RequestAdmitted", "RequestSettled"]);
    const next = await user.admit("b", { limits, budgets: [budgetOf(today)] });
    expect(next.outcome === "admitted" && next.limits[1]?.remaining).toBe(860);
  });

  test("settlements that ride with an admission are booked before it is decided", async () => {
    const user = new Principal();
    const fields = { budgets: [budgetOf({ ...today, limitNanos: 150 })] };
    expect((await user.admit("a", fields)).outcome).toBe("admitted");
    expect((await user.admit("b", fields)).outcome).toBe("refused");
    const request = requestOf("c", { deadlineAt: soon(), ...fields });
    const settlements = [settlementOf("a", 40)];
    const command = { home: user.home, at: Date.now(), request, settlements };
    expect((await user.api.admit(command)).outcome).toBe("admitted");
    // Sent once more, as after an answer that was lost: nothing is booked twice.
    await user.settle("a", 40);
    expect(await user.types()).toEqual([
      "RequestAdmitted",
      "RequestRefused",
      "RequestSettled",
      "RequestAdmitted",
    ]);
  });

  test("200 at once on one actor admit exactly the limit, each told its own remainder", async () => {
    const user = new Principal();
    const limits = [limitOf({ limit: 37 })];
    const ids = Array.from({ length: 200 }, (_, index) => `r${index}`);
    const replies = await Promise.all(ids.map((id) => user.admit(id, { limits })));
    const left = replies.flatMap((reply) =>
      reply.outcome === "admitted" ? [reply.limits[0]?.remaining] : [],
    );
    expect(left.toSorted((a = 0, b = 0) => b - a)).toEqual(
      Array.from({ length: 37 }, (_, i) => 36 - i),
    );
    const refused = replies.filter(({ outcome }) => outcome === "refused");
    expect(refused).toHaveLength(163);
    for (const reply of refused) {
      expect(reply).toMatchObject({ code: "rate_limited", by: "per-minute" });
      expect(reply.outcome === "refused" && reply.retryAt).toBeGreaterThan(Date.now());
    }
  });

  test("a rule for one model that comes later counts that model's calls, once and exactly", async () => {
    const user = new Principal();
    const calls = Array.from({ length: 150 }, (_, n) => (n % 3 === 0 ? `big${n}` : `small${n}`));
    await Promise.all(calls.map((id) => user.admit(id, { model: id.replace(/\d+/, "") })));
    await Promise.all(calls.slice(0, 90).map((id) => user.settle(id, 7)));
    // 50 calls of the model: 30 have cost 7, 20 still hold 100. There is room for five holds more.
    const since = Date.now();
    const limits = [limitOf({ name: "few", limit: 55, windowMs: 3_600_000, since })];
    const budgets = [budgetOf({ ...today, name: "mine", limitNanos: 2_710 + 10, since })];
    const when = { models: ["big"] };
    const picks = { limits: { few: when }, budgets: { mine: when } };
    const fields = { deadlineAt: soon(), model: "big", policyVersion: 2, limits, budgets };
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, n) => {
        const request = requestOf(`new${n}`, fields);
        return user.api.admit({ home: user.home, at: Date.now(), request, picks });
      }),
    );
    expect(replies.filter(({ outcome }) => outcome === "admitted")).toHaveLength(5);
    const counted = (await user.types()).filter((type) => type === "RulePastCounted");
    expect(counted).toHaveLength(2);
    await evictDurableObject(user.stub);
    await user.settle("big90", 0);
    expect((await user.admit("after", fields)).outcome).toBe("refused");
  });

  test("a past that is too long to wait for is read by alarm, and its rule counts all till then", async () => {
    const user = new Principal();
    const calls = Array.from({ length: 90 }, (_, n) => (n % 3 === 0 ? `big${n}` : `small${n}`));
    await Promise.all(calls.map((id) => user.admit(id, { model: id.replace(/\d+/, "") })));
    await Promise.all(calls.slice(0, 30).map((id) => user.settle(id, 7)));
    const since = Date.now();
    const limits = [limitOf({ name: "few", limit: 35, windowMs: 3_600_000, since })];
    const budgets = [budgetOf({ ...today, name: "mine", limitNanos: 2_570, since })];
    const when = { models: ["big"] };
    const picks = { limits: { few: when }, budgets: { mine: when } };
    const fields = { deadlineAt: soon(), model: "big", policyVersion: 2, limits, budgets };
    const ask = (id: string) => {
      const request = requestOf(id, fields);
      return user.api.admit({ home: user.home, at: Date.now(), request, picks });
    };
    await runInDurableObject(user.stub, (actor) => {
      const { bounds } = (actor as unknown as { pasts: PastCounter }).pasts;
      Object.assign(bounds, { events: 50, step: 40, page: 20 });
    });
    expect(await ask("early")).toMatchObject({ outcome: "refused", by: "few" });
    const told = async () => (await user.types()).filter((type) => type.startsWith("RulePast"));
    expect(await told()).toEqual(["RulePastAwaited", "RulePastAwaited"]);
    // A step of it, and the actor is gone.
    await runDurableObjectAlarm(user.stub);
    await evictDurableObject(user.stub);
    for (let n = 0; (await told()).length < 4; n += 1) {
      expect(n).toBeLessThan(20);
      await runDurableObjectAlarm(user.stub);
    }
    expect((await told()).slice(2)).toEqual(["RulePastCounted", "RulePastCounted"]);
    // 30 calls of the model: 10 have cost 7, 20 still hold 100. There is room for five holds more.
    const replies = await Promise.all(Array.from({ length: 9 }, (_, n) => ask(`new${n}`)));
    expect(replies.filter(({ outcome }) => outcome === "admitted")).toHaveLength(5);
  });

  test("200 at once never hold more than the budget", async () => {
    const user = new Principal();
    const budgets = [budgetOf({ ...today, limitNanos: 1_250 })];
    const ids = Array.from({ length: 200 }, (_, index) => `r${index}`);
    const replies = await Promise.all(ids.map((id) => user.admit(id, { budgets })));
    expect(replies.filter(({ outcome }) => outcome === "admitted")).toHaveLength(12);
  });

  test("refusals alike become one event and one count", async () => {
    const user = new Principal();
    const limits = [limitOf({ limit: 1 })];
    await user.admit("a", { limits });
    for (let i = 0; i < 5; i++) await user.admit(`r${i}`, { limits });
    await user.admit("b", { limits: [] });
    expect(await user.types()).toEqual([
      "RequestAdmitted",
      "RequestRefused",
      "RefusalsCounted",
      "RequestAdmitted",
    ]);
  });

  test("a reply that was lost is given again to the same request id, with one hold", async () => {
    const user = new Principal();
    const budgets = [budgetOf(today)];
    const first = await user.admit("a", { budgets });
    await evictDurableObject(user.stub);
    const again = await user.admit("a", { budgets });
    expect(again).toEqual(first);
    expect(await user.types()).toEqual(["RequestAdmitted"]);
  });

  test("an older policy is told which one is needed", async () => {
    const user = new Principal();
    await user.admit("a", { policyVersion: 9 });
    expect(await user.admit("b", { policyVersion: 8 })).toEqual({
      outcome: "stale-policy",
      need: 9,
    });
  });

  test("a fenced key is refused from the acknowledgement on", async () => {
    const user = new Principal();
    await user.admit("a", { keyId: "k" });
    await user.api.fenceKey({ home: user.home, at: Date.now(), command: "c", keyId: "k" });
    expect(await user.admit("b", { keyId: "k" })).toMatchObject({ code: "key_revoked", by: "k" });
  });

  test("an extension that does not fit is refused, one that fits holds more", async () => {
    const user = new Principal();
    await user.admit("a", { budgets: [budgetOf({ ...today, limitNanos: 150 })] });
    const extension = { home: user.home, at: Date.now(), requestId: "a", deadlineAt: soon() };
    expect(await user.api.extend({ ...extension, costNanos: 151 })).toEqual({ ok: false });
    expect(await user.api.extend({ ...extension, costNanos: 150 })).toEqual({ ok: true });
  });
});

describe("whatever dies in between", () => {
  test("an eviction between admission and settlement keeps the hold", async () => {
    const user = new Principal();
    const budgets = [budgetOf({ ...today, limitNanos: 150 })];
    await user.admit("a", { budgets });
    await evictDurableObject(user.stub);
    expect(await user.admit("b", { budgets })).toMatchObject({ code: "budget_exceeded" });
    await user.settle("a", 10);
    await evictDurableObject(user.stub);
    const reply = await user.admit("c", { budgets });
    expect(reply).toMatchObject({ outcome: "admitted", limits: [{ remaining: 40 }] });
  });

  test("a hold that is never settled expires by alarm at its full cost, and a late truth refunds", async () => {
    const user = new Principal();
    const budgets = [budgetOf({ ...today, limitNanos: 1_000 })];
    await user.admit("a", { budgets, deadlineAt: Date.now() });
    await runDurableObjectAlarm(user.stub);
    expect(await user.types()).toEqual(["RequestAdmitted", "HoldExpired"]);
    await user.settle("a", 10);
    await user.settle("a", 10);
    expect(await user.types()).toEqual(["RequestAdmitted", "HoldExpired", "ExpiryCorrected"]);
    const reply = await user.admit("b", { budgets });
    expect(reply).toMatchObject({ limits: [{ remaining: 890 }] });
  });

  test("a release gives the hold back once", async () => {
    const user = new Principal();
    const budgets = [budgetOf({ ...today, limitNanos: 100 })];
    await user.admit("a", { budgets });
    const release = { home: user.home, at: Date.now(), requestId: "a", reason: "no route" };
    await user.api.release(release);
    await user.api.release(release);
    expect(await user.types()).toEqual(["RequestAdmitted", "RequestReleased"]);
    expect(await user.admit("b", { budgets })).toMatchObject({ outcome: "admitted" });
  });
});
