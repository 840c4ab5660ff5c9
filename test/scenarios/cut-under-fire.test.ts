/**
 * A team's budget is cut while its members hold credit and have requests open, and every process is
 * killed while that credit is being called back. Over real HTTP, with the upstream's journal as the
 * oracle: the cut becomes effective all the same, and nothing is spent above it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { AdminClient } from "../../scripts/policy-client.ts";
import { ask, chat } from "../support/client.ts";
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
const answer = openAiAnswer("Hello there.", "gpt-4o-mini", dear);
const state = mkdtempSync(path.join(tmpdir(), "tallygate-cut-"));
let upstream: ScriptedUpstream;
let gateway: TestGateway | undefined;
/** Requests that wait for their answer, when the upstream is told to wait. */
let waiting: (() => void)[] = [];

beforeAll(async () => {
  upstream = await startScriptedUpstream();
});
afterEach(async () => {
  for (const go of waiting) go();
  await gateway?.stop();
});
afterAll(async () => {
  await upstream.stop();
  rmSync(state, { recursive: true, force: true });
});

interface Standing {
  scope: string;
  member?: string;
  limitNanos: number;
  settledNanos: number;
  heldNanos: number;
  leasedNanos: number;
  effective: boolean;
}

const policyOf = (limitUsd: number): Record<string, unknown> =>
  scriptedPolicy(upstream.url, {
    budgets: [{ name: "team-month", limitUsd, scope: "team", atLimit: "block" }],
    accounting: { holdMs: 10_000 },
  }) as Record<string, unknown>;

const sleep = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

async function teamOf({ url, keys }: TestGateway): Promise<Standing> {
  const { status, text, json: body } = await ask(`${url}/budgets`, { key: keys.auditor });
  expect(status, text).toBe(200);
  const standings = body["budgets"] as Standing[];
  const [team] = standings.filter((one) => one.scope === "team:red" && one.member === undefined);
  if (team === undefined) throw new Error("no budget of the team");
  return team;
}

/** Publishes the cut where the last process died before it could. */
async function publish({ url, keys }: TestGateway, limitUsd: number): Promise<void> {
  const admin = await AdminClient.open({ url, key: keys.admin });
  try {
    const { version } = (await admin.ask({ type: "GetPolicy" })) as { version: number };
    const command = { expectVersion: version, document: policyOf(limitUsd), comment: "cut" };
    await admin.ask({ type: "PublishPolicy", ...command });
  } finally {
    admin.close();
  }
}

it("cut while leases are out and killed in the recall, the limit becomes effective and holds", async () => {
  const port = await claimPort();
  const start = async (): Promise<TestGateway> => {
    const started = await startGateway({ policy: policyOf(5), state, port });
    gateway = started;
    return started;
  };
  const first = await start();
  const admin = await AdminClient.open({ url: first.url, key: first.keys.admin });
  for (const id of ["alice", "bob"]) {
    const member = { id, role: "member", tier: "standard", team: "red" } as const;
    await admin.ask({ type: "SetMember", member });
  }
  admin.close();
  const cuts = [1.5, 1, 0.7];
  for (const [round, limitUsd] of cuts.entries()) {
    const started = round === 0 ? first : await start();
    const members = [started.keys.alice, started.keys.bob];
    upstream.script = (_seen, response) => json(response, 200, answer);
    for (const key of members) await chat(started, key, "hi", { max_tokens: 100 });
    // Requests are open, and their members hold more credit than these need.
    upstream.script = async (_seen, response) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      json(response, 200, answer);
    };
    const seen = upstream.seen.length;
    const open = members.map((key) =>
      chat(started, key, "hi", { max_tokens: 100 }).catch(() => undefined),
    );
    await expect.poll(() => upstream.seen.length).toBe(seen + members.length);
    const published = publish(started, limitUsd).catch(() => undefined);
    await sleep(round * 40);
    await started.kill();
    for (const go of waiting) go();
    waiting = [];
    await Promise.all([...open, published]);
  }
  upstream.script = (_seen, response) => json(response, 200, answer);
  const last = await start();
  const limitUsd = cuts.at(-1) ?? 0;
  if ((await teamOf(last)).limitNanos !== limitUsd * 1e9) await publish(last, limitUsd);
  await expect
    .poll(() => teamOf(last), { timeout: 60_000, interval: 500 })
    .toMatchObject({ limitNanos: limitUsd * 1e9, effective: true });
  const atCut = await teamOf(last);
  expect(atCut.settledNanos + atCut.heldNanos).toBeGreaterThan(0);
  expect(atCut.settledNanos + atCut.heldNanos + atCut.leasedNanos).toBeLessThanOrEqual(
    Math.max(limitUsd * 1e9, atCut.settledNanos + atCut.heldNanos),
  );
  // Both spend what is left, until both are refused for good.
  let quiet = 0;
  for (let round = 0; round < 40 && quiet < 3; round += 1) {
    const answers = await Promise.all(
      [last.keys.alice, last.keys.bob].map((key) => chat(last, key, "hi", { max_tokens: 100 })),
    );
    for (const { status } of answers) expect([200, 402]).toContain(status);
    quiet = answers.some(({ status }) => status === 200) ? 0 : quiet + 1;
    const waits = answers.map(({ headers }) => Number(headers.get("retry-after-ms") ?? 0));
    if (Math.max(...waits) > 0) await sleep(Math.min(Math.max(...waits), 5_000) + 50);
  }
  expect(quiet).toBe(3);
  const journal = upstream.seen.length * costNanos;
  const team = await teamOf(last);
  expect(team.settledNanos + team.heldNanos + team.leasedNanos).toBeLessThanOrEqual(limitUsd * 1e9);
  expect(team.settledNanos + team.heldNanos).toBeGreaterThanOrEqual(journal);
  expect(journal).toBeLessThanOrEqual(limitUsd * 1e9);
}, 240_000);
