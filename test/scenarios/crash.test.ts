/**
 * The process is killed at any moment between admission and settlement, and started again: what was
 * acknowledged is in the books once, and what was cut off is held, never forgotten.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ask, chat } from "../support/client.ts";
import { startGateway } from "../support/gateway.ts";
import { claimPort } from "../support/ports.ts";
import {
  plain,
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
const state = mkdtempSync(path.join(tmpdir(), "tallygate-crash-"));
beforeAll(async () => {
  upstream = await startScriptedUpstream();
});
afterAll(async () => {
  await upstream.stop();
  rmSync(state, { recursive: true, force: true });
});

const limitUsd = 4;
const rounds = 5;

interface Row {
  user: string;
  requests: number;
  costNanos: number;
}

it("killed in mid-flight, five times over, the books add up and the budget still holds", async () => {
  const port = await claimPort();
  const policy = scriptedPolicy(upstream.url, {
    budgets: [{ name: "month", limitUsd, period: "month" }],
    accounting: { holdMs: 10_000 },
  });
  const seed = Number(process.env["CRASH_SEED"] ?? Date.now() % 100_000);
  console.log(`crash seed ${seed}`);
  const acknowledged = { count: 0 };
  const random = (
    (value) => () =>
      (value = (value * 48_271) % 2_147_483_647) / 2_147_483_647
  )(seed + 1);
  for (let round = 0; round < rounds; round += 1) {
    const gateway = await startGateway({ state, port, policy });
    upstream.script = async (seen, response) => {
      await new Promise((resolve) => {
        setTimeout(resolve, random() * 60);
      });
      if (!response.destroyed) await plain(seen, response);
    };
    const calls = Array.from({ length: 12 }, async () => {
      await new Promise((resolve) => {
        setTimeout(resolve, random() * 400);
      });
      const answer = await chat(gateway, gateway.keys.alice, "hi", { max_tokens: 100 }).catch(
        () => undefined,
      );
      if (answer?.status === 200) acknowledged.count += 1;
    });
    await new Promise((resolve) => {
      setTimeout(resolve, 150 + random() * 300);
    });
    // A slow machine answers late: what was never acknowledged cannot be lost.
    const over = { yes: false };
    const all = Promise.all(calls).then(() => {
      over.yes = true;
    });
    while (!over.yes && acknowledged.count === 0) {
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
    }
    await gateway.kill();
    await all;
  }
  upstream.script = plain;
  const gateway = await startGateway({ state, port, policy });
  try {
    const reached = upstream.seen.length;
    const readRow = async (): Promise<Row> => {
      const answer = await ask(`${gateway.url}/costs?by=user`, { key: gateway.keys.auditor });
      const rows = (answer.json["rows"] ?? []) as Row[];
      return (
        rows.find((row) => row.user === "alice") ?? { user: "alice", requests: 0, costNanos: 0 }
      );
    };
    // Holds expire ten seconds after admission; then every admitted request has ended.
    await expect
      .poll(() => stillOpen(gateway, reached), { timeout: 60_000, interval: 500 })
      .toBe(0);
    const row = await readRow();
    // The oracle is the upstream's own journal: it knows what was truly spent.
    const trueCost = reached * plainCostNanos;
    expect(acknowledged.count).toBeGreaterThan(0);
    expect(row.costNanos).toBeGreaterThanOrEqual(acknowledged.count * plainCostNanos);
    expect(row.costNanos).toBeGreaterThanOrEqual(trueCost);
    expect(row.costNanos).toBeLessThanOrEqual(limitUsd * 1e9);
  } finally {
    await gateway.stop();
  }
}, 240_000);

/** Requests without an end; those that the ledger has not heard of yet count as open. */
async function stillOpen(
  gateway: { url: string; keys: { auditor: string } },
  reached: number,
): Promise<number> {
  const answer = await ask(`${gateway.url}/audit/events?user=alice&limit=500`, {
    key: gateway.keys.auditor,
  });
  const events = (answer.json["events"] ?? []) as { outcome: string }[];
  const ended = events.filter(({ outcome }) => outcome !== "admitted" && outcome !== "refused");
  return Math.max(reached - ended.length, 0) + events.length - ended.length;
}
