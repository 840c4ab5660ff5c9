/** Cloudflare's REST forms: `/ai/run` in all its shapes, the run preview, embeddings. */
import { APICallError, embedMany, generateText, isStepCount, Output, streamText, tool } from "ai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createWorkersAI } from "workers-ai-provider";
import * as z from "zod";
import { createAi } from "../../client/src/ai.ts";
import { ask, auditEntry } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  callsTool,
  json,
  openAiAnswer,
  plain,
  scriptedPolicy,
  startScriptedUpstream,
  type Script,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

interface Format {
  type: string;
  json_schema: { schema?: object };
}

const llama = "@cf/meta/llama-3.1-8b-instruct";
const bge = "@cf/baai/bge-base-en-v1.5";
const vectors: Script = (seen, response) =>
  json(response, 200, {
    object: "list",
    model: seen.body["model"],
    data: [
      { object: "embedding", index: 0, embedding: [0.5, 0.25] },
      { object: "embedding", index: 1, embedding: [1, 0] },
    ],
    usage: { prompt_tokens: 10, total_tokens: 10 },
  });

let upstream: ScriptedUpstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };
  gateway = await startGateway({
    env: { CLOUDFLARE_API_TOKEN: "cloudflare-token-1" },
    policy: scriptedPolicy(upstream.url, {
      providers: {
        openai: { kind: "openai", baseUrl: `${upstream.url}/v1` },
        "workers-ai": { kind: "workers-ai", baseUrl: `${upstream.url}/ai/v1` },
      },
      tiers: {
        standard: {
          candidates: [
            { provider: "openai", serves: ["gpt-*", "text-*"] },
            { provider: "workers-ai", serves: ["@cf/*"] },
          ],
        },
      },
      prices: {
        "gpt-4o-mini": price,
        "text-embedding-3-small": price,
        [llama]: price,
        [bge]: price,
      },
      cloudflare: { accounts: ["0123456789abcdef"], gateways: ["main"] },
      dlp: {
        rules: [
          { id: "secret", dictionary: ["top-secret"], directions: ["prompt"], action: "redact" },
        ],
      },
    }),
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});
beforeEach(() => {
  upstream.script = plain;
  upstream.seen.length = 0;
});

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  ask(`${gateway.url}/${path}`, {
    method: "POST",
    key: gateway.keys.alice,
    headers,
    body: JSON.stringify(body),
  });
const account = "client/v4/accounts/0123456789abcdef/ai";
const messages = [{ role: "user", content: "the top-secret word" }];

describe("/ai/run", () => {
  it.each([
    [`${account}/run/${llama}`, { messages }, llama],
    [`${account}/run/${llama}`, { prompt: "the top-secret word", max_tokens: 20 }, llama],
    [`${account}/run`, { model: llama, input: { messages } }, llama],
    [`${account}/run`, { model: "openai/gpt-4o-mini", input: { messages } }, "gpt-4o-mini"],
    [`v1/0123456789abcdef/main/workers-ai/${llama}`, { messages }, llama],
  ])(
    "%s with %j answers in Cloudflare's envelope, scanned like any call",
    async (path, body, model) => {
      const answer = await post(path, body, { "cf-aig-gateway-id": "main" });
      expect([answer.status, answer.json]).toMatchObject([
        200,
        {
          success: true,
          errors: [],
          messages: [],
          result: { response: "Hello there.", usage: { prompt_tokens: 10, completion_tokens: 5 } },
        },
      ]);
      expect(upstream.seen).toMatchObject([{ body: { model } }]);
      expect(upstream.seen[0]?.prompt).not.toContain("top-secret");
      const entry = await auditEntry(gateway, answer.headers.get("cf-aig-log-id") ?? "");
      expect(entry).toMatchObject({ action: "ai.run", costNanos: 2_000_000, dlp: "redacted" });
    },
  );

  it("streams Workers AI's events, the last with usage", async () => {
    const answer = await post(`${account}/run/${llama}`, { messages, stream: true });
    const events = answer.text.split("\n\n").filter((event) => event !== "");
    const texts = events.slice(0, -1).map((event) => JSON.parse(event.slice(6)) as object);
    expect(texts).toMatchObject([
      { response: "Hello" },
      { response: " there" },
      { response: "." },
      { response: "", usage: { completion_tokens: 5 } },
    ]);
    expect(events.at(-1)).toBe("data: [DONE]");
  });

  it("gives tool calls as Workers AI does, and takes its flat tools", async () => {
    upstream.script = (_seen, response) => {
      const call = { name: "weather", arguments: '{"city":"Paris"}' };
      const message = {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "c1", type: "function", function: call }],
      };
      const usage = { prompt_tokens: 10, completion_tokens: 5 };
      const choices = [{ index: 0, message, finish_reason: "tool_calls" }];
      json(response, 200, { id: "1", object: "chat.completion", model: llama, choices, usage });
    };
    const tools = [{ name: "weather", description: "d", parameters: { type: "object" } }];
    const { json: body } = await post(`${account}/run/${llama}`, { messages, tools });
    expect(upstream.seen[0]?.body["tools"]).toMatchObject([
      { type: "function", function: { name: "weather" } },
    ]);
    expect(body["result"]).toMatchObject({
      response: "",
      tool_calls: [{ name: "weather", arguments: { city: "Paris" } }],
    });
  });

  it("gives vectors for texts", async () => {
    upstream.script = vectors;
    const { status, json: body } = await post(`${account}/run/${bge}`, { text: ["a", "b"] });
    expect([status, body]).toMatchObject([
      200,
      {
        success: true,
        result: {
          shape: [2, 2],
          data: [
            [0.5, 0.25],
            [1, 0],
          ],
        },
      },
    ]);
    expect(upstream.seen[0]).toMatchObject({
      path: "/ai/v1/embeddings",
      body: { input: ["a", "b"] },
    });
  });

  it("refuses what it cannot say, another's gateway and no model", async () => {
    const raw = await post(`${account}/run/${llama}`, { prompt: "x", raw: true });
    const other = await post(
      `${account}/run/${llama}`,
      { prompt: "x" },
      { "cf-aig-gateway-id": "x" },
    );
    const nothing = await post(`${account}/run`, { input: { prompt: "x" } });
    expect([raw.status, other.status, nothing.status]).toEqual([400, 400, 400]);
    expect(other.json).toMatchObject({ success: false, errors: [{ code: 2001 }] });
    expect(upstream.seen).toEqual([]);
  });
});

it("the run preview names its state, and has no streams", async () => {
  const at = "v1/0123456789abcdef/main/run";
  const done = await post(at, { model: "openai/gpt-4o-mini", input: { messages } });
  expect([done.status, done.json]).toMatchObject([
    200,
    {
      state: "Completed",
      provider: "openai",
      model: "gpt-4o-mini",
      result: { choices: [{ message: { content: "Hello there." } }] },
    },
  ]);
  const input = { messages, stream: true };
  const failed = await post(at, { model: "openai/gpt-4o-mini", input });
  expect([failed.status, failed.json]).toMatchObject([
    400,
    { state: "Failed", error: { code: "unsupported_feature" } },
  ]);
});

it.each(["v1/0123456789abcdef/main/compat", "compat", `${account}/v1`])(
  "%s/embeddings names its provider in the model",
  async (root) => {
    upstream.script = vectors;
    const model = "openai/text-embedding-3-small";
    const answer = await post(`${root}/embeddings`, { model, input: ["a", "b"] });
    expect([answer.status, answer.json]).toMatchObject([
      200,
      { data: [{ embedding: [0.5, 0.25] }, {}] },
    ]);
    expect(upstream.seen).toMatchObject([{ body: { model: "text-embedding-3-small" } }]);
  },
);

/** A fetch that asks the gateway, whatever host is named, and notes the paths. */
const gatewayFetch =
  (urls: string[], key?: string): typeof fetch =>
  async (url, init) => {
    const { pathname } = new URL(url as string);
    urls.push(pathname);
    const headers = new Headers(init?.headers);
    if (key !== undefined) headers.set("authorization", `Bearer ${key}`);
    return fetch(gateway.url + pathname, { ...init, headers });
  };
type Opens = (urls: string[], apiKey: string) => ReturnType<typeof createWorkersAI>;
/** Its hosts are built in; all that changes is who is asked. */
const overRest =
  (more: object): Opens =>
  (urls, apiKey) =>
    createWorkersAI({
      accountId: "0123456789abcdef",
      apiKey,
      ...more,
      fetch: gatewayFetch(urls),
    });
const overBinding: Opens = (urls, apiKey) => {
  const ai = createAi({ fetch: gatewayFetch(urls, apiKey) });
  return createWorkersAI({ binding: ai as unknown as Ai, gateway: { id: "main" } });
};

describe.each([
  ["Cloudflare's REST address", overRest({}), `/${account}/run/${llama}`],
  [
    "its AI gateway's",
    overRest({ gateway: { id: "main" } }),
    `/v1/0123456789abcdef/main/workers-ai/run/${llama}`,
  ],
  ["a binding that createAi makes", overBinding, "/v1/chat/completions"],
])("workers-ai-provider at %s", (_name, opens, address) => {
  const urls: string[] = [];
  const workersAi = (apiKey = gateway.keys.alice) => opens(urls, apiKey);

  it("answers, streams and gives vectors", async () => {
    const ask = { model: workersAi()(llama), prompt: "hi", maxRetries: 0 };
    const { text, usage } = await generateText(ask);
    expect([text, usage.outputTokens]).toEqual(["Hello there.", 5]);
    const streamed = streamText(ask);
    expect(await streamed.text).toBe("Hello there.");
    expect((await streamed.usage).outputTokens).toBe(5);
    expect(await streamed.finishReason).toBe("stop");
    expect(urls).toEqual([address, address]);
    upstream.script = vectors;
    const { embeddings } = await embedMany({
      model: workersAi().textEmbedding(bge),
      values: ["a", "b"],
    });
    expect(embeddings).toEqual([
      [0.5, 0.25],
      [1, 0],
    ]);
  });

  it("calls a tool and takes its result, and asks for an object of a schema", async () => {
    upstream.script = callsTool;
    const weather = tool({
      description: "The weather",
      inputSchema: z.object({ city: z.string() }),
      execute: ({ city }) => `It rains in ${city}.`,
    });
    const model = workersAi()(llama);
    const ask = { model, prompt: "hi", tools: { weather }, stopWhen: isStepCount(2) };
    for (const steps of [(await generateText(ask)).steps, await streamText(ask).steps]) {
      expect(steps[0]?.finishReason).toBe("tool-calls");
      expect(steps[0]?.toolResults[0]).toMatchObject({ output: "It rains in Paris." });
    }
    upstream.script = (_seen, response) => json(response, 200, openAiAnswer('{"city":"Paris"}'));
    const output = Output.object({ schema: z.object({ city: z.string() }) });
    const found = await generateText({ model, prompt: "hi", output });
    expect(found.output).toEqual({ city: "Paris" });
    const format = upstream.seen.at(-1)?.body["response_format"] as Format | undefined;
    expect(format?.type).toBe("json_schema");
    const asked = format?.json_schema;
    expect(asked?.schema ?? asked).toMatchObject({ properties: { city: { type: "string" } } });
  });

  it("sees a wrong key as its own error", async () => {
    const error = await generateText({ model: workersAi("nobody")(llama), prompt: "hi" }).catch(
      (error: unknown) => error,
    );
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ isRetryable: false });
    expect(String(error)).toContain("Tallygate key");
  });
});
