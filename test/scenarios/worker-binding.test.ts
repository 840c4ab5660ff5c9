/** Another Worker binds the gateway: same pipeline, same books, an identity that nobody can send. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { startBoundWorkers, type BoundWorkers } from "../support/bound-workers.ts";
import { ask } from "../support/client.ts";
import {
  openAiChunks,
  plain,
  plainCostNanos,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let workers: BoundWorkers;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  workers = await startBoundWorkers(scriptedPolicy(upstream.url));
});
beforeEach(() => {
  upstream.script = plain;
});
afterAll(async () => {
  await workers.stop();
  await upstream.stop();
});

async function use(path: string): Promise<unknown> {
  const answer = await fetch(`${workers.caller}${path}`);
  return answer.json();
}

const answer = {
  text: "Hello there.",
  finish: "stop",
  usage: { inputTokens: 10, outputTokens: 5 },
};

it("answers over RPC, and the call is in the books as the member of the binding's props", async () => {
  const result = (await use("/run")) as { requestId: string };
  expect(result).toMatchObject(answer);
  const path = `${workers.url}/audit/events/${result.requestId}`;
  await expect
    .poll(async () => (await ask(path, { key: workers.keys.auditor })).text, { timeout: 60_000 })
    .toContain(`"costNanos":${plainCostNanos}`);
  const { text } = await ask(path, { key: workers.keys.auditor });
  expect(text).toContain('"user":"alice"');
  expect(text).toContain('"job":"nightly"');
});

it("tries the next entry when one fails", async () => {
  expect(await use("/fallback")).toMatchObject(answer);
});

it("streams typed events, one done at their end", async () => {
  expect(await use("/stream")).toEqual([
    { type: "text", text: "Hello" },
    { type: "text", text: " there" },
    { type: "text", text: "." },
    { type: "done", finish: "stop", usage: answer.usage },
  ]);
});

it.each(["/refused", "/refused-stream"])("keeps what an error carries: %s", async (path) => {
  const refused = { code: "model_not_found", status: 404 };
  const got = (await use(path)) as { requestId: string };
  expect(got).toMatchObject(refused);
  expect(got.requestId).toMatch(/^[0-9a-f-]{36}$/);
});

it("lets nobody in without an identity, nor as a member who does not exist", async () => {
  const before = upstream.seen.length;
  expect(await use("/nobody")).toMatchObject({ code: "unauthenticated" });
  expect(await use("/stranger")).toMatchObject({ code: "unauthenticated", status: 401 });
  expect(upstream.seen).toHaveLength(before);
});

it("cannot be claimed over HTTP, not even by the address that bound Workers are given", async () => {
  for (const headers of [
    {},
    { host: "tallygate.internal" },
    { "x-tallygate-organisation": "dev", "x-tallygate-member": "alice" },
    { "cf-worker": "caller", "x-props": '{"organisation":"dev","member":"alice"}' },
  ]) {
    const url = `${workers.url}/v1/chat/completions`;
    const { status } = await ask(url, { method: "POST", body: "{}", headers });
    expect(status).toBe(401);
  }
});

it("looks like the Workers AI binding through createAi", async () => {
  expect(await use("/ai-refused")).toMatchObject({ code: "model_not_found", status: 404 });
  expect(await use("/ai")).toMatchObject({
    response: "Hello there.",
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  });
  const tool = { type: "function", function: { name: "weather", parameters: {} } };
  const messages = [{ role: "user", content: "hello" }];
  expect(upstream.seen.at(-1)?.body).toMatchObject({ messages, max_tokens: 50, tools: [tool] });
  const text = (await use("/ai-stream")) as string;
  expect(text).toMatch(/^data: \{"response":"Hello"\}\n\n/);
  expect(text).toMatch(/data: \[DONE\]\n\n$/);
});

it("a stream that its Worker cancels ends at the provider", async () => {
  const [head = "", hello = ""] = openAiChunks(["Hello"]);
  upstream.script = (_seen, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(head);
    const talk = setInterval(() => response.write(hello), 10);
    response.on("close", () => clearInterval(talk));
  };
  expect(await use("/leave")).toEqual({ type: "text", text: "Hello" });
  await expect.poll(() => upstream.seen.at(-1)?.left, { timeout: 60_000 }).toBe(true);
});

it("asks for one of the gateway's providers by name, over the binding too", async () => {
  expect(await use("/run")).toMatchObject({ provider: "scripted" });
  const { code } = (await use("/provider")) as { code: string };
  expect(code).toBe("model_not_allowed");
});

it("a whole answer that its Worker aborts ends at the provider, too", async () => {
  // It says nothing, and never would.
  upstream.script = (_seen, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write(" ");
  };
  const before = upstream.seen.length;
  expect(await use("/abort")).toMatchObject({ code: "aborted" });
  expect(upstream.seen).toHaveLength(before + 1);
  // Left to itself, the gateway gives such a provider up after a minute.
  await expect.poll(() => upstream.seen.at(-1)?.left).toBe(true);
});

it("takes any HTTP request as the binding's member, whatever key it carries", async () => {
  const { status, id } = (await use("/fetch")) as { status: number; id: string };
  expect(status).toBe(200);
  await expect
    .poll(
      async () =>
        (await ask(`${workers.url}/audit/events/${id}`, { key: workers.keys.auditor })).text,
      { timeout: 60_000 },
    )
    .toContain('"user":"alice"');
  expect(await use("/fetch-nobody")).toBe(401);
});

it("speaks MCP with an auditor's binding, and not with a member's", async () => {
  expect(await use("/mcp")).toMatchObject({
    status: 200,
    body: { result: { isError: false, content: [{ text: expect.stringContaining("costNanos") }] } },
  });
  expect(await use("/mcp-member")).toMatchObject({ status: 403 });
});
