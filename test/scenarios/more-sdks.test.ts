/** The AI SDK, LangChain and Cloudflare's own provider, unmodified, against the gateway. */
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { APICallError, embedMany, generateText, isStepCount, Output, streamText, tool } from "ai";
import { AiGatewayUnauthorizedError, createAiGateway } from "ai-gateway-provider";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  plain,
  scriptedPolicy,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let mocked: TestGateway;
let scripted: TestGateway;
let upstream: ScriptedUpstream;
let spare: ScriptedUpstream;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  spare = await startScriptedUpstream();
  [mocked, scripted] = await Promise.all([
    startGateway(),
    startGateway({
      policy: scriptedPolicy(upstream.url, {
        providers: {
          openai: { kind: "openai", baseUrl: `${upstream.url}/v1` },
          groq: { kind: "groq", baseUrl: `${spare.url}/openai/v1` },
        },
        tiers: {
          standard: {
            candidates: [
              { provider: "openai", serves: ["gpt-4o-mini"] },
              { provider: "groq", serves: ["gpt-4o-mini"] },
            ],
          },
        },
        cloudflare: { accounts: ["0123456789abcdef"] },
      }),
    }),
  ]);
});
afterAll(async () => {
  await Promise.all([mocked, scripted].map((gateway) => gateway?.stop()));
  await Promise.all([upstream, spare].map((one) => one.stop()));
});
beforeEach(() => {
  for (const one of [upstream, spare]) {
    one.script = plain;
    one.seen.length = 0;
  }
});

const openai = () => createOpenAI({ baseURL: `${mocked.url}/v1`, apiKey: mocked.keys.alice });
const anthropic = () => createAnthropic({ baseURL: `${mocked.url}/v1`, apiKey: mocked.keys.alice });
const weather = tool({
  description: "The weather in a city",
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => `It rains in ${city}.`,
});
const city = z.object({ city: z.string() });
const sayCity = 'say {"city":"Paris"}';

const chat = (model: string, more: object = {}) =>
  new ChatOpenAI({
    model,
    apiKey: mocked.keys.alice,
    maxRetries: 0,
    configuration: { baseURL: `${mocked.url}/v1` },
    ...more,
  });
const gatewayOf = (key: string) =>
  createAiGateway({
    binding: {
      run: (entries, options) =>
        fetch(`${scripted.url}/v1/0123456789abcdef/main`, {
          method: "POST",
          headers: {
            "cf-aig-authorization": `Bearer ${key}`,
            "content-type": "application/json",
          },
          body: JSON.stringify(entries),
          signal: options?.signal ?? null,
        }),
    },
    options: { eventId: "evt-1", skipCache: true },
  });
const models = () => {
  const groq = createOpenAI({ baseURL: "https://api.groq.com/openai/v1", apiKey: "gsk-own" });
  return [createOpenAI({ apiKey: "sk-own" }).chat("gpt-4o-mini"), groq.chat("gpt-4o-mini")];
};

describe.each([
  ["OpenAI's responses", () => openai()("gpt-4o-mini")],
  ["OpenAI's chat", () => openai().chat("gpt-4o-mini")],
  ["OpenAI's chat with Anthropic's model", () => openai().chat("claude-sonnet-4-5")],
  ["Anthropic's messages", () => anthropic()("claude-sonnet-4-5")],
])("the AI SDK over %s", (_name, model) => {
  it("gets a text with usage and the request's id", async () => {
    const { text, usage, response } = await generateText({ model: model(), prompt: "hello" });
    expect(text).toContain("development upstream");
    expect(usage.outputTokens).toBeGreaterThan(0);
    expect(response.headers?.["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("streams a text in parts", async () => {
    const { textStream, usage } = streamText({ model: model(), prompt: "hello" });
    const parts: string[] = [];
    for await (const part of textStream) parts.push(part);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.join("")).toContain("development upstream");
    expect((await usage).outputTokens).toBeGreaterThan(0);
  });

  it("goes round a loop of tools, whole and streamed", async () => {
    const ask = {
      model: model(),
      prompt: "weather?",
      tools: { weather },
      stopWhen: isStepCount(3),
    };
    for (const steps of [(await generateText(ask)).steps, await streamText(ask).steps]) {
      expect(steps.map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "stop"]);
      expect(steps[0]?.toolResults[0]).toMatchObject({
        input: { city: "Paris" },
        output: "It rains in Paris.",
      });
    }
  });

  it("gets an object that fits a schema", async () => {
    const output = Output.object({ schema: city });
    const { output: found } = await generateText({ model: model(), prompt: sayCity, output });
    expect(found).toEqual({ city: "Paris" });
  });
});

describe("the AI SDK", () => {
  it("gets vectors for texts", async () => {
    const model = openai().embedding("text-embedding-3-small");
    const { embeddings } = await embedMany({ model, values: ["one", "two"] });
    expect(embeddings.map((vector) => vector.length)).toEqual([8, 8]);
  });

  it("sees a refusal as one of its own, and does not try it again", async () => {
    const model = openai().chat("nobody-serves-this");
    const error = await generateText({ model, prompt: "hi" }).catch((error: unknown) => error);
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode: 404, isRetryable: false });
    expect(String(error)).toContain("nobody-serves-this");
  });

  it("tries again what can work the next time", async () => {
    let calls = 0;
    const fail: ScriptedUpstream["script"] = (seen, response) => {
      calls += 1;
      if (calls > 2) return plain(seen, response);
      response.setHeader("retry-after", "1");
      return json(response, 429, { error: { message: "slow down" } });
    };
    upstream.script = fail;
    spare.script = fail;
    const provider = createOpenAI({ baseURL: `${scripted.url}/v1`, apiKey: scripted.keys.alice });
    const { text } = await generateText({ model: provider.chat("gpt-4o-mini"), prompt: "hi" });
    expect([text, calls]).toEqual(["Hello there.", 3]);
  });
});

describe("LangChain", () => {
  it.each([
    ["gpt-4o-mini", {}],
    ["claude-sonnet-4-5", {}],
    ["gpt-4o-mini", { useResponsesApi: true }],
  ])("answers and streams: %s %j", async (model, more) => {
    const answer = await chat(model, more).invoke("hello");
    expect(answer.text).toContain("development upstream");
    expect(answer.usage_metadata).toMatchObject({ output_tokens: expect.any(Number) as number });
    const parts: string[] = [];
    for await (const part of await chat(model, more).stream("hello")) parts.push(part.text);
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.join("")).toContain("development upstream");
  });

  it("calls a tool and takes its result", async () => {
    const tools = [{ name: "weather", description: "The weather", schema: city }];
    const model = chat("gpt-4o-mini").bindTools(tools);
    const ask = new HumanMessage("weather?");
    const called = await model.invoke([ask]);
    expect(called.tool_calls).toMatchObject([{ name: "weather", args: { city: "Paris" } }]);
    const result = new ToolMessage({
      content: "It rains.",
      tool_call_id: called.tool_calls?.[0]?.id ?? "",
    });
    expect((await model.invoke([ask, called, result])).text).not.toBe("");
  });

  it("gets an object that fits a schema, and vectors", async () => {
    const structured = chat("gpt-4o-mini").withStructuredOutput(city, { method: "jsonSchema" });
    expect(await structured.invoke(sayCity)).toEqual({ city: "Paris" });
    const embeddings = new OpenAIEmbeddings({
      model: "text-embedding-3-small",
      apiKey: mocked.keys.alice,
      encodingFormat: "float",
      configuration: { baseURL: `${mocked.url}/v1` },
    });
    expect(await embeddings.embedDocuments(["one", "two"])).toMatchObject([{}, {}]);
  });

  it("sees a refusal with its code", async () => {
    const error = await chat("nobody-serves-this")
      .invoke("hi")
      .catch((error: unknown) => error);
    expect(error).toMatchObject({ status: 404, code: "model_not_found" });
  });
});

describe("Cloudflare's provider", () => {
  it("answers, streams, and goes on to the next model", async () => {
    const gateway = gatewayOf(scripted.keys.alice);
    const first = await generateText({ model: gateway(models()), prompt: "hi", maxRetries: 0 });
    expect([first.text, spare.seen.length]).toEqual(["Hello there.", 0]);
    upstream.script = (_seen, response) => json(response, 500, { error: { message: "down" } });
    const next = await generateText({ model: gateway(models()), prompt: "hi", maxRetries: 0 });
    expect([next.text, spare.seen.length]).toEqual(["Hello there.", 1]);
    const { textStream } = streamText({ model: gateway(models()), prompt: "hi", maxRetries: 0 });
    const parts: string[] = [];
    for await (const part of textStream) parts.push(part);
    expect(parts.join("")).toBe("Hello there.");
    expect(JSON.stringify([upstream.seen, spare.seen])).not.toMatch(/sk-own|gsk-own|evt-1/);
  });

  it("sees a wrong key as its own error", async () => {
    const model = gatewayOf("nobody")(models());
    await expect(generateText({ model, prompt: "hi", maxRetries: 0 })).rejects.toThrow(
      AiGatewayUnauthorizedError,
    );
  });
});
