/**
 * A service account that several actors serve, over real HTTP, with the upstream's journal as the
 * oracle: its callers see no change, its limits hold while it is split and joined, processes killed
 * in between, and the books know one member.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { WhatIfResult } from "#projections/what-if/result.ts";
import { AdminClient } from "../../scripts/policy-client.ts";
import { ask, chat, errorOf, type Answer } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { claimPort } from "../support/ports.ts";
import {
  json,
  openAiAnswer,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

const dear = { input: 60, output: 90 };
const costNanos = dear.input * 100_000 + dear.output * 200_000;
const state = mkdtempSync(path.join(tmpdir(), "tallygate-split-"));
let upstream: ScriptedUpstream;
let gateway: TestGateway | undefined;

const cap = 5;
const open = { now: 0, most: 0 };

beforeAll(async () => {
  upstream = await startScriptedUpstream((_seen, response) => {
    open.now += 1;
    open.most = Math.max(open.most, open.now);
    response.on("close", () => void (open.now -= 1));
    // Long enough that those who come together are open together.
    setTimeout(() => json(response, 200, openAiAnswer("Hello there.", "gpt-4o-mini", dear)), 50);
  });
});
afterEach(async () => {
  await gateway?.stop();
});
afterAll(async () => {
  await upstream.stop();
  rmSync(state, { recursive: true, force: true });
});

const limitUsd = 0.6;
const rate = 30;
const policyOf = (shards: number, more: object = {}): Record<string, unknown> =>
  scriptedPolicy(upstream.url, {
    limits: [{ name: "hourly", metric: "requests", limit: rate, windowMs: 3_600_000 }],
    concurrency: [{ name: "open", limit: cap }],
    budgets: [{ name: "month", limitUsd }],
    accounting: { holdMs: 10_000 },
    ...(shards === 0 ? {} : { split: [{ member: "alice", shards }] }),
    ...more,
  }) as Record<string, unknown>;

async function publish({ url, keys }: TestGateway, document: object): Promise<void> {
  const admin = await AdminClient.open({ url, key: keys.admin });
  try {
    const { version } = (await admin.ask({ type: "GetPolicy" })) as { version: number };
    await admin.ask({ type: "PublishPolicy", expectVersion: version, document, comment: "split" });
    // An isolate may act on the version before for a few seconds.
    const served = async () => {
      const answer = await chat(gateway as TestGateway, keys.alice, "hi", { max_tokens: 1 });
      return Number(answer.headers.get("x-tallygate-policy-version") ?? version + 1);
    };
    await expect.poll(served, { timeout: 60_000, interval: 1_000 }).toBe(version + 1);
  } finally {
    admin.close();
  }
}

const ask8 = (started: TestGateway): Promise<(Answer | undefined)[]> =>
  Promise.all(
    Array.from({ length: 8 }, () =>
      chat(started, started.keys.alice, "hi", { max_tokens: 100 }).catch(() => undefined),
    ),
  );

interface Standing {
  budget: string;
  scope: string;
  member?: string;
  limitNanos: number;
  settledNanos: number;
  heldNanos: number;
}

async function standingOf({ url }: TestGateway, key: string): Promise<Standing[]> {
  const { status, text, json: body } = await ask(`${url}/budgets`, { key });
  expect(status, text).toBe(200);
  return body["budgets"] as Standing[];
}

it("split, killed and joined again, an account spends its budget once and is one member in the books", async () => {
  const port = await claimPort();
  const start = async (): Promise<TestGateway> => {
    const started = await startGateway({ policy: policyOf(0), state, port });
    gateway = started;
    return started;
  };
  let started = await start();
  const { alice, auditor } = started.keys;
  for (let n = 0; n < 4; n += 1) {
    expect((await chat(started, alice, "hi", { max_tokens: 100 })).status).toBe(200);
  }
  await publish(started, policyOf(4));
  const answers = await ask8(started);
  expect(answers.map((answer) => answer?.status)).toContain(429);
  const [passed] = answers.filter((answer) => answer?.status === 200);
  // Callers read the same headers, of all actors together.
  expect(passed?.headers.get("x-tallygate-budget")).toContain(`"month";limit=${limitUsd};`);
  expect(passed?.headers.get("ratelimit-policy")).toContain('"hourly"');
  // Killed while requests are open.
  const openOnes = ask8(started);
  await expect.poll(() => upstream.seen.length).toBeGreaterThan(4);
  await started.kill();
  await openOnes;
  started = await start();
  await publish(started, policyOf(0));
  const last: (Answer | undefined)[] = [];
  for (let round = 0; round < 8; round += 1) last.push(...(await ask8(started)));
  const refused = last.find((answer) => answer !== undefined && answer.status !== 200);
  expect([402, 429]).toContain(refused?.status);
  expect(errorOf(refused as Answer).message).toMatch(/"(?:month|hourly|open)"/);
  expect([open.most > 1, open.most <= cap]).toEqual([true, true]);
  expect(upstream.seen.length).toBeLessThanOrEqual(rate);
  expect(upstream.seen.length * costNanos).toBeLessThanOrEqual(limitUsd * 1e9);
  const own = await standingOf(started, alice);
  expect(own).toMatchObject([{ budget: "month", scope: "user", member: "alice" }]);
  const [month] = own;
  expect(month?.limitNanos).toBe(limitUsd * 1e9);
  const booked = (month?.settledNanos ?? 0) + (month?.heldNanos ?? 0);
  expect(booked).toBeLessThanOrEqual(limitUsd * 1e9);
  expect(booked).toBeGreaterThanOrEqual(upstream.seen.length * costNanos);
  // One member: in the audit list, in the sums, and in every decision explained.
  const rowsOf = async (where: string, list: string): Promise<Record<string, unknown>[]> => {
    const { json: body, text, status } = await ask(`${started.url}${where}`, { key: auditor });
    expect(status, text).toBe(200);
    return body[list] as Record<string, unknown>[];
  };
  const events = async () => {
    const rows = await rowsOf("/audit/events?kind=request&limit=500", "events");
    return { users: [...new Set(rows.map(({ user }) => user))], enough: rows.length >= 5 };
  };
  await expect.poll(events, { timeout: 60_000 }).toEqual({ users: ["alice"], enough: true });
  // The newest may be a row of refusals that are counted together, which is no decision of its own.
  const rows = await rowsOf("/audit/events?kind=request&limit=500", "events");
  const decided = rows.filter(({ kind }) => kind === "request");
  expect(decided.length).toBeGreaterThanOrEqual(5);
  for (const { id } of decided) {
    const explained = await ask(`${started.url}/audit/events/${String(id)}/explain`, {
      key: auditor,
    });
    expect([explained.status, explained.json["same"]], explained.text).toEqual([200, true]);
  }
  // What other actors decided is proven in their own streams; whose turn it was, requests' ids say.
  const proven = async () => {
    const streams = new Set<unknown>();
    for (const actor of [0, 1, 2, 3]) {
      const at = `${started.url}/audit/members/alice/evidence?actor=${actor}`;
      const { text: evidence } = await ask(at, { key: auditor });
      const [head, bundle] = evidence.split("\n").map((line) => JSON.parse(line || "{}") as object);
      const { events: shown } = (bundle ?? {}) as { events?: unknown[] };
      if ((shown?.length ?? 0) > 0) streams.add((head as { stream?: unknown }).stream);
    }
    return streams.size;
  };
  await expect.poll(proven, { timeout: 60_000 }).toBeGreaterThanOrEqual(2);
  // Under a draft they are one member too: all but the first five of this hour would be refused.
  const draft = policyOf(0, {
    limits: [{ name: "hourly", metric: "requests", limit: 5, windowMs: 3_600_000 }],
    concurrency: [],
    budgets: [],
  });
  const again = async () => {
    const body = JSON.stringify({ document: draft });
    const { url, keys } = started;
    const { text } = await ask(`${url}/policy/what-if`, { method: "POST", key: keys.admin, body });
    const { result } = JSON.parse(text.trim().split("\n").at(-1) ?? "") as { result: WhatIfResult };
    const known = await rowsOf("/audit/events?kind=request&limit=500", "events");
    const passedOnes = known.filter(
      ({ kind, outcome }) => kind === "request" && outcome !== "refused",
    );
    const { splitMembers, splitLate, newlyRefused, newlyAllowed, byRule } = result;
    return [
      splitMembers,
      splitLate,
      newlyAllowed,
      newlyRefused - passedOnes.length,
      byRule["hourly"]?.newlyRefused === newlyRefused,
    ];
  };
  await expect.poll(again, { timeout: 60_000 }).toEqual([1, 0, 0, -5, true]);
}, 240_000);
