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
  const rate = { name: "shared-rpm", metric: "requests", limit, windowMs: 120_000, scope };
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
  expect(wait).toBeGreaterThan(60);
  expect(wait).toBeLessThanOrEqual(120);
  expect(passed[0]?.headers.get("ratelimit-policy")).toContain('"shared-rpm";q=30;w=120');
  // The decision is made again from the member's own log.
  const id = passed[7]?.headers.get("x-request-id") ?? "";
  await auditEntry(started, id);
  const explained = await ask(`${started.url}/audit/events/${id}/explain`, {
    key: started.keys.auditor,
  });
  expect(explained.status, explained.text).toBe(200);
  expect(explained.text).toContain('"same":true');
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
