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

test("a map of placeholders is deleted after its day, and keeps no payload for longer", async () => {
  const { home, stub, api, admit } = principal();
  const keyId = keyOf(await admit("a"))?.id ?? "";
  const alarmAfter = async (id: string, more: object) => {
    const settlement = { ...settlementOf(id, 1), ...more };
    await api.settle([{ home, at: Date.now(), settlement }]);
    return runInDurableObject(stub, (_actor, state) => state.storage.getAlarm());
  };
  const later = Date.now() + 50 * DAY;
  const tokens = { keyId, values: 1, until: later, expiresAt: later };
  await admit("b");
  const payload = { mode: "full", promptBytes: 1, answerBytes: 1, keyId };
  expect(await alarmAfter("a", { tokens })).toBeLessThan(later + 2 * DAY);
  const sooner = Date.now() + 5 * DAY;
  const next = await alarmAfter("b", { payload: { ...payload, expiresAt: sooner } });
  expect(next).toBeLessThan(sooner + 2 * DAY);
});

const eventsOf = (stub: DurableObjectStub<UserActor>, type: string) =>
  runInDurableObject(stub, (_actor, state) =>
    state.storage.sql
      .exec<{ seq: number }>("SELECT seq FROM events WHERE json_extract(body, '$.type') = ?", type)
      .toArray(),
  );

test("an erased subject's key is gone with the event, once an order, and a member gets another", async () => {
  const { stub, home, api, admit } = principal();
  const first = keyOf(await admit("a"));
  const order = { home, at: Date.now(), command: "erasure/7", order: 7, former: false };
  const proof = await api.erase(order);
  expect(proof).toMatchObject({ stream: home.stream, seq: 2, keyId: first?.id });
  expect(await api.payloadKey(first?.id ?? "")).toBeNull();
  const second = keyOf(await admit("b"));
  expect(second?.id).not.toBe(first?.id);
  // The order comes again: its answer is the same, and the new key stays.
  expect(await api.erase(order)).toEqual(proof);
  expect(await api.payloadKey(second?.id ?? "")).toEqual(second);
  expect(await eventsOf(stub, "SubjectErased")).toEqual([{ seq: 2 }]);
  expect(await api.erase({ ...order, order: 9 })).toMatchObject({ seq: 4, keyId: second?.id });
});

test("a former member who is erased gets no new key from a caller who does not know yet", async () => {
  const { home, api, admit } = principal();
  await admit("a");
  const order = { home, at: Date.now(), command: "erasure/7", order: 7, former: true };
  await api.erase(order);
  const reply = await admit("b");
  expect([reply.outcome, keyOf(reply)]).toEqual(["admitted", undefined]);
});

test("an erased subject's objects are deleted, also one that was written afterwards", async () => {
  const { stream, home, stub, api, admit } = principal();
  const keyId = keyOf(await admit("a"))?.id ?? "";
  const name = (id: string) => payloadName(stream, keyId, Date.now() + 5 * DAY, id);
  const names = async () => (await bucket.list({ prefix: `${stream}/` })).objects.length;
  await bucket.put(name("a"), "ciphertext");
  await api.erase({ home, at: Date.now(), command: "erasure/7", order: 7, former: false });
  await runDurableObjectAlarm(stub);
  expect(await names()).toBe(0);
  const payload = { mode: "full" as const, promptBytes: 1, answerBytes: 1, keyId };
  const late = {
    ...settlementOf("a", 1),
    payload: { ...payload, expiresAt: Date.now() + 5 * DAY },
  };
  await bucket.put(name("a"), "ciphertext");
  await api.settle([{ home, at: Date.now(), settlement: late }]);
  const next = await runInDurableObject(stub, (_actor, state) => state.storage.getAlarm());
  expect(next).toBeLessThan(Date.now() + 1.1 * DAY);
});
