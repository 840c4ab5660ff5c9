/**
 * Budgets of teams and of the organisation, over real HTTP, with the upstream's own journal as the
 * oracle: who spends together runs out together, whatever is killed in between.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
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

let upstream: ScriptedUpstream;
let gateway: TestGateway | undefined;
const states: string[] = [];
/** Answers that cost nearly all that is held for them, so that a small budget ends soon. */
const dear = { input: 60, output: 90 };
const plainCostNanos = dear.input * 100_000 + dear.output * 200_000;

beforeAll(async () => {
  upstream = await startScriptedUpstream((_seen, response) =>
    json(response, 200, openAiAnswer("Hello there.", "gpt-4o-mini", dear)),
  );
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

interface Standing {
  budget: string;
  scope: string;
  member?: string;
  settledNanos: number;
  heldNanos: number;
  limitNanos: number;
  leasedNanos: number;
  resetsAt: number;
  complete: boolean;
  effective: boolean;
  /** With `by`. */
  rows?: { user: string; model: string; requests: number; costNanos: number }[];
  otherNanos?: number;
}

const policyOf = (teamUsd: number, orgUsd = 100) =>
  scriptedPolicy(upstream.url, {
    budgets: [
      { name: "team-month", limitUsd: teamUsd, scope: "team", parent: "org-month" },
      { name: "org-month", limitUsd: orgUsd, scope: "organisation" },
    ],
    accounting: { holdMs: 10_000 },
  }) as Record<string, unknown>;

async function withTeams(policy: object, more: Parameters<typeof startGateway>[0] = {}) {
  const started = await startGateway({ policy, ...more });
  gateway = started;
  const admin = await AdminClient.open({ url: started.url, key: started.keys.admin });
  return { started, admin };
}

const join = (admin: AdminClient, id: string, team: string) =>
  admin.ask({ type: "SetMember", member: { id, role: "member", tier: "standard", team } });

async function budgetsOf(
  started: TestGateway,
  key = started.keys.auditor,
  query = "",
): Promise<Standing[]> {
  const answer = await ask(`${started.url}/budgets${query}`, { key });
  expect(answer.status, answer.text).toBe(200);
  return answer.json["budgets"] as Standing[];
}

const nodeOf = (standings: readonly Standing[], scope: string) =>
  standings.find((one) => one.scope === scope && one.member === undefined) as Standing;

/**
 * Both users ask until both are refused for good; every answer. While more is left of the budget
 * than nobody's worst case could use, a busy machine gets more rounds to hand it over.
 */
async function spendAll(
  started: TestGateway,
  keys: readonly string[],
  { rounds = 60, enoughNanos = 0 } = {},
) {
  const answers: Answer[] = [];
  let quiet = 0;
  const isOver = () => quiet >= (trueNanos() > enoughNanos ? 3 : 15);
  for (let round = 0; round < rounds && !isOver(); round += 1) {
    const now = await Promise.all(
      keys.flatMap((key) => [1, 2, 3].map(() => chat(started, key, "hi", { max_tokens: 100 }))),
    );
    answers.push(...now);
    quiet = now.some(({ status }) => status === 200) ? 0 : quiet + 1;
    const waits = now.map(({ headers }) => Number(headers.get("retry-after-ms") ?? 0));
    if (Math.max(...waits) > 0) await sleep(Math.min(Math.max(...waits), 5_000) + 50);
  }
  return answers;
}

/** What the journal says was spent. */
const trueNanos = () => upstream.seen.length * plainCostNanos;

const sleep = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

it("two users of a team run out together, and the team's budget is never passed", async () => {
  const { started, admin } = await withTeams(policyOf(0.5));
  await join(admin, "alice", "red");
  await join(admin, "bob", "red");
  const { alice, bob } = started.keys;
  const enoughNanos = 0.5e9 - 0.05e9;
  const answers = await spendAll(started, [alice, bob], { enoughNanos });
  const passed = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 402);
  expect(passed.length + refused.length, answers.map(({ status }) => status).join()).toBe(
    answers.length,
  );
  expect(refused.length).toBeGreaterThan(0);
  expect(errorOf(refused.at(-1) as Answer)).toMatchObject({ code: "budget_exceeded" });
  expect(errorOf(refused.at(-1) as Answer).message).toContain('"team-month"');
  const wait = Number((refused.at(-1) as Answer).headers.get("retry-after"));
  expect(wait).toBeGreaterThanOrEqual(1);
  expect(wait).toBeLessThanOrEqual(5);
  const header = passed[0]?.headers.get("x-tallygate-budget") ?? "";
  expect(header).toContain('"team-month";limit=0.5;');
  expect(header).toContain('"org-month";limit=100;');
  // The journal is the truth. What is left covers no other request's worst case.
  const trueCost = upstream.seen.length * plainCostNanos;
  expect(trueCost).toBeLessThanOrEqual(0.5e9);
  expect(trueCost).toBeGreaterThan(enoughNanos);
  let standings: Standing[] = [];
  await expect
    .poll(async () => {
      standings = await budgetsOf(started);
      return ["team:red", "organisation"].map((scope) => nodeOf(standings, scope).settledNanos);
    })
    .toEqual([trueCost, trueCost]);
  const team = nodeOf(standings, "team:red");
  expect(team).toMatchObject({ limitNanos: 0.5e9, heldNanos: 0, complete: true, effective: true });
  expect(team.settledNanos + team.leasedNanos).toBeLessThanOrEqual(team.limitNanos);
  const mine = await budgetsOf(started, alice);
  expect(mine.every(({ member }) => member === "alice")).toBe(true);
  // Auditors see the members they name, nobody is made up, and members see nobody else.
  const named = await budgetsOf(started, undefined, "?members=alice,nobody");
  const leases = named.filter(({ member }) => member !== undefined);
  expect([...new Set(leases.map(({ member }) => member))]).toEqual(["alice"]);
  expect(leases.find(({ scope }) => scope === "team:red")).toMatchObject({ complete: true });
  // Split by who spent it, a budget's groups are what it has spent, each what the journal says.
  const byUser = (key?: string) => budgetsOf(started, key, "?members=alice&by=user,model");
  for (const scope of ["team:red", "organisation"]) {
    await expect.poll(async () => nodeOf(await byUser(), scope).otherNanos).toBe(0);
    const { rows = [], settledNanos } = nodeOf(await byUser(), scope);
    expect(rows.map(({ user, model }) => [user, model])).toEqual([
      ["alice", "gpt-4o-mini"],
      ["bob", "gpt-4o-mini"],
    ]);
    for (const { requests, costNanos } of rows) expect(costNanos).toBe(requests * plainCostNanos);
    expect(rows.reduce((sum, { costNanos }) => sum + costNanos, 0)).toBe(trueCost);
    expect(settledNanos).toBe(trueCost);
  }
  for (const told of [await byUser(), await byUser(alice)]) {
    const lines = told.filter(({ member }) => member === "alice");
    expect(lines.map(({ rows = [] }) => rows.map(({ user }) => user))).toEqual(
      lines.map(() => ["alice"]),
    );
    for (const { rows = [], settledNanos, otherNanos } of lines) {
      expect([rows[0]?.costNanos, otherNanos]).toEqual([settledNanos, 0]);
    }
  }
  const strange = await ask(`${started.url}/budgets?by=colour`, { key: alice });
  expect([strange.status, errorOf(strange)]).toMatchObject([400, { code: "invalid_request" }]);
  const prying = await ask(`${started.url}/budgets?members=bob`, { key: alice });
  expect([prying.status, errorOf(prying)]).toMatchObject([403, { code: "forbidden" }]);
  const many = `?members=${Array.from({ length: 51 }, (_, n) => `m${n}`).join(",")}`;
  expect((await ask(`${started.url}/budgets${many}`, { key: alice })).status).toBe(400);
  admin.close();
}, 240_000);

it("a cut below what is spent becomes effective, is told to admins, and admits nothing more", async () => {
  const { started, admin } = await withTeams(policyOf(5));
  await join(admin, "alice", "red");
  const { alice } = started.keys;
  for (let n = 0; n < 5; n += 1) {
    expect((await chat(started, alice, "hi", { max_tokens: 100 })).status).toBe(200);
  }
  const effective = new Promise<number>((resolve) => {
    admin.listen((event) => {
      const { version } = event.data as { version?: number };
      if (event.type === "BudgetLimitsEffective" && version === 2) resolve(Date.now());
    });
  });
  const expectVersion = 1;
  const document = policyOf(0.001);
  await admin.ask({ type: "PublishPolicy", expectVersion, document, comment: "cut" });
  await effective;
  const before = upstream.seen.length;
  const after = await Promise.all(
    Array.from({ length: 5 }, () => chat(started, alice, "hi", { max_tokens: 100 })),
  );
  expect(after.map(({ status }) => status)).toEqual([402, 402, 402, 402, 402]);
  expect(upstream.seen).toHaveLength(before);
  expect(nodeOf(await budgetsOf(started), "team:red")).toMatchObject({
    limitNanos: 1_000_000,
    settledNanos: before * plainCostNanos,
    effective: true,
  });
  admin.close();
}, 240_000);

it("a team's budget that is new counts what its members spent before, also one who was removed", async () => {
  const { started, admin } = await withTeams(scriptedPolicy(upstream.url));
  await join(admin, "alice", "red");
  await join(admin, "bob", "red");
  const { alice, bob } = started.keys;
  for (const key of [alice, alice, alice, bob, bob]) {
    expect((await chat(started, key, "hi", { max_tokens: 100 })).status).toBe(200);
  }
  await admin.ask({ type: "RemoveMember", member: "bob" });
  const effective = new Promise<void>((resolve) => {
    admin.listen((event) => {
      const { version } = event.data as { version?: number };
      if (event.type === "BudgetLimitsEffective" && version === 2) resolve();
    });
  });
  // What alice spent herself is well below it, what both spent is above.
  const document = policyOf(0.11);
  await admin.ask({
    type: "PublishPolicy",
    expectVersion: 1,
    document,
    comment: "a team's budget",
  });
  await effective;
  const before = upstream.seen.length;
  const refused = await chat(started, alice, "hi", { max_tokens: 100 });
  expect([refused.status, errorOf(refused)]).toMatchObject([402, { code: "budget_exceeded" }]);
  expect(errorOf(refused).message).toContain('"team-month"');
  expect(upstream.seen).toHaveLength(before);
  const standings = await budgetsOf(started);
  expect(nodeOf(standings, "team:red")).toMatchObject({
    limitNanos: 0.11e9,
    settledNanos: trueNanos(),
    heldNanos: 0,
    effective: true,
  });
  expect(nodeOf(standings, "organisation")).toMatchObject({ settledNanos: trueNanos() });
  admin.close();
}, 240_000);

it("a user who moves to another team spends that team's budget, and leaves their past behind", async () => {
  const { started, admin } = await withTeams(policyOf(5));
  await join(admin, "alice", "red");
  const { alice } = started.keys;
  for (let n = 0; n < 3; n += 1) await chat(started, alice, "hi", { max_tokens: 100 });
  await join(admin, "alice", "blue");
  // An isolate remembers whose key it is for a few seconds.
  await expect
    .poll(
      async () => {
        await chat(started, alice, "hi", { max_tokens: 100 });
        return nodeOf(await budgetsOf(started), "team:blue").settledNanos;
      },
      { timeout: 60_000, interval: 500 },
    )
    .toBeGreaterThan(0);
  await expect
    .poll(async () => nodeOf(await budgetsOf(started), "organisation").settledNanos)
    .toBe(trueNanos());
  const standings = await budgetsOf(started);
  const [red, blue] = [nodeOf(standings, "team:red"), { ...nodeOf(standings, "team:blue") }];
  const [past] = standings.filter(({ scope }) => scope === "team:red");
  expect(red?.settledNanos ?? past?.settledNanos ?? 0).toBeGreaterThanOrEqual(0);
  expect(blue.settledNanos).toBeLessThan(trueNanos());
  admin.close();
}, 240_000);

it("killed in mid-flight and started again, the team's budget still holds and nothing is forgotten", async () => {
  const state = mkdtempSync(path.join(tmpdir(), "tallygate-teams-"));
  states.push(state);
  const port = await claimPort();
  const policy = policyOf(0.3);
  for (let round = 0; round < 3; round += 1) {
    const { started, admin } = await withTeams(policy, { state, port });
    if (round === 0) {
      await join(admin, "alice", "red");
      await join(admin, "bob", "red");
    }
    const seenBefore = upstream.seen.length;
    let answered = 0;
    const calls = Array.from({ length: 16 }, (_, index) =>
      chat(started, index % 2 === 0 ? started.keys.alice : started.keys.bob, "hi", {
        max_tokens: 100,
      })
        .catch(() => undefined)
        .finally(() => (answered += 1)),
    );
    // Mid-flight: a call has reached its provider, or all are refused by now.
    await expect
      .poll(() => upstream.seen.length > seenBefore || answered === calls.length)
      .toBe(true);
    await sleep(round * 50);
    admin.close();
    await started.kill();
    await Promise.all(calls);
  }
  const { started, admin } = await withTeams(policy, { state, port });
  await spendAll(started, [started.keys.alice, started.keys.bob]);
  const trueCost = upstream.seen.length * plainCostNanos;
  expect(trueCost).toBeLessThanOrEqual(0.3e9);
  expect(trueCost).toBeGreaterThan(0);
  const team = nodeOf(await budgetsOf(started), "team:red");
  expect(team.settledNanos + team.heldNanos + team.leasedNanos).toBeLessThanOrEqual(0.3e9);
  expect(team.settledNanos + team.heldNanos).toBeGreaterThanOrEqual(trueCost);
  admin.close();
}, 240_000);
