/** Signing in: keys and one-time links for sessions, and what a session may do from where. */
import { evictDurableObject } from "cloudflare:test";
import { createExecutionContext } from "cloudflare:test";
import { expect, test } from "vitest";
import { app } from "#edge/app.ts";
import {
  bindings,
  connect,
  foundOrganisation,
  stubOf,
  upgradeRequest,
} from "../../actors/policy/admin.ts";

/** The ledger hears of an event a second after it. */
const waiting = { timeout: 60_000 };

const home = "https://gateway.test";
const secret = { authorization: `Bearer ${bindings.TALLYGATE_SECRET}` };

async function call(method: string, path: string, headers: Record<string, string>, body?: unknown) {
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  const request = new Request(`${home}${path}`, { method, headers, ...init });
  const answer = await app.fetch(request, bindings, createExecutionContext());
  const text = await answer.text();
  const json = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
  const cookie = answer.headers.get("set-cookie") ?? "";
  return { status: answer.status, json, cookie, session: cookie.split(";")[0] ?? "" };
}

async function linkFor(organisation: string, member: string): Promise<string> {
  const { status, json } = await call("POST", "/session/link", secret, { organisation, member });
  expect(status).toBe(200);
  const url = new URL(String(json["url"]));
  expect(url.pathname).toBe("/session/link");
  return url.hash.slice(1);
}

test("a link signs in once, also when its actor was evicted in between", async () => {
  await foundOrganisation("links-once");
  const link = await linkFor("links-once", "ada");
  const first = await call("POST", "/session", {}, { link });
  expect(first.status).toBe(200);
  expect(first.json).toMatchObject({ organisation: "links-once", member: "ada", role: "admin" });
  expect(first.cookie).toMatch(/HttpOnly; SameSite=Strict; .*Secure$/);
  await evictDurableObject(stubOf("links-once"));
  const second = await call("POST", "/session", {}, { link });
  expect(second.status).toBe(401);
  expect(second.cookie).toBe("");
  const who = await call("GET", "/session", { cookie: first.session });
  const { expiresAt, ...rest } = who.json;
  expect(rest).toEqual({ organisation: "links-once", member: "ada", role: "admin" });
  expect([expiresAt, Number(expiresAt) > Date.now()]).toEqual([first.json["expiresAt"], true]);
});

test("a link that was altered, is for nobody, or comes from another site opens nothing", async () => {
  await foundOrganisation("links-forged");
  const link = await linkFor("links-forged", "bob");
  const altered = `${link.slice(0, -2)}${link.endsWith("AA") ? "BB" : "AA"}`;
  expect((await call("POST", "/session", {}, { link: altered })).status).toBe(401);
  const elsewhere = { origin: "https://evil.test" };
  expect((await call("POST", "/session", elsewhere, { link })).status).toBe(403);
  const nobody = { organisation: "links-forged", member: "nobody" };
  expect((await call("POST", "/session/link", secret, nobody)).status).toBe(404);
  const wrong = { authorization: "Bearer wrong" };
  const bob = { organisation: "links-forged", member: "bob" };
  expect((await call("POST", "/session/link", wrong, bob)).status).toBe(401);
  // None of that has used it up.
  expect((await call("POST", "/session", { origin: home }, { link })).status).toBe(200);
});

test("a session changes something from the gateway's own pages only; a key from anywhere", async () => {
  const keys = await foundOrganisation("origins");
  const key = { authorization: `Bearer ${keys["ada"]}` };
  const { session } = await call("POST", "/session", key);
  const scan = (headers: Record<string, string>) =>
    call("POST", "/dlp/scan", headers, { text: "hello" });
  const cookie = { cookie: session };
  expect((await scan(cookie)).status).toBe(403);
  expect((await scan({ ...cookie, origin: "https://evil.test" })).status).toBe(403);
  expect((await scan({ ...cookie, origin: "null" })).status).toBe(403);
  expect((await scan({ ...cookie, origin: home })).status).toBe(200);
  expect((await scan({ ...key, origin: "https://evil.test" })).status).toBe(200);
});

test("signing in and out is in the member's own books; who has no session signs out of none", async () => {
  const keys = await foundOrganisation("sign-ins");
  const key = { authorization: `Bearer ${keys["ada"]}` };
  const { session } = await call("POST", "/session", key);
  const signOut = async (headers: Record<string, string>) => {
    const { status, session: left } = await call("DELETE", "/session", headers);
    expect([status, left]).toEqual([204, "tallygate_session="]);
  };
  await signOut({});
  await signOut(key);
  await signOut({ cookie: `${session}x`, origin: home });
  await signOut({ cookie: session, origin: "https://evil.test" });
  await signOut({ cookie: session, origin: home });
  // Written after all of them, so none of them is still on its way.
  await call("POST", "/session", key);
  await expect
    .poll(async () => {
      const { json } = await call("GET", "/audit/events?user=ada", key);
      const all = json["events"] as { user: string; action?: string }[];
      return all.map(({ action }) => action).filter((action) => action?.startsWith("session."));
    }, waiting)
    .toEqual(["session.start", "session.end", "session.start"]);
});

test("a session ends with the key that it was started with, and no other's does", async () => {
  const keys = await foundOrganisation("sessions-end");
  const signIn = (headers: Record<string, string>) => call("POST", "/session", headers);
  const eves = (await signIn({ authorization: `Bearer ${keys["eve"]}` })).session;
  // One that is renewed by a session is still of the key that began it.
  const renewed = (await signIn({ cookie: eves, origin: home })).session;
  const adas = (await signIn({ authorization: `Bearer ${keys["ada"]}` })).session;
  const link = await linkFor("sessions-end", "eve");
  const byLink = (await call("POST", "/session", {}, { link })).session;
  const who = async (cookie: string) => (await call("GET", "/session", { cookie })).status;
  expect(await Promise.all([eves, renewed, adas, byLink].map(who))).toEqual([200, 200, 200, 200]);
  const openSocket = () =>
    app.fetch(
      upgradeRequest(undefined, { cookie: eves, origin: home }),
      bindings,
      createExecutionContext(),
    );
  const { webSocket, status } = await openSocket();
  webSocket?.accept();
  const closed = new Promise((resolve) => {
    webSocket?.addEventListener("close", ({ code }) => resolve(code));
  });
  expect(status).toBe(101);
  const { client } = await connect(keys["ada"] ?? "");
  const keyId = String(keys["eve"]).split("_")[2];
  await client.ask({ id: "r", type: "RevokeKey", keyId, reason: "lost" });
  expect(await Promise.all([eves, renewed, adas, byLink].map(who))).toEqual([401, 401, 200, 200]);
  // Its socket is closed before it hears of anything more.
  expect(await closed).toBe(1008);
  expect((await openSocket()).status).toBe(401);
});
