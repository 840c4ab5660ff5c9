/** Policy is in force when it says so: no call starts under an older version after that event. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { AdminClient } from "../../scripts/policy-client.ts";
import { auditEntry, chat, errorOf } from "../support/client.ts";
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
}, 40_000);

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
