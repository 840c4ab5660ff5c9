/**
 * Callers who leave while a whole answer is awaited. A reset connection is noticed at once; one that
 * is only closed looks to HTTP/1.1 like a caller who has said all and waits, so the answer is fetched
 * and booked.
 */
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
  gateway = await startGateway({ policy: scriptedPolicy(upstream.url) });
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

/** A caller whose call has reached the provider; it sends no more than its request. */
async function caller(user: "alice" | "bob"): Promise<Socket> {
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
