/**
 * Rates of a team, over real HTTP: who asks together runs out together, exactly, whatever is killed
 * in between. The upstream's own journal is the oracle.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { AdminClient } from "../../scripts/policy-client.ts";
import { ask, auditEntry, chat, errorOf } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { claimPort } from "../support/ports.ts";
import {
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway | undefined;
const states: string[] = [];
beforeAll(async () => {
  upstream = await startScriptedUpstream();
});
afterAll(async () => {
  await upstream.stop();
  for (const state of states) rmSync(state, { recursive: true, force: true });
});
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  upstream.seen.length = 0;
});

async function withRate(
  limit: number,
  scope: string,
  more: Parameters<typeof startGateway>[0] = {},
) {
  const rate = { name: "shared-rpm", metric: "requests", limit, windowMs: 3_600_000, scope };
  const policy = scriptedPolicy(upstream.url, { limits: [rate] });
  const started = await startGateway({ policy, ...more });
  gateway = started;
  const admin = await AdminClient.open({ url: started.url, key: started.keys.admin });
  for (const id of ["alice", "bob"]) {
    await admin.ask({
      type: "SetMember",
      member: { id, role: "member", tier: "standard", team: "red" },
    });
  }
  admin.close();
  return started;
}

it("two members of a team that ask at once are admitted to the limit exactly, and told so", async () => {
  const started = await withRate(30, "team");
  const { alice, bob } = started.keys;
  const answers = await Promise.all(
    Array.from({ length: 90 }, (_, n) => chat(started, n % 2 === 0 ? alice : bob, "hi")),
  );
  const passed = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 429);
  expect(passed).toHaveLength(30);
  expect(refused).toHaveLength(60);
  expect(upstream.seen).toHaveLength(30);
  const [last] = refused;
  if (last === undefined) throw new Error("nobody was refused");
  expect(errorOf(last)).toMatchObject({ code: "rate_limited" });
  expect(errorOf(last).message).toContain('"shared-rpm"');
  const wait = Number(last.headers.get("retry-after"));
  expect(wait).toBeGreaterThan(1_800);
  expect(wait).toBeLessThanOrEqual(3_600);
  expect(passed[0]?.headers.get("ratelimit-policy")).toContain('"shared-rpm";q=30;w=3600');
  // The decision is made again from the member's own log.
  const id = passed[7]?.headers.get("x-request-id") ?? "";
  await auditEntry(started, id);
  const explained = await ask(`${started.url}/audit/events/${id}/explain`, {
    key: started.keys.auditor,
  });
  expect(explained.status, explained.text).toBe(200);
  expect(explained.text).toContain('"same":true');
}, 240_000);

it("rates and a budget that are new count what members did before them, and only what they pick", async () => {
  const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };
  const rule = { metric: "requests", windowMs: 3_600_000, scope: "organisation" };
  const big = { models: ["big"] };
  const policy = (more: object): Record<string, unknown> => ({
    ...scriptedPolicy(upstream.url),
    tiers: { standard: { candidates: [{ provider: "scripted", serves: ["*"] }] } },
    prices: { small: price, big: price },
    ...more,
  });
  const started = await startGateway({ policy: policy({}) });
  gateway = started;
  const { alice, bob } = started.keys;
  const by = (key: string, model: string) => chat(started, key, "hi", { model, max_tokens: 50 });
  for (const key of [alice, alice, bob]) expect((await by(key, "big")).status).toBe(200);
  for (const key of [alice, bob, bob, bob]) expect((await by(key, "small")).status).toBe(200);
  const admin = await AdminClient.open({ url: started.url, key: started.keys.admin });
  const effective = new Promise<unknown>((resolve) => {
    admin.listen((event) => {
      if (event.type === "BudgetLimitsEffective") resolve(event.data);
    });
  });
  const limits = [
    { ...rule, name: "of-all", limit: 10 },
    { ...rule, name: "of-big", limit: 5, when: big },
  ];
  const budgets = [{ name: "big-month", limitUsd: 1, scope: "organisation", when: big }];
  const document = policy({ limits, budgets });
  await admin.ask({ type: "PublishPolicy", expectVersion: 1, document, comment: "late" });
  const scope = "organisation";
  expect(await effective).toMatchObject({
    version: 2,
    budgets: [{ budget: "big-month", scope }],
    rates: [
      { rate: "of-all", scope, limit: 10 },
      { rate: "of-big", scope, limit: 5 },
    ],
  });
  admin.close();
  const told = await ask(`${started.url}/budgets`, { key: started.keys.auditor });
  const [month] = told.json["budgets"] as [object];
  expect(month).toMatchObject({ settledNanos: 3 * plainCostNanos, heldNanos: 0 });
  // Three of five, and seven of ten.
  const answers = [await by(bob, "big"), await by(alice, "big"), await by(bob, "big")];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect(answers[2] && errorOf(answers[2]).message).toContain('"of-big"');
  expect((await by(alice, "small")).status).toBe(200);
  const last = await by(bob, "small");
  expect([last.status, errorOf(last).message]).toEqual([429, expect.stringContaining('"of-all"')]);
}, 240_000);

it("killed again and again, members of the organisation never pass its rate, and may use all of it", async () => {
  const state = mkdtempSync(path.join(tmpdir(), "tallygate-rates-"));
  states.push(state);
  const port = await claimPort();
  for (let round = 0; round < 3; round += 1) {
    const started = await withRate(40, "organisation", { state, port });
    const { alice, bob, admin } = started.keys;
    const keys = [alice, bob, admin];
    const calls = Array.from({ length: 12 }, (_, n) =>
      chat(started, keys[n % 3] ?? alice, "hi").catch(() => undefined),
    );
    await Promise.race(calls);
    await started.kill();
    await Promise.all(calls);
  }
  const started = await withRate(40, "organisation", { state, port });
  const { alice, bob } = started.keys;
  for (let n = 0; n < 60; n += 1) await chat(started, n % 2 === 0 ? alice : bob, "hi");
  expect(upstream.seen.length).toBeLessThanOrEqual(40);
  // What was admitted and never called, or permitted and never used, was lost with its process.
  expect(upstream.seen.length).toBeGreaterThan(40 - 3 * 12);
  const refused = await chat(started, bob, "hi");
  expect(refused.status).toBe(429);
}, 240_000);
