/** A provider that speaks OpenAI's responses alone: any caller reaches it in their own words. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { ask, auditEntry, chat, type Answer } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  scriptedPolicy,
  startScriptedUpstream,
  stream,
  type Script,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;

const model = "perplexity/sonar";
const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };
const head = { id: "resp_1", object: "response", model };
const event = (type: string, more: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;

/** Its Agent API, which refuses what it does not know. */
const agent: Script = ({ path, body }, response) => {
  if (path === "/v1/embeddings") {
    const data = [{ object: "embedding", index: 0, embedding: [0.5] }];
    const counted = { prompt_tokens: 3, total_tokens: 3 };
    return json(response, 200, { object: "list", model: "pplx-embed", data, usage: counted });
  }
  const known = ["model", "input", "instructions", "max_output_tokens", "stream", "store"];
  const strange = Object.keys(body).find((name) => !known.includes(name));
  if (strange !== undefined || path !== "/v1/responses") {
    return json(response, 400, { error: { message: `unknown field ${strange} at ${path}` } });
  }
  const content = [{ type: "output_text", text: "Hello there.", annotations: [] }];
  const item = { type: "message", id: "m", role: "assistant", status: "completed", content };
  const whole = { ...head, status: "completed", output: [item], usage };
  if (body["stream"] !== true) return json(response, 200, whole);
  const at = { item_id: "m", output_index: 0, content_index: 0 };
  return stream(response, [
    event("response.created", { response: { ...head, status: "in_progress", output: [] } }),
    event("response.output_text.delta", { ...at, delta: "Hello" }),
    event("response.output_text.delta", { ...at, delta: " there." }),
    event("response.output_text.done", { ...at, text: "Hello there." }),
    event("response.completed", { response: whole }),
  ]);
};

beforeAll(async () => {
  upstream = await startScriptedUpstream(agent);
  const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };
  gateway = await startGateway({
    policy: scriptedPolicy(upstream.url, {
      providers: { perplexity: { kind: "perplexity", baseUrl: `${upstream.url}/v1` } },
      tiers: {
        standard: { candidates: [{ provider: "perplexity", serves: ["perplexity/*", "pplx-*"] }] },
      },
      prices: { "perplexity/sonar": price, "pplx-embed": price },
    }),
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});
beforeEach(() => {
  upstream.seen.length = 0;
});

const booked = (answer: Answer): Promise<Record<string, unknown>> =>
  auditEntry(gateway, answer.headers.get("x-request-id") ?? "");
const post = (path: string, body: object): Promise<Answer> =>
  ask(gateway.url + path, {
    method: "POST",
    key: gateway.keys.alice,
    body: JSON.stringify(body),
  });
const costNanos = 10 * 100_000 + 5 * 200_000;

it("chat completions cross to it, whole and streamed, and are booked", async () => {
  const whole = await chat(gateway, gateway.keys.alice, "hi", { model, user: "u" });
  expect(whole.json).toMatchObject({ choices: [{ message: { content: "Hello there." } }] });
  expect(upstream.seen[0]?.body).toMatchObject({ model, input: [{ role: "user" }] });
  expect(await booked(whole)).toMatchObject({ costNanos });
  const streamed = await chat(gateway, gateway.keys.alice, "hi", { model, stream: true });
  expect(streamed.text).toContain('"content":"Hello"');
  expect(streamed.text.trimEnd().endsWith("data: [DONE]")).toBe(true);
  expect(await booked(streamed)).toMatchObject({ outcome: "completed", costNanos });
});

it("Anthropic's messages do", async () => {
  const answer = await post("/v1/messages", {
    model,
    max_tokens: 50,
    messages: [{ role: "user", content: "hi" }],
  });
  expect(answer.json).toMatchObject({ content: [{ type: "text", text: "Hello there." }] });
});

it("responses pass as they are, without the bookkeeping that it refuses", async () => {
  const answer = await post("/v1/responses", {
    model,
    input: "hi",
    stream: true,
    store: false,
    prompt_cache_key: "k",
    client_metadata: { a: "b" },
    include: [],
  });
  expect(answer.status).toBe(200);
  expect(answer.text).toContain("event: response.completed");
  expect(upstream.seen[0]?.body).toMatchObject({ input: "hi", store: false, stream: true });
});

it("embeddings are asked for where they are", async () => {
  const answer = await post("/v1/embeddings", { model: "pplx-embed", input: "hi" });
  expect(answer.json).toMatchObject({ data: [{ embedding: [0.5] }] });
  expect(upstream.seen[0]?.path).toBe("/v1/embeddings");
});
