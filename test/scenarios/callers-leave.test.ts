/**
 * Callers who leave while a whole answer is awaited. A reset connection is noticed at once; one that
 * is only closed looks to HTTP/1.1 like a caller who has said all and waits, so the answer is fetched
 * and booked.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { ask } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  plain,
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;
/** Lets the upstream answer. */
let answer: (() => void) | undefined;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const budgets = [{ name: "month", limitUsd: 100 }];
  gateway = await startGateway({ policy: scriptedPolicy(upstream.url, { budgets }) });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});
beforeEach(() => {
  answer = undefined;
  upstream.seen.length = 0;
  upstream.script = async (seen, response) => {
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return plain(seen, response);
  };
});

/** A caller who sends no more than its request. */
function send(user: "alice" | "bob" | "admin"): Socket {
  const { hostname, port } = new URL(gateway.url);
  const body = JSON.stringify({
    model: "gpt-4o-mini",
    messages: [{ role: "user", content: "hi" }],
  });
  const head = [
    "POST /v1/chat/completions HTTP/1.1",
    `host: ${hostname}`,
    `authorization: Bearer ${gateway.keys[user]}`,
    "content-type: application/json",
    `content-length: ${body.length}`,
  ];
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  return socket;
}

/** A caller whose call has reached the provider. */
async function caller(user: "alice" | "bob"): Promise<Socket> {
  const socket = send(user);
  await expect.poll(() => answer !== undefined).toBe(true);
  return socket;
}

/** What the books say of a caller's only call, once it is over. */
async function entryOf(user: string): Promise<Record<string, unknown> | undefined> {
  const { json } = await ask(`${gateway.url}/audit/events?user=${user}`, {
    key: gateway.keys.auditor,
  });
  const [entry] = (json["events"] ?? []) as Record<string, unknown>[];
  return entry?.["outcome"] === "admitted" ? undefined : entry;
}

it("a caller whose connection is reset takes the provider's call along", async () => {
  const socket = await caller("alice");
  socket.resetAndDestroy();
  await expect.poll(() => upstream.seen[0]?.left).toBe(true);
  await expect.poll(() => entryOf("alice")).toMatchObject({ outcome: "aborted", status: 499 });
});

it("a caller who only hangs up has an answer in the books, and nothing held", async () => {
  const socket = await caller("bob");
  socket.destroy();
  answer?.();
  await expect
    .poll(() => entryOf("bob"))
    .toMatchObject({ outcome: "completed", costNanos: plainCostNanos });
});

it("callers who leave while they are let in leave nothing held, and are booked as they were answered", async () => {
  upstream.script = plain;
  const turns = 40;
  // From before the request is read to after it is answered: one of the turns meets each moment.
  for (let turn = 0; turn < turns; turn += 1) {
    const socket = send("admin");
    await once(socket, "connect");
    for (let wait = 0; wait < turn; wait += 1)
      await new Promise((resolve) => setImmediate(resolve));
    socket.resetAndDestroy();
  }
  const admin = `${gateway.url}/audit/events?user=admin&kind=request&limit=100`;
  const standing = async () => {
    const { json } = await ask(`${gateway.url}/budgets`, { key: gateway.keys.admin });
    const [month] = json["budgets"] as { heldNanos: number; settledNanos: number }[];
    const { json: page } = await ask(admin, { key: gateway.keys.auditor });
    const entries = page["events"] as { outcome: string; costNanos?: number }[];
    const open = entries.filter(({ outcome }) => outcome === "admitted").length;
    const booked = entries.reduce((sum, { costNanos = 0 }) => sum + costNanos, 0);
    return { open, held: month?.heldNanos, unbooked: (month?.settledNanos ?? 0) - booked };
  };
  await expect.poll(standing).toEqual({ open: 0, held: 0, unbooked: 0 });
  expect((await ask(admin, { key: gateway.keys.auditor })).json["events"]).not.toEqual([]);
});
