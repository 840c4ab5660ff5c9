/** Cloudflare AI Gateway's log endpoints: list, one, texts, feedback; who may, and what is recorded. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { ask, auditEntry, chat } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gateway = await startGateway({
    policy: scriptedPolicy(upstream.url, {
      cloudflare: { accounts: ["0123456789abcdef"], gateways: ["main"] },
      payloads: { mode: "full", readers: ["auditor", "member"] },
    }),
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

const root = "/client/v4/accounts/0123456789abcdef/ai-gateway/gateways/main";
const call = (path: string, key = gateway.keys.auditor, method = "GET", body?: object) =>
  ask(`${gateway.url}${root}${path}`, {
    method,
    key,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const idOf = ({ headers }: { headers: Headers }) => headers.get("cf-aig-log-id") ?? "";
type Log = Record<string, unknown> & { id: string };

it("a call is a log at once, and feedback on it is an event beside it", async () => {
  const id = idOf(
    await chat(gateway, gateway.keys.alice, "hi", {}, { "cf-aig-metadata": '{"team":"red"}' }),
  );
  // No waiting: who asks right after the answer gets the log all the same.
  const patched = await call(`/logs/${id}`, gateway.keys.alice, "PATCH", {
    feedback: 1,
    score: 90,
    metadata: { reviewer: "alice" },
  });
  expect([patched.status, patched.json]).toMatchObject([
    200,
    { success: true, errors: [], messages: [], result: { id } },
  ]);
  const entry = await auditEntry(gateway, id, (one) => one["feedback"] !== undefined);
  expect(entry).toMatchObject({
    feedback: { value: 1, score: 90 },
    metadata: { team: "red" },
    outcome: "completed",
  });
  const { json } = await call(`/logs/${id}`);
  expect(json["result"]).toMatchObject({
    id,
    provider: "scripted",
    model: "gpt-4o-mini",
    success: true,
    status_code: 200,
    tokens_in: 10,
    tokens_out: 5,
    cost: 0.002,
    feedback: 1,
    metadata: '{"team":"red","reviewer":"alice"}',
  });
});

it("pages by number and by cursor hold every log once, and filters narrow them", async () => {
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    ids.push(idOf(await chat(gateway, gateway.keys.bob, `call ${n}`)));
  }
  for (const id of ids) await auditEntry(gateway, id);
  const logs = async (query: string) => {
    const { json } = await call(`/logs?${query}`, gateway.keys.bob);
    const info = json["result_info"] as { total_count: number; cursor: string | null };
    return { ids: (json["result"] as Log[]).map(({ id }) => id), info };
  };
  const numbered = await Promise.all([1, 2, 3].map((page) => logs(`per_page=2&page=${page}`)));
  expect(numbered.flatMap((page) => page.ids)).toEqual(ids.toReversed());
  const first = await logs("per_page=3");
  const rest = await logs(`per_page=3&cursor=${first.info.cursor}`);
  expect([...first.ids, ...rest.ids]).toEqual(ids.toReversed());
  expect([rest.info.cursor, rest.info.total_count]).toEqual([null, 2]);
  expect((await logs("success=false")).ids).toEqual([]);
  expect((await logs("min_cost=0.001&provider=scripted")).ids).toHaveLength(5);
  const others = await call("/logs?per_page=50", gateway.keys.bob);
  expect((others.json["result"] as Log[]).every(({ id }) => ids.includes(id))).toBe(true);
});

it("texts are read by whom policy names, and every try is recorded", async () => {
  const id = idOf(await chat(gateway, gateway.keys.alice, "what is kept?"));
  await auditEntry(gateway, id);
  const request = await call(`/logs/${id}/request`, gateway.keys.alice);
  expect(request.json).toMatchObject({ messages: [{ content: "what is kept?" }] });
  const response = await call(`/logs/${id}/response`);
  expect(response.json).toMatchObject({ choices: [{ message: { content: "Hello there." } }] });
  const refused = await call(`/logs/${id}/request`, gateway.keys.admin);
  expect([refused.status, refused.json]).toMatchObject([
    403,
    { success: false, result: null, errors: [{ code: 10_000, type: "forbidden" }] },
  ]);
  const recorded = `${gateway.url}/audit/events?action=payload.read&resource=${id}`;
  await expect
    .poll(
      async () =>
        ((await ask(recorded, { key: gateway.keys.auditor })).json["events"] as object[]).length,
      { timeout: 60_000 },
    )
    .toBe(3);
});

it("nobody sees or judges another member's log, and nobody deletes one", async () => {
  const id = idOf(await chat(gateway, gateway.keys.alice, "mine"));
  await auditEntry(gateway, id);
  const patch = { feedback: -1 };
  const statuses = await Promise.all([
    call(`/logs/${id}`, gateway.keys.bob),
    call(`/logs/${id}`, gateway.keys.bob, "PATCH", patch),
    call(`/logs/${id}`, "", "PATCH", patch),
    call(`/logs/${id}`, gateway.keys.auditor, "PATCH", { feedback: 2 }),
    call(`/logs/${id}`, gateway.keys.auditor, "PATCH", {}),
    call("/logs", gateway.keys.admin, "DELETE"),
    ask(`${gateway.url}${root.replace("main", "other")}/logs`, { key: gateway.keys.admin }),
  ]);
  expect(statuses.map(({ status }) => status)).toEqual([404, 404, 401, 400, 400, 405, 404]);
  for (const { json } of statuses) {
    expect(json).toMatchObject({ success: false, result: null, messages: [] });
  }
  expect(await auditEntry(gateway, id)).not.toHaveProperty("feedback");
  expect((await call(`/logs/${id}`, gateway.keys.auditor, "PATCH", patch)).status).toBe(200);
});

it("tells the address of a provider", async () => {
  const { json } = await call("/url/openai");
  expect(json["result"]).toBe(`${gateway.url}/v1/0123456789abcdef/main/openai`);
});
