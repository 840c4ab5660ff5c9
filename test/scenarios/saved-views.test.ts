/** Named filters: shared by an organisation's admins and auditors, bounded, each change an event. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { ask } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { scriptedPolicy } from "../support/scripted-upstream.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ policy: scriptedPolicy("http://127.0.0.1:9") });
});
afterAll(() => gateway.stop());

const at = (name = "") => `${gateway.url}/audit/saved-views${name}`;
const put = (name: string, body: unknown, key = gateway.keys.auditor) =>
  ask(at(`/${encodeURIComponent(name)}`), { method: "PUT", key, body: JSON.stringify(body) });
const list = async () => (await ask(at(), { key: gateway.keys.admin })).json["views"];

it("a filter is kept under a name, replaced and forgotten, and all of that is in the audit list", async () => {
  const kept = await put("blocked / today", { filter: { dlp: "blocked" }, lastMs: 86_400_000 });
  expect(kept.status).toBe(200);
  expect(await list()).toEqual([
    {
      name: "blocked / today",
      filter: { dlp: "blocked" },
      lastMs: 86_400_000,
      member: "auditor",
      at: expect.any(Number),
    },
  ]);
  await put("blocked / today", { filter: { dlp: "redacted", user: "bob" } }, gateway.keys.admin);
  await put("a", { filter: {} });
  expect(await list()).toMatchObject([
    { name: "a" },
    { name: "blocked / today", filter: { dlp: "redacted", user: "bob" }, member: "admin" },
  ]);
  const gone = await ask(at("/a"), { method: "DELETE", key: gateway.keys.auditor });
  expect(gone.json["views"]).toMatchObject([{ name: "blocked / today" }]);
  await expect
    .poll(async () => {
      const { json } = await ask(`${gateway.url}/audit/events?action=view.deleted`, {
        key: gateway.keys.auditor,
      });
      return json["events"];
    })
    .toMatchObject([{ resource: "a", kind: "act" }]);
});

it("what is no filter, no name, or not there is refused, and members have none", async () => {
  expect((await put("x", { filter: { colour: "red" } })).status).toBe(400);
  expect((await put("x", { filter: {}, lastMs: 0 })).status).toBe(400);
  expect((await put("y".repeat(101), { filter: {} })).status).toBe(400);
  expect((await put(" ", { filter: {} })).status).toBe(400);
  const gone = await ask(at("/never"), { method: "DELETE", key: gateway.keys.admin });
  expect(gone.status).toBe(404);
  expect((await put("x", { filter: {} }, gateway.keys.alice)).status).toBe(403);
  expect((await ask(at(), { key: gateway.keys.alice })).status).toBe(403);
});
