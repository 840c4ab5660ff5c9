/** A price was wrong: history is costed anew, old and new both in the books, and it verifies. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { ask, auditEntry, chat } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";
import { tallygate } from "../support/tallygate.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;
const budgets = [{ name: "month", limitUsd: 1, period: "month" }];

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gateway = await startGateway({ policy: scriptedPolicy(upstream.url, { budgets }) });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

const as = (who: "admin" | "auditor", ...args: string[]) =>
  tallygate(args, { TALLYGATE_URL: gateway.url, TALLYGATE_KEY: gateway.keys[who] });
const get = (at: string) => ask(`${gateway.url}${at}`, { key: gateway.keys.auditor });

const correct = (to: number, input: string, output: string, who: "admin" | "auditor" = "admin") => {
  const time = ["--from", "2026-01-01", "--to", String(to)];
  const price = ["--input", input, "--output", output];
  return as(who, "correct-price", "gpt-4o-mini", ...time, ...price, "--json");
};

async function costs(): Promise<Record<string, number>> {
  const { json } = await get("/costs?by=user");
  const rows = json["rows"] as { user: string; costNanos: number }[];
  return Object.fromEntries(rows.map(({ user, costNanos }) => [user, costNanos]));
}

async function settled(): Promise<number[]> {
  const { json } = await ask(`${gateway.url}/budgets`, { key: gateway.keys.alice });
  return (json["budgets"] as { settledUsd: string }[]).map((one) => Number(one.settledUsd));
}

async function verify(): Promise<void> {
  const keys = await ask(`${gateway.url}/.well-known/tallygate/keys`);
  const publicKey = (keys.json["keys"] as { publicKey: string }[])[0]?.publicKey ?? "";
  const args = ["verify", gateway.url, "--key", publicKey, "--api-key", gateway.keys.auditor];
  const outcome = await tallygate(args);
  expect([outcome.out + outcome.err, outcome.code]).toEqual([expect.stringContaining("OK: "), 0]);
}

async function call(who: "alice" | "bob"): Promise<string> {
  const answer = await chat(gateway, gateway.keys[who], "hello");
  const id = answer.headers.get("x-request-id") ?? "";
  await auditEntry(gateway, id);
  return id;
}

it("a corrected price re-costs every call of its time, once, beside what was booked", async () => {
  const ids = [await call("alice"), await call("alice"), await call("bob")];
  const until = Date.now() + 1;
  expect(await costs()).toEqual({ alice: 2 * plainCostNanos, bob: plainCostNanos });
  const budgetBefore = await settled();
  expect(budgetBefore[0]).toBeGreaterThan(0);

  const future = await correct(Date.now() + 3_600_000, "200", "400");
  expect([future.code, future.err]).toEqual([1, expect.stringContaining("a time that is over")]);
  expect((await correct(until, "200", "400", "auditor")).code).toBe(1);
  const later = await call("alice");

  // Twice the price: twice the cost.
  const done = await correct(until, "200", "400");
  expect([done.err, done.code]).toEqual(["", 0]);
  const { order, applied } = JSON.parse(done.out) as { order: number; applied: object };
  const sums = { requests: 3, oldNanos: 3 * plainCostNanos, newNanos: 6 * plainCostNanos };
  expect(applied).toMatchObject({ principals: 2, ...sums });
  for (const id of ids) {
    const entry = await auditEntry(gateway, id, (one) => one["correction"] !== undefined);
    expect(entry).toMatchObject({
      outcome: "completed",
      costNanos: 2 * plainCostNanos,
      bookedNanos: plainCostNanos,
      correction: order,
    });
  }
  const wanted = { alice: 5 * plainCostNanos, bob: 2 * plainCostNanos };
  await expect.poll(costs, { timeout: 60_000 }).toEqual(wanted);
  expect((await auditEntry(gateway, later))["costNanos"]).toBe(plainCostNanos);
  // Budgets decided under the price that was known.
  const [after = 0] = await settled();
  expect(after).toBeCloseTo((budgetBefore[0] ?? 0) * 1.5, 9);
  await verify();

  const again = JSON.parse((await correct(until, "200", "400")).out) as { applied: object };
  expect(again.applied).toMatchObject({ principals: 0, requests: 0 });
  const back = JSON.parse((await correct(until, "100", "200")).out) as { applied: object };
  expect(back.applied).toMatchObject({ requests: 3, newNanos: 3 * plainCostNanos });
  const first = { alice: 3 * plainCostNanos, bob: plainCostNanos };
  await expect.poll(costs, { timeout: 60_000 }).toEqual(first);
  const list = await as("admin", "correct-price");
  expect(list.out.trim().split("\n")).toHaveLength(3);
  await verify();
}, 240_000);
