/** A person is erased: nobody reads their texts again, and everything still verifies. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { AdminClient } from "../../scripts/policy-client.ts";
import { ask, auditEntry, chat } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { claimPort } from "../support/ports.ts";
import {
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";
import { tallygate } from "../support/tallygate.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;
let port: number;
const state = mkdtempSync(path.join(tmpdir(), "tallygate-erasure-"));
const start = () =>
  startGateway({
    state,
    port,
    policy: scriptedPolicy(upstream.url, {
      payloads: { mode: "full", readers: ["admin", "auditor"] },
    }),
  });

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  port = await claimPort();
  gateway = await start();
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
  rmSync(state, { recursive: true, force: true });
});

const as = (who: "admin" | "auditor", ...args: string[]) =>
  tallygate(args, { TALLYGATE_URL: gateway.url, TALLYGATE_KEY: gateway.keys[who] });
const read = (id: string) =>
  ask(`${gateway.url}/audit/events/${id}/payload`, { key: gateway.keys.auditor });

async function keep(who: "alice" | "bob", prompt: string): Promise<string> {
  const answer = await chat(gateway, gateway.keys[who], prompt);
  const id = answer.headers.get("x-request-id") ?? "";
  await auditEntry(gateway, id);
  return id;
}

async function verify(): Promise<void> {
  const keys = await ask(`${gateway.url}/.well-known/tallygate/keys`);
  const publicKey = (keys.json["keys"] as { publicKey: string }[])[0]?.publicKey ?? "";
  const args = ["verify", gateway.url, "--key", publicKey, "--api-key", gateway.keys.auditor];
  const outcome = await tallygate(args);
  expect([outcome.out + outcome.err, outcome.code]).toEqual([expect.stringContaining("OK: "), 0]);
}

const acts = async (action: string) =>
  (
    (await ask(`${gateway.url}/audit/events?action=${action}`, { key: gateway.keys.auditor })).json[
      "events"
    ] as Record<string, unknown>[]
  ).map(({ id, user, resource }) => ({ id, user, resource }));

/** Asks what a draft's data rules would have done to the kept texts. */
async function reread(): Promise<Record<string, unknown>> {
  const rules = [
    { id: "hers", dictionary: ["alice"], directions: ["prompt"], action: "block" },
    { id: "his", dictionary: ["bob", "there"], directions: ["prompt", "answer"], action: "redact" },
  ];
  const draft = path.join(state, "draft.json");
  writeFileSync(draft, JSON.stringify(scriptedPolicy(upstream.url, { dlp: { rules } })));
  const asked = await as("admin", "what-if", draft, "--texts", "--json");
  expect([asked.err, asked.code]).toEqual(["", 0]);
  return JSON.parse(asked.out) as Record<string, unknown>;
}

it("after an erasure the texts are gone for everybody, the proof is in the log, and it verifies", async () => {
  const alices = await keep("alice", "what alice said");
  const bobs = await keep("bob", "what bob said");
  expect((await read(alices)).text).toContain("what alice said");
  await verify();
  const before = await reread();
  expect(before).toMatchObject({
    newlyRefused: 1,
    newlyBlocked: 1,
    newlyRedacted: 1,
    byRule: {
      hers: { newlyRefused: 1, newlyRedacted: 0 },
      his: { newlyRefused: 0, newlyRedacted: 1 },
    },
    changed: [{ requestId: alices, code: "dlp_blocked", by: "hers" }],
    texts: { read: 2, erased: 0, answersRedacted: 1, answersByRule: { his: { redacted: 1 } } },
  });
  await expect.poll(() => acts("payload.reread"), { timeout: 60_000 }).toHaveLength(1);

  const unsure = await as("admin", "erase", "alice", "--confirm", "alic");
  expect([unsure.code, unsure.err]).toEqual([2, expect.stringContaining("say it twice")]);
  const refused = await as("auditor", "erase", "alice", "--confirm", "alice");
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("Only admins")]);
  expect((await read(alices)).status).toBe(200);

  const erased = await as("admin", "erase", "alice", "--confirm", "alice", "--json");
  expect([erased.err, erased.code]).toEqual(["", 0]);
  const proof = JSON.parse(erased.out) as { event: string; seq: number };
  const gone = await read(alices);
  expect([gone.status, gone.text]).toEqual([
    410,
    expect.stringContaining("Their key was destroyed when the person was erased"),
  ]);
  expect((await read(bobs)).text).toContain("what bob said");
  // What nobody can read any more is not taken for clean.
  expect(await reread()).toMatchObject({
    newlyBlocked: 0,
    newlyRedacted: 1,
    texts: { read: 1, erased: 1 },
  });
  const entry = await auditEntry(gateway, proof.event);
  expect(entry).toMatchObject({ action: "subject.erased", source: { seqs: [proof.seq] } });
  await expect.poll(() => acts("erasure.carried-out"), { timeout: 60_000 }).toHaveLength(1);
  expect(await acts("erasure.ordered")).toMatchObject([{ user: "admin", resource: "alice" }]);

  const after = await keep("alice", "what alice said later");
  expect((await read(after)).text).toContain("what alice said later");
  expect((await read(alices)).status).toBe(410);
  expect((await as("admin", "erase")).out).toContain(proof.event);
  await verify();
}, 240_000);

it("killed right after the order, it carries the order out once it is back", async () => {
  const bobs = await keep("bob", "what bob said last");
  const target = { url: gateway.url, key: gateway.keys.admin };
  const [watcher, sender] = [await AdminClient.open(target), await AdminClient.open(target)];
  const ordered = new Promise<void>((resolve) => {
    watcher.listen(({ type }) => type === "ErasureOrdered" && resolve());
  });
  const lost = sender.ask({ type: "EraseMember", member: "bob", confirm: "bob" }).catch(() => {});
  await ordered;
  await gateway.kill();
  await lost;
  gateway = await start();
  await expect
    .poll(async () => (await read(bobs)).status, { timeout: 60_000, interval: 250 })
    .toBe(410);
  await expect
    .poll(() => acts("erasure.carried-out"), { timeout: 60_000, interval: 250 })
    .toMatchObject([{ resource: "bob" }, { resource: "alice" }]);
  // Another stream's: it reaches the books in its own time.
  await expect
    .poll(() => acts("subject.erased"), { timeout: 60_000, interval: 250 })
    .toHaveLength(2);
  await verify();
}, 240_000);
