/**
 * Upgrade and rollback, rehearsed: an early Worker and this one, each as the edge over the other's
 * actors, one after the other on the same storage, while the books go on.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { seed } from "../../scripts/seed.ts";
import type { Keys } from "../../scripts/state.ts";
import { ask, chat } from "../support/client.ts";
import { secret, startMixed, type Version } from "../support/mixed-workers.ts";
import {
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

const state = mkdtempSync(path.join(tmpdir(), "tallygate-mixed-"));
let upstream: ScriptedUpstream;
let keys: Keys;
let answered = 0;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
});
afterAll(async () => {
  await upstream.stop();
  rmSync(state, { recursive: true, force: true });
});

/** A pair of versions on this state: every call of it adds to the same books. */
async function live(
  versions: { edge: Version; actors: Version },
  more?: (url: string) => Promise<void>,
): Promise<void> {
  const gateway = await startMixed(state, versions);
  try {
    const { url } = gateway;
    keys ??= await seed(url, secret, policy());
    const said = await chat({ url }, keys.alice, "hi", { max_tokens: 20 });
    const streamed = await chat({ url }, keys.alice, "hi", { max_tokens: 20, stream: true });
    expect([said.status, said.text]).toEqual([200, expect.stringContaining("Hello there.")]);
    expect([streamed.status, streamed.text]).toEqual([200, expect.stringContaining("[DONE]")]);
    answered += 2;
    await expect
      .poll(
        async () => {
          const { json } = await ask(`${url}/costs`, { key: keys.auditor });
          return (json["total"] as { costNanos: number }).costNanos;
        },
        { timeout: 60_000 },
      )
      .toBe(answered * plainCostNanos);
    const budgets = await ask(`${url}/budgets`, { key: keys.alice });
    expect(budgets.json["budgets"]).toMatchObject([
      { budget: "month", settledUsd: String((answered * plainCostNanos) / 1e9) },
      { budget: "team", complete: true },
    ]);
    expect((await ask(`${url}/audit/faults`, { key: keys.auditor })).json["faults"]).toEqual([]);
    const refused = await chat({ url }, `${keys.alice.slice(0, -1)}x`, "hi");
    expect(refused.status).toBe(401);
    await more?.(url);
  } finally {
    await gateway.stop();
  }
}

function policy(): object {
  return scriptedPolicy(upstream.url, {
    budgets: [
      { name: "month", limitUsd: 1, period: "month" },
      { name: "team", limitUsd: 5, period: "month", scope: "organisation" },
    ],
    limits: [{ name: "rpm", metric: "requests", windowMs: 60_000, limit: 1_000 }],
  });
}

/** Only this version has it: its answer tells which edge and which actors there are. */
async function putBack(url: string): Promise<number> {
  const to = { time: new Date(Date.now() - 60_000).toISOString() };
  const body = JSON.stringify({ actor: "policy", confirm: "policy", to });
  return (await ask(`${url}/admin/restore`, { method: "POST", key: keys.admin, body })).status;
}

it.each<{ edge: Version; actors: Version; when: string; status: number }>([
  { edge: "early", actors: "early", when: "before the upgrade", status: 404 },
  { edge: "early", actors: "now", when: "while it or a rollback spreads", status: 404 },
  { edge: "now", actors: "early", when: "while it or a rollback spreads", status: 503 },
  { edge: "early", actors: "early", when: "after the rollback", status: 404 },
  // The order and its refusal are events that the early one has never heard of.
  { edge: "now", actors: "now", when: "and forward again", status: 501 },
])(
  "$edge edge, $actors actors ($when): calls are answered, and the books are whole",
  ({ edge, actors, status }) =>
    live({ edge, actors }, async (url) => {
      expect(await putBack(url)).toBe(status);
    }),
);

it("rolled back past an event that the early one does not know, its actor decides nothing; forward again nothing is lost", async () => {
  const early = await startMixed(state, { edge: "early", actors: "early" });
  try {
    const reached = upstream.seen.length;
    expect((await chat({ url: early.url }, keys.alice, "hi")).status).toBe(503);
    expect(upstream.seen).toHaveLength(reached);
  } finally {
    await early.stop();
  }
  await live({ edge: "now", actors: "now" });
});
