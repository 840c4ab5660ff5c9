/**
 * Storage is put back from a copy, as after a disaster: the books count what was forgotten and what
 * came after, and an auditor sees the fork.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ask, auditEntry, chat } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { claimPort } from "../support/ports.ts";
import {
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

const root = path.resolve(import.meta.dirname, "../..");
const limitUsd = 0.05;
let upstream: ScriptedUpstream;
let port: number;
const state = mkdtempSync(path.join(tmpdir(), "tallygate-restore-"));
const backup = mkdtempSync(path.join(tmpdir(), "tallygate-backup-"));

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  port = await claimPort();
});
afterAll(async () => {
  await upstream.stop();
  rmSync(state, { recursive: true, force: true });
  rmSync(backup, { recursive: true, force: true });
});

/** Runs something on the gateway of this state, and stops that. */
async function withGateway<T>(
  env: Record<string, string>,
  work: (gateway: TestGateway) => Promise<T>,
): Promise<T> {
  const policy = scriptedPolicy(upstream.url, {
    budgets: [{ name: "month", limitUsd, period: "month" }],
  });
  const gateway = await startGateway({ state, port, policy, env });
  try {
    return await work(gateway);
  } finally {
    await gateway.stop();
  }
}

/** The folder that has the SQLite file of every UserActor. */
function usersFolder(): string {
  const found = readdirSync(path.join(state, "storage"), { recursive: true, withFileTypes: true });
  const users = found.find((entry) => entry.isDirectory() && entry.name.endsWith("UserActor"));
  if (users === undefined) throw new Error("no UserActor has stored anything");
  return path.join(users.parentPath, users.name);
}

function copy(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}

const call = (gateway: TestGateway) => chat(gateway, gateway.keys.alice, "hi", { max_tokens: 20 });

/** Calls until the budget refuses; how many were answered. */
async function spendAll(gateway: TestGateway): Promise<number> {
  for (let answered = 0; answered < 100; answered += 1) {
    const answer = await call(gateway);
    if (answer.status === 402) return answered;
    expect(answer.status, answer.text).toBe(200);
    await auditEntry(gateway, answer.headers.get("x-request-id") ?? "");
  }
  throw new Error("nothing was ever refused");
}

async function costNanos(gateway: TestGateway): Promise<number> {
  const { json } = await ask(`${gateway.url}/costs`, { key: gateway.keys.auditor });
  return (json["total"] as { costNanos: number }).costNanos;
}

async function verify({ url, keys }: TestGateway): Promise<string> {
  const published = await ask(`${url}/.well-known/tallygate/keys`);
  const [key] = published.json["keys"] as { publicKey: string }[];
  await ask(`${url}/audit/archive`, { key: keys.auditor, method: "POST" });
  const args = ["verify", url, "--key", key?.publicKey ?? "", "--api-key", keys.auditor];
  return new Promise((resolve) => {
    const node = path.join(root, "node_modules/.bin/node");
    const main = path.join(root, "scripts/cli/main.ts");
    execFile(node, [main, ...args], (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}

it("actors that are told of a restore take back what they forgot, and spend nothing twice", async () => {
  await withGateway({}, async (gateway) => {
    for (let n = 0; n < 3; n += 1) {
      const answer = await call(gateway);
      await auditEntry(gateway, answer.headers.get("x-request-id") ?? "");
    }
  });
  copy(usersFolder(), backup);
  const spent = await withGateway({}, spendAll);
  expect(spent).toBeGreaterThan(2);
  const reached = upstream.seen.length;
  copy(backup, usersFolder());
  const env = { TALLYGATE_RESTORED_AT: new Date().toISOString() };
  await withGateway(env, async (gateway) => {
    expect((await call(gateway)).status).toBe(402);
    expect(upstream.seen).toHaveLength(reached);
    expect(await costNanos(gateway)).toBe(reached * plainCostNanos);
    expect(reached * plainCostNanos).toBeLessThanOrEqual(limitUsd * 1e9);
    const verdict = await verify(gateway);
    expect(verdict).toContain("OK: ");
    expect(verdict).not.toContain("note: ");
  });
}, 240_000);

it("actors that went on before they knew count both branches, and the fork is in the record", async () => {
  copy(backup, usersFolder());
  await withGateway({}, async (gateway) => {
    const first = await call(gateway);
    expect(first.status).toBe(200);
    // Its events find the ledger's, the stream forks, and the budget is what both have spent.
    const id = first.headers.get("x-request-id") ?? "";
    await auditEntry(gateway, id);
    expect((await call(gateway)).status).toBe(402);
    expect(await costNanos(gateway)).toBe(upstream.seen.length * plainCostNanos);
    const verdict = await verify(gateway);
    expect(verdict).toContain("OK: ");
    expect(verdict).toMatch(
      /note: stream u_\w+ was restored to event \d+: event \d+ begins epoch 2/,
    );
    const explained = await ask(`${gateway.url}/audit/events/${id}/explain`, {
      key: gateway.keys.auditor,
    });
    expect(explained.json).toMatchObject({ carried: true });
    const forks = await ask(`${gateway.url}/audit/events?action=stream.forked`, {
      key: gateway.keys.auditor,
    });
    expect(forks.json["events"]).toContainEqual(
      expect.objectContaining({ kind: "act", metadata: expect.objectContaining({ carried: 2 }) }),
    );
  });
}, 240_000);
