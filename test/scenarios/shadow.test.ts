/** A draft beside the policy: decided on live traffic, felt by nobody, published in one command. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { AdminClient } from "../../scripts/policy-client.ts";
import { ask, auditEntry, chat, type Answer } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";
import { tallygate } from "../support/tallygate.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;
let admin: AdminClient;
let folder: string;
let file: string;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gateway = await startGateway({ policy: scriptedPolicy(upstream.url) });
  admin = await AdminClient.open({ url: gateway.url, key: gateway.keys.admin });
  folder = mkdtempSync(path.join(tmpdir(), "tallygate-shadow-"));
  file = path.join(folder, "draft.json");
  writeFileSync(file, JSON.stringify(draft()));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  admin.close();
  await gateway.stop();
  await upstream.stop();
});

const own = (id: string, source: string, action: string) => ({
  id,
  pattern: { source },
  action,
  directions: ["prompt"],
});

/** Blocks projects, hides tickets, greetings in answers too, and lets bob ask once a day. */
const draft = () =>
  scriptedPolicy(upstream.url, {
    dlp: {
      rules: [
        own("project", "PRJ-[0-9]{4}", "block"),
        own("ticket", "TIC-[0-9]{4}", "redact"),
        { id: "greeting", dictionary: ["there"], directions: ["answer"], action: "redact" },
      ],
    },
    limits: [
      {
        name: "once",
        scope: "user",
        metric: "requests",
        limit: 1,
        windowMs: 86_400_000,
        when: { members: ["bob"] },
      },
    ],
  });

const idOf = ({ headers }: Answer): string => headers.get("x-request-id") ?? "";
const cli = (...args: string[]) =>
  tallygate(["policy", ...args], { TALLYGATE_URL: gateway.url, TALLYGATE_KEY: gateway.keys.admin });

/** Asks until an isolate has learned what the policy stream says. */
async function chatUntil(
  prompt: string,
  isReached: (entry: Record<string, unknown>) => boolean,
): Promise<Record<string, unknown>> {
  for (let tries = 0; tries < 60; tries += 1) {
    const answer = await chat(gateway, gateway.keys.alice, prompt);
    expect(answer.status).toBe(200);
    const entry = await auditEntry(gateway, idOf(answer));
    if (isReached(entry)) return entry;
    await new Promise((resolve) => {
      setTimeout(resolve, 250);
    });
  }
  throw new Error("the isolate does not learn of it");
}

it("is decided on live traffic, both answers in one event, and nobody feels it", async () => {
  const started = await cli("shadow", "start", file, "--comment", "stricter");
  expect([started.code, started.err]).toEqual([0, ""]);
  const blocked = await chatUntil("about PRJ-1234", (entry) => entry["shadow"] !== undefined);
  const { shadow } = (await admin.ask({ type: "GetShadow" })) as {
    shadow: { draft: number; base: number };
  };
  expect(shadow).toMatchObject({ base: 1, comment: "stricter", member: "admin" });
  expect(blocked).toMatchObject({
    outcome: "completed",
    dlp: "none",
    shadow: {
      draft: shadow.draft,
      admits: false,
      code: "dlp_blocked",
      by: "project",
      findings: [{ rule: "project", action: "block", enforced: true, count: 1 }],
    },
  });
  const hidden = await chat(gateway, gateway.keys.alice, "see TIC-5678");
  expect(upstream.seen.at(-1)?.prompt).toBe("see TIC-5678");
  expect(await auditEntry(gateway, idOf(hidden))).toMatchObject({
    dlp: "none",
    shadow: { admits: true, first: { provider: "scripted" } },
  });
  for (const code of [undefined, "rate_limited"]) {
    const answer = await chat(gateway, gateway.keys.bob, "hello");
    expect(answer.status).toBe(200);
    const entry = await auditEntry(gateway, idOf(answer));
    expect((entry["shadow"] as { code?: string }).code).toBe(code);
  }
  for (const more of [{}, { stream: true }]) {
    const answer = await chat(gateway, gateway.keys.alice, "hello", more);
    expect(answer.text).toContain("there");
    const entry = await auditEntry(gateway, idOf(answer));
    const found = { rule: "greeting", action: "redact", enforced: true, count: 1 };
    expect(entry).toMatchObject({ dlp: "none", shadowAnswer: { findings: [found] } });
  }
  const whole = JSON.stringify(
    await ask(`${gateway.url}/policy/shadow`, { key: gateway.keys.auditor }),
  );
  expect(whole).not.toContain("PRJ-1234");
});

it("is summed up for admins and auditors, by rule and by member", async () => {
  const { json } = await ask(`${gateway.url}/policy/shadow`, { key: gateway.keys.auditor });
  expect(json).toMatchObject({
    shadow: { base: 1, comment: "stricter" },
    total: { newlyRedacted: 1, newlyLimited: 1, rerouted: 0, newlyAllowed: 0, undecided: 0 },
  });
  const answers = json["answers"] as { total: Record<string, number>; rules: object[] };
  expect(answers.total["newlyRedacted"]).toBe(answers.total["requests"]);
  expect(answers.total["requests"]).toBeGreaterThanOrEqual(5);
  expect(answers.rules).toMatchObject([{ name: "greeting" }]);
  const rules = json["rules"] as Record<string, unknown>[];
  expect(new Set(rules.map(({ name }) => name))).toEqual(new Set(["once", "project", "ticket"]));
  const users = json["users"] as { name: string; newlyLimited: number }[];
  expect(users.find(({ name }) => name === "bob")).toMatchObject({ newlyLimited: 1, same: 1 });
  const member = await ask(`${gateway.url}/policy/shadow`, { key: gateway.keys.alice });
  expect(member.status).toBe(403);
  const shown = await cli("shadow");
  expect(shown.out).toMatch(/rule project[^]*answers, rule greeting/);
});

it("is published with one command, and has an effect from then on", async () => {
  const promoted = await cli("shadow", "promote", "--wait");
  expect([promoted.code, promoted.out]).toEqual([
    0,
    expect.stringContaining("Version 2 is in force"),
  ]);
  const answer = await chat(gateway, gateway.keys.alice, "about PRJ-1234");
  expect(answer.status).toBe(400);
  expect(await admin.ask({ type: "GetShadow" })).toEqual({ shadow: null });
  const again = await cli("shadow", "stop");
  expect([again.code, again.err]).toEqual([
    1,
    expect.stringContaining("No draft is in the shadow"),
  ]);
});

it("that is stopped is decided no more, and what it found stays", async () => {
  const { draft: number } = await admin.ask({
    type: "StartShadow",
    expectVersion: 2,
    document: scriptedPolicy(upstream.url),
  });
  await chatUntil("hello", (entry) => entry["shadow"] !== undefined);
  expect((await cli("shadow", "stop", "--reason", "seen enough")).code).toBe(0);
  await chatUntil("hello", (entry) => entry["shadow"] === undefined);
  const at = `${gateway.url}/policy/shadow?draft=${Number(number)}`;
  const { json } = await ask(at, { key: gateway.keys.auditor });
  expect(json).toMatchObject({ shadow: null, draft: number });
  expect((json["total"] as { same: number }).same).toBeGreaterThan(0);
});

it("is decided by what members share, too: together, and not before", async () => {
  // As many as passed so far, and two more.
  const limit = upstream.seen.length + 2;
  await admin.ask({
    type: "StartShadow",
    expectVersion: 2,
    document: scriptedPolicy(upstream.url, {
      limits: [
        {
          name: "together",
          scope: "organisation",
          metric: "requests",
          limit,
          windowMs: 86_400_000,
        },
      ],
    }),
  });
  type Told = { admits?: boolean; code?: string; by?: string; unshared?: true };
  const ends = { alice: false, admin: false };
  for (let tries = 0; tries < 120 && !(ends.alice && ends.admin); tries += 1) {
    const who = tries % 2 === 0 ? "alice" : "admin";
    const before = upstream.seen.length;
    const answer = await chat(gateway, gateway.keys[who], "hello");
    expect(answer.status).toBe(200);
    const told = (await auditEntry(gateway, idOf(answer)))["shadow"] as Told | undefined;
    if (told?.admits === false) {
      expect(told).toMatchObject({ code: "rate_limited", by: "together" });
      expect(before).toBeGreaterThanOrEqual(limit);
      ends[who] = true;
    } else if (told !== undefined) expect(told.unshared).toBeUndefined();
  }
  expect(ends).toEqual({ alice: true, admin: true });
  const { json } = await ask(`${gateway.url}/policy/shadow`, { key: gateway.keys.auditor });
  expect(json["rules"]).toMatchObject([{ name: "together" }]);
  await cli("shadow", "stop", "--reason", "seen enough");
});

it("that is no valid policy, or about another version, is refused", async () => {
  const invalid = admin.ask({ type: "StartShadow", expectVersion: 2, document: { schema: 1 } });
  await expect(invalid).rejects.toThrow("problem");
  const stale = admin.ask({ type: "StartShadow", expectVersion: 1, document: draft() });
  await expect(stale).rejects.toThrow("version 2 is current");
  const gone = admin.ask({ type: "PromoteShadow", expectVersion: 2, draft: 3 });
  await expect(gone).rejects.toThrow("not in the shadow");
});
