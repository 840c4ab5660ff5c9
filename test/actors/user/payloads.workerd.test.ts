import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { payloadName } from "#actors/kit/payload-key.ts";
import type { AdmitReply, Home, UserActorApi } from "#actors/user/commands.ts";
import type { UserActor } from "#actors/user/user-actor.ts";
import { requestOf, settlementOf } from "./fixtures.ts";

const { USERS: users, PAYLOADS: bucket } = env as unknown as {
  USERS: DurableObjectNamespace<UserActor>;
  PAYLOADS: R2Bucket;
};
const DAY = 86_400_000;
let actors = 0;

function principal() {
  const stream = `kept-${actors++}-${Date.now()}`;
  const home: Home = { organisation: "acme", stream, ledger: "acme-0" };
  const stub = users.getByName(stream);
  const api: UserActorApi = stub;
  const admit = (requestId: string, wants = true): Promise<AdmitReply> =>
    api.admit({
      home,
      at: Date.now(),
      request: requestOf(requestId, { deadlineAt: Date.now() + 600_000 }),
      ...(wants ? { wantsPayloadKey: true as const } : {}),
    });
  return { stream, home, stub, api, admit };
}

const keyOf = (reply: AdmitReply) => (reply.outcome === "admitted" ? reply.payloadKey : undefined);

test("a subject has one key, told only to who keeps texts", async () => {
  const { admit, api } = principal();
  const first = keyOf(await admit("a"));
  expect(first?.wrapped.length).toBeGreaterThan(40);
  expect(keyOf(await admit("b"))).toEqual(first);
  expect(keyOf(await admit("c", false))).toBeUndefined();
  expect(await api.payloadKey(first?.id ?? "")).toEqual(first);
  expect(await api.payloadKey("another")).toBeNull();
  const other = keyOf(await principal().admit("a"));
  expect(other?.id).not.toBe(first?.id);
});

test("payloads are deleted after their day, and no earlier", async () => {
  const { stream, home, stub, api, admit } = principal();
  const keyId = keyOf(await admit("a"))?.id ?? "";
  const past = Date.now() - 2 * DAY;
  const future = Date.now() + 5 * DAY;
  const payload = { mode: "full" as const, promptBytes: 1, answerBytes: 1, keyId };
  for (const [id, expiresAt] of [
    ["a", past],
    ["b", future],
  ] as const) {
    await bucket.put(payloadName(stream, keyId, expiresAt, id), "ciphertext");
  }
  const settlement = { ...settlementOf("a", 1), payload: { ...payload, expiresAt: past } };
  await api.settle([{ home, at: Date.now(), settlement }]);
  await runDurableObjectAlarm(stub);
  const { objects } = await bucket.list({ prefix: `${stream}/` });
  expect(objects.map(({ key }) => key)).toEqual([payloadName(stream, keyId, future, "b")]);
  const next = await runInDurableObject(stub, (_actor, state) => state.storage.getAlarm());
  expect(next).toBeGreaterThan(future);
  expect(next).toBeLessThan(future + 2 * DAY);
});
