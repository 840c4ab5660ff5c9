/** Nobody gets in: actors are closed from outside, and every way in asks who comes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, chat } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

describe("an actor", () => {
  it.each([
    "/parties/users/u_1",
    "/parties/policy/p_1",
    "/parties/USERS/alice",
    "/parties/ledger/l_1_0",
    "/agents/policy/p_1",
  ])("is not at %s, whatever headers come along", async (path) => {
    for (const headers of [{}, { "x-partykit-props": '{"admin":true}', "x-partykit-room": "p" }]) {
      const answer = await ask(`${gateway.url}${path}`, { headers });
      expect([401, 404]).toContain(answer.status);
      const known = await ask(`${gateway.url}${path}`, { headers, key: gateway.keys.admin });
      expect([400, 404]).toContain(known.status);
      expect(known.text).not.toContain("seq");
      expect(answer.text).not.toMatch(/\bat\b.*\.(js|ts):\d+/);
    }
  });
});

const readers = ["/audit/events", "/usage", "/costs", "/audit/tail", "/admin/socket"];

describe("the books and the admin socket", () => {
  it.each(readers)("%s takes nobody without a key", async (path) => {
    const answer = await ask(`${gateway.url}${path}`);
    expect([401, 426]).toContain(answer.status);
    expect(answer.text).not.toContain("alice");
  });

  it.each(readers)("%s takes no made-up key and no forged session", async (path) => {
    const key = "tg_dev_aaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    for (const init of [{ key }, { headers: { cookie: "tallygate_session=v1.e30.AAAA" } }]) {
      const answer = await ask(`${gateway.url}${path}`, init);
      expect([401, 426]).toContain(answer.status);
    }
  });

  it("shows a member their own entries and nobody else's", async () => {
    const hers = await chat(gateway, gateway.keys.alice, "hello");
    const id = hers.headers.get("x-request-id") ?? "";
    const list = async (key: string, query = "") =>
      (await ask(`${gateway.url}/audit/events${query}`, { key })).json["events"] as
        | { id: string; user: string }[]
        | undefined;
    await expect
      .poll(async () => (await list(gateway.keys.alice))?.some((entry) => entry.id === id), {
        timeout: 60_000,
      })
      .toBe(true);
    const bobs = await list(gateway.keys.bob);
    expect(bobs?.filter(({ user }) => user !== "bob")).toEqual([]);
    const forced = await ask(`${gateway.url}/audit/events?user=alice`, { key: gateway.keys.bob });
    expect(forced.status).toBe(403);
    const direct = await ask(`${gateway.url}/audit/events/${id}`, { key: gateway.keys.bob });
    expect(direct.status).toBe(404);
  });

  it("lets a member call models and nothing else", async () => {
    const scan = await ask(`${gateway.url}/dlp/scan`, {
      method: "POST",
      key: gateway.keys.bob,
      body: '{"text":"x"}',
    });
    expect(scan.status).toBe(403);
    const socket = await ask(`${gateway.url}/admin/socket`, {
      key: gateway.keys.bob,
      headers: { upgrade: "websocket" },
    }).catch(() => undefined);
    expect(socket?.status).not.toBe(101);
  });

  it("sets up no second organisation of the same name, and none without the secret", async () => {
    const answer = await ask(`${gateway.url}/setup`, {
      method: "POST",
      key: gateway.keys.admin,
      body: "{}",
    });
    expect(answer.status).toBe(401);
  });
});

it("a session is as good as its key, for its member alone, until it is altered", async () => {
  const { hostname, port } = new URL(gateway.url);
  const opened = await ask(`${gateway.url}/session`, {
    method: "POST",
    key: gateway.keys.auditor,
    headers: { origin: `http://${hostname}:${port}` },
  });
  expect(opened.status).toBe(200);
  const set = opened.headers.get("set-cookie") ?? "";
  expect(set).toMatch(/HttpOnly/);
  expect(set).toMatch(/SameSite=Strict/);
  const cookie = set.split(";")[0] ?? "";
  expect((await ask(`${gateway.url}/usage`, { headers: { cookie } })).status).toBe(200);
  const altered = cookie.replace(/\.(.)/, (_all, first: string) => `.${first === "e" ? "f" : "e"}`);
  expect((await ask(`${gateway.url}/usage`, { headers: { cookie: altered } })).status).toBe(401);
});
