/** Policy is in force when it says so: no call starts under an older version after that event. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AdminClient } from "../../scripts/policy-client.ts";
import { ask, auditEntry, chat, errorOf } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;
let admin: AdminClient;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gateway = await startGateway({ policy: scriptedPolicy(upstream.url) });
  admin = await AdminClient.open({ url: gateway.url, key: gateway.keys.admin });
});
afterAll(async () => {
  admin.close();
  await gateway.stop();
  await upstream.stop();
});

const rule = { id: "project", pattern: { source: "PRJ-[0-9]{4}" }, action: "block" };
const blocking = () =>
  scriptedPolicy(upstream.url, {
    dlp: { rules: [{ ...rule, directions: ["prompt"] }] },
  }) as Record<string, unknown>;

it("under constant traffic, no provider call starts under the old version once the new is in force", async () => {
  const inForce = new Promise<number>((resolve) => {
    admin.listen((event) => {
      if (event.type === "PolicyInForce") resolve(Date.now());
    });
  });
  const over = new AbortController();
  // The isolate takes a lease on version 1 before version 2 exists.
  expect((await chat(gateway, gateway.keys.alice, "PRJ-0000 sent 0")).status).toBe(200);
  const callers = [gateway.keys.alice, gateway.keys.bob].map(async (key) => {
    while (!over.signal.aborted) await chat(gateway, key, `PRJ-1234 sent ${Date.now()}`);
  });
  await admin.ask({
    type: "PublishPolicy",
    expectVersion: 1,
    document: blocking(),
    comment: "block projects",
  });
  const at = await inForce;
  const before = upstream.seen.length;
  expect(before).toBeGreaterThan(1);
  const refused = await chat(gateway, gateway.keys.alice, "PRJ-9999");
  expect(refused.status).toBe(400);
  expect(errorOf(refused).code).toBe("dlp_blocked");
  await new Promise((resolve) => {
    setTimeout(resolve, 500);
  });
  over.abort();
  await Promise.all(callers);
  const late = upstream.seen.filter(({ prompt }) => Number(prompt.split(" ").at(-1)) > at);
  expect(late).toEqual([]);
  expect(upstream.seen).toHaveLength(before);
  const entry = await auditEntry(gateway, refused.headers.get("x-request-id") ?? "");
  expect(entry["policyVersion"]).toBe(2);
}, 240_000);

it("a revoked key is refused from the moment its revocation is acknowledged", async () => {
  const issued = await admin.ask({ type: "IssueKey", member: "bob", label: "laptop" });
  const key = String(issued["key"]);
  expect((await chat(gateway, key, "hi")).status).toBe(200);
  await admin.ask({ type: "RevokeKey", keyId: key.split("_")[2] ?? "", reason: "lost" });
  // The isolate still remembers whose key it was; the actor's fence does not ask it.
  const answers = await Promise.all(Array.from({ length: 5 }, () => chat(gateway, key, "hi")));
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
  expect((await chat(gateway, gateway.keys.bob, "hi")).status).toBe(200);
});

it("a key past its expiry is refused like one that is unknown, and one before it is not", async () => {
  const label = "for a while";
  const expiring = async (afterMs: number): Promise<string> => {
    const expiresAt = Date.now() + afterMs;
    return String((await admin.ask({ type: "IssueKey", member: "bob", label, expiresAt }))["key"]);
  };
  const [lasting, ending] = [await expiring(3_600_000), await expiring(2_000)];
  await expect
    .poll(async () => (await chat(gateway, ending, "hi")).status, { timeout: 60_000 })
    .toBe(401);
  const refused = await chat(gateway, ending, "hi");
  expect(errorOf(refused).code).toBe("unauthenticated");
  expect(errorOf(refused).message).toMatch(/unknown, expired or revoked/);
  expect((await chat(gateway, lasting, "hi")).status).toBe(200);
});

const issue = async (member: string, scope: object): Promise<string> =>
  String((await admin.ask({ type: "IssueKey", member, scope } as never))["key"]);

describe("a key's scope", () => {
  it("refuses models, tiers and addresses outside it in the caller's words, and the books say so", async () => {
    const key = await issue("bob", { models: ["gpt-4o"], access: ["inference"] });
    expect((await chat(gateway, key, "hi", { model: "gpt-4o" })).status).toBe(200);
    const other = await chat(gateway, key, "hi");
    expect(other.status).toBe(403);
    expect(errorOf(other)).toMatchObject({ code: "key_scope", type: "permission_error" });
    expect(errorOf(other).message).toMatch(/scope is the models "gpt-4o"; "gpt-4o-mini" is none/);
    const entry = await auditEntry(gateway, other.headers.get("x-request-id") ?? "");
    expect(entry).toMatchObject({ outcome: "refused", code: "key_scope", by: "models" });
    const elsewhere = await issue("bob", { ips: ["203.0.113.0/24"] });
    expect((await chat(gateway, elsewhere, "hi")).status).toBe(403);
    const here = await issue("bob", { ips: ["127.0.0.0/8"] });
    expect((await chat(gateway, here, "hi")).status).toBe(200);
    const shown = (model: string) => ask(`${gateway.url}/v1/models/${model}`, { key });
    expect((await shown("gpt-4o")).status).toBe(200);
    expect((await shown("gpt-4o-mini")).status).toBe(404);
  });

  it("says what an admin's key is for: model calls alone read nothing, a reader changes nothing", async () => {
    const reads = (key: string) => ask(`${gateway.url}/usage`, { key });
    const calling = await issue("admin", { access: ["inference"] });
    expect((await chat(gateway, calling, "hi")).status).toBe(200);
    const refused = await reads(calling);
    expect(refused.status).toBe(403);
    expect(errorOf(refused).code).toBe("key_scope");
    const reading = await issue("admin", { access: ["audit"] });
    expect((await reads(reading)).status).toBe(200);
    expect((await chat(gateway, reading, "hi")).status).toBe(403);
    const auditor = await AdminClient.open({ url: gateway.url, key: reading });
    await expect(auditor.ask({ type: "RemoveMember", member: "bob" })).rejects.toThrow(/admins/);
    const { keys } = await auditor.ask({ type: "ListKeys" });
    expect(keys).toContainEqual(
      expect.objectContaining({ keyId: reading.split("_")[2], scope: { access: ["audit"] } }),
    );
    auditor.close();
    const unread = { type: "IssueKey", member: "admin", scope: { regions: ["eu"] } } as never;
    await expect(admin.ask(unread)).rejects.toThrow(/shaped/);
  });
});

it("a command against an older version is refused as a conflict, and changes nothing", async () => {
  const stale = admin.ask({
    type: "PublishPolicy",
    expectVersion: 1,
    document: blocking(),
    comment: "late",
  });
  await expect(stale).rejects.toThrow(/version/);
  const { version } = await admin.ask({ type: "GetPolicy" });
  expect(version).toBe(2);
});
