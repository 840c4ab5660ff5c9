/** The AI SDK, LangChain, Cloudflare's provider and the vendors' own SDKs, unmodified. */
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { InferenceClient, InferenceClientProviderApiError } from "@huggingface/inference";
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { Mistral } from "@mistralai/mistralai";
import { MistralError } from "@mistralai/mistralai/models/errors";
import { APICallError, embedMany, generateText, isStepCount, Output, streamText, tool } from "ai";
import { AiGatewayUnauthorizedError, createAiGateway } from "ai-gateway-provider";
import { CohereClientV2, CohereError } from "cohere-ai";
import Groq, { AuthenticationError } from "groq-sdk";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { auditEntry } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  called,
  callsTool,
  json,
  openAiAnswer,
  plain,
  scriptedPolicy,
  startScriptedUpstream,
  stream,
  type Script,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

const price = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };

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
      env: {
        GEMINI_API_KEY: "gemini-key-1",
        GROQ_API_KEY: "groq-key-1",
        MISTRAL_API_KEY: "mistral-key-1",
        HF_TOKEN: "hf-token-1",
        COHERE_API_KEY: "cohere-key-1",
      },
      policy: scriptedPolicy(upstream.url, {
        providers: {
          openai: { kind: "openai", baseUrl: `${upstream.url}/v1` },
          groq: { kind: "groq", baseUrl: `${spare.url}/openai/v1` },
          google: { kind: "google", baseUrl: upstream.url },
          mistral: { kind: "mistral", baseUrl: `${upstream.url}/mistral/v1` },
          huggingface: { kind: "huggingface", baseUrl: `${upstream.url}/hf/v1` },
          cohere: { kind: "cohere", baseUrl: `${upstream.url}/cohere` },
        },
        tiers: {
          standard: {
            candidates: [
              { provider: "openai", serves: ["gpt-4o-mini"] },
              { provider: "groq", serves: ["gpt-4o-mini"] },
              { provider: "google", serves: ["gemini-*"] },
              { provider: "mistral", serves: ["mistral-*"] },
              { provider: "huggingface", serves: ["meta-llama/*"] },
              { provider: "cohere", serves: ["command-*", "embed-*"] },
            ],
          },
        },
        prices: {
          "gpt-4o-mini": price,
          "gemini-*": price,
          "mistral-*": price,
          "meta-llama/*": price,
          "command-*": price,
          "embed-*": price,
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
const google = ({ url, keys } = mocked) =>
  createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: keys.alice });
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
  ["Gemini's generateContent with OpenAI's model", () => google()("gpt-4o-mini")],
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

/** Gemini's words: a call of the tool where there is one to call, else a text; vectors. */
const gemini: Script = ({ path, body, text }, response) => {
  if (path.includes("mbed")) {
    return json(response, 200, { embeddings: [{ values: [0.5] }, { values: [0.5] }] });
  }
  const calls = body["tools"] !== undefined && !text.includes("functionResponse");
  const part = calls
    ? { functionCall: { name: "weather", args: { city: "Paris" } } }
    : { text: "Hello there." };
  const answer = {
    candidates: [{ content: { role: "model", parts: [part] }, finishReason: "STOP", index: 0 }],
    usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
    modelVersion: "gemini-2.5-flash",
  };
  return path.includes("stream")
    ? stream(response, [`data: ${JSON.stringify(answer)}\r\n\r\n`])
    : json(response, 200, answer);
};

describe("the AI SDK", () => {
  it("gets vectors for texts", async () => {
    const model = openai().embedding("text-embedding-3-small");
    const { embeddings } = await embedMany({ model, values: ["one", "two"] });
    expect(embeddings.map((vector) => vector.length)).toEqual([8, 8]);
  });

  it("speaks to Gemini in its own words: text, streams, tools and vectors", async () => {
    upstream.script = gemini;
    const model = google(scripted)("gemini-2.5-flash");
    const { text, usage } = await generateText({ model, prompt: "hi" });
    expect([text, usage.outputTokens]).toEqual(["Hello there.", 5]);
    const ask = { model, prompt: "weather?", tools: { weather }, stopWhen: isStepCount(3) };
    for (const steps of [(await generateText(ask)).steps, await streamText(ask).steps]) {
      expect(steps.map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "stop"]);
      expect(steps[0]?.toolResults[0]).toMatchObject({ output: "It rains in Paris." });
      expect(steps[1]?.text).toBe("Hello there.");
    }
    const { embeddings } = await embedMany({
      model: google(scripted).embedding("gemini-embedding-001"),
      values: ["one", "two"],
    });
    expect(embeddings).toEqual([[0.5], [0.5]]);
    expect(upstream.seen.at(-1)?.headers["x-goog-api-key"]).toBe("gemini-key-1");
  });

  it.each([
    ["OpenAI's", () => openai().chat("nobody-serves-this")],
    ["Gemini's", () => google()("nobody-serves-this")],
  ])("sees a refusal in %s words as its own, and does not try it again", async (_name, asked) => {
    const model = asked();
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

const question = [{ role: "user" as const, content: "hi" }];
const parameters = { type: "object", properties: { city: { type: "string" } } };
const weatherTool = {
  type: "function" as const,
  function: { name: "weather", description: "The weather in a city", parameters },
};
/** What is asked of each vendor's SDK. */
interface Sdk {
  /** The text and the tokens of a whole answer. */
  whole(key: string): Promise<[string, number]>;
  streamed(key: string): Promise<string>;
  /** The call of the tool: of a whole answer, and of a stream. */
  calls(key: string): Promise<unknown[]>;
  /** The text of an answer that was asked to fit the schema `parameters`. */
  shaped(key: string): Promise<unknown>;
}
const shape = {
  type: "json_schema" as const,
  json_schema: { name: "city", strict: true, schema: parameters },
};
/** An answer that fits the schema, in OpenAI's words. */
const answersJson: Script = (_seen, response) =>
  json(response, 200, openAiAnswer('{"city":"Paris"}'));

const groq: Sdk = {
  async whole(key) {
    const answer = await groqOf(key).chat.completions.create({
      model: "gpt-4o-mini",
      messages: question,
    });
    return [answer.choices[0]?.message.content ?? "", answer.usage?.completion_tokens ?? 0];
  },
  async streamed(key) {
    const request = { model: "gpt-4o-mini", messages: question, stream: true } as const;
    let text = "";
    for await (const chunk of await groqOf(key).chat.completions.create(request)) {
      text += chunk.choices[0]?.delta.content ?? "";
    }
    return text;
  },
  async calls(key) {
    const request = { model: "gpt-4o-mini", messages: question, tools: [weatherTool] };
    const { chat } = groqOf(key);
    const found: unknown[] = (await chat.completions.create(request)).choices.flatMap(
      ({ message }) => message.tool_calls ?? [],
    );
    for await (const chunk of await chat.completions.create({ ...request, stream: true })) {
      found.push(...(chunk.choices[0]?.delta.tool_calls ?? []));
    }
    return found;
  },
  async shaped(key) {
    const request = { model: "gpt-4o-mini", messages: question, response_format: shape };
    const answer = await groqOf(key).chat.completions.create(request);
    return answer.choices[0]?.message.content;
  },
};
const groqOf = (apiKey: string, maxRetries = 0) =>
  new Groq({ baseURL: `${scripted.url}/groq`, apiKey, maxRetries });

const textOf = (content: unknown): string => (typeof content === "string" ? content : "");

const mistral: Sdk = {
  async whole(key) {
    const answer = await mistralOf(key).chat.complete({
      model: "mistral-small-latest",
      messages: question,
      randomSeed: 7,
    });
    return [textOf(answer.choices[0]?.message?.content), answer.usage.completionTokens ?? 0];
  },
  async streamed(key) {
    const request = { model: "mistral-small-latest", messages: question };
    let text = "";
    for await (const { data } of await mistralOf(key).chat.stream(request)) {
      text += textOf(data.choices[0]?.delta.content);
    }
    return text;
  },
  async calls(key) {
    const request = { model: "mistral-small-latest", messages: question, tools: [weatherTool] };
    const { chat } = mistralOf(key);
    const found: unknown[] = (await chat.complete(request)).choices.flatMap(
      ({ message }) => message?.toolCalls ?? [],
    );
    for await (const { data } of await chat.stream(request)) {
      found.push(...(data.choices[0]?.delta.toolCalls ?? []));
    }
    return found;
  },
  async shaped(key) {
    const { name, strict, schema: schemaDefinition } = shape.json_schema;
    const jsonSchema = { name, strict, schemaDefinition };
    const responseFormat = { type: shape.type, jsonSchema };
    const request = { model: "mistral-small-latest", messages: question, responseFormat };
    return (await mistralOf(key).chat.complete(request)).choices[0]?.message?.content;
  },
};
const mistralOf = (apiKey: string) => new Mistral({ serverURL: scripted.url, apiKey });

const llama = "meta-llama/Llama-3.3-70B-Instruct";
const huggingFace: Sdk = {
  async whole(key) {
    const answer = await inferenceOf(key).chatCompletion({ model: llama, messages: question });
    return [answer.choices[0]?.message.content ?? "", answer.usage.completion_tokens];
  },
  async streamed(key) {
    let text = "";
    const request = { model: llama, messages: question };
    for await (const chunk of inferenceOf(key).chatCompletionStream(request)) {
      text += chunk.choices[0]?.delta.content ?? "";
    }
    return text;
  },
  async calls(key) {
    const request = { model: llama, messages: question, tools: [weatherTool] };
    const found: unknown[] = (await inferenceOf(key).chatCompletion(request)).choices.flatMap(
      ({ message }) => message.tool_calls ?? [],
    );
    for await (const chunk of inferenceOf(key).chatCompletionStream(request)) {
      found.push(...(chunk.choices[0]?.delta.tool_calls ?? []));
    }
    return found;
  },
  async shaped(key) {
    const request = { model: llama, messages: question, response_format: shape };
    return (await inferenceOf(key).chatCompletion(request)).choices[0]?.message.content;
  },
};
const inferenceOf = (key: string) =>
  new InferenceClient(key, { endpointUrl: `${scripted.url}/v1`, retry_on_error: false });

describe.each([
  ["groq", groq, () => spare, "/openai/v1", AuthenticationError],
  ["mistral", mistral, () => upstream, "/mistral/v1", MistralError],
  ["hf", huggingFace, () => upstream, "/hf/v1", InferenceClientProviderApiError],
])("the SDK of %s", (name, sdk, asked, base, wrongKey) => {
  it("gets an answer with its usage, and a stream", async () => {
    expect(await sdk.whole(scripted.keys.alice)).toEqual(["Hello there.", 5]);
    expect(await sdk.streamed(scripted.keys.alice)).toBe("Hello there.");
    const key = expect.stringMatching(new RegExp(`^Bearer ${name}-(key|token)-1$`)) as string;
    const seen = { path: `${base}/chat/completions`, headers: { authorization: key } };
    expect(asked().seen).toMatchObject([seen, seen]);
  });

  it("gets tool calls, whole and streamed", async () => {
    asked().script = callsTool;
    const call = { id: called.id, function: called.function };
    expect(await sdk.calls(scripted.keys.alice)).toMatchObject([call, call]);
    expect(asked().seen[0]?.body["tools"]).toMatchObject([weatherTool]);
  });

  it("gets an object that fits the schema it sends along", async () => {
    asked().script = answersJson;
    const text = await sdk.shaped(scripted.keys.alice);
    expect(JSON.parse(String(text))).toEqual({ city: "Paris" });
    expect(asked().seen[0]?.body["response_format"]).toMatchObject(shape);
  });

  it("sees a wrong key as its own error", async () => {
    await expect(sdk.whole("nobody")).rejects.toThrow(wrongKey);
    expect(asked().seen).toEqual([]);
  });
});

it("Groq's SDK tries again what can work the next time, and Mistral's when it is told to", async () => {
  let calls = 0;
  const fail: Script = (seen, response) => {
    calls += 1;
    if (calls % 2 === 0) return plain(seen, response);
    response.setHeader("retry-after", "1");
    return json(response, 429, { error: { message: "slow down" } });
  };
  upstream.script = fail;
  spare.script = fail;
  const model = "gpt-4o-mini";
  await groqOf(scripted.keys.alice, 2).chat.completions.create({ model, messages: question });
  const backoff = { initialInterval: 1, maxInterval: 50, exponent: 1, maxElapsedTime: 60_000 };
  await mistralOf(scripted.keys.alice).chat.complete(
    { model: "mistral-small-latest", messages: question },
    { retries: { strategy: "backoff", backoff, retryConnectionErrors: false } },
  );
  expect(calls).toBe(4);
});

it("what Mistral's SDK alone can say arrives, and its vectors come back", async () => {
  await mistral.whole(scripted.keys.alice);
  expect(upstream.seen[0]).toMatchObject({
    headers: { authorization: "Bearer mistral-key-1" },
    body: { random_seed: 7 },
  });
  upstream.script = (_seen, response) =>
    json(response, 200, {
      id: "emb-1",
      object: "list",
      model: "mistral-embed",
      data: [{ object: "embedding", index: 0, embedding: [0.5, -1] }],
      usage: { prompt_tokens: 2, completion_tokens: 0, total_tokens: 2 },
    });
  const { data } = await mistralOf(scripted.keys.alice).embeddings.create({
    model: "mistral-embed",
    inputs: ["one"],
  });
  expect(data[0]?.embedding).toEqual([0.5, -1]);
});

const cohere = (token: string, baseUrl = `${scripted.url}/cohere`) =>
  new CohereClientV2({ token, baseUrl, maxRetries: 0 });
const cohereEvent = (type: string, message: object, index = 0) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, index, delta: { message } })}\n\n`;
const cohereText = (text: string) => cohereEvent("content-delta", { content: { text } });
const cohereUsage = {
  billed_units: { input_tokens: 10, output_tokens: 5 },
  tokens: { input_tokens: 70, output_tokens: 6 },
};
const cohereEnd = (finish_reason: string) => {
  const end = { type: "message-end", delta: { finish_reason, usage: cohereUsage } };
  return `event: message-end\ndata: ${JSON.stringify(end)}\n\n`;
};
/** A whole answer of Cohere's, with whatever text. */
const cohereAnswer = (text: string, more: object = {}) => ({
  id: "c1",
  finish_reason: "COMPLETE",
  message: { role: "assistant", content: [{ type: "text", text }], ...more },
  usage: cohereUsage,
});
/** What is billed, at `price`. */
const cohereCost = 10 * 100_000 + 5 * 200_000;

const bookedOf = ({ headers }: { headers: { get(name: string): string | null } }) =>
  auditEntry(scripted, headers.get("x-request-id") ?? "");
const refusal = (asked: Promise<unknown>) => asked.catch((error: unknown) => error);

describe("Cohere's SDK in Cohere's own words, priced by what Cohere says it bills", () => {
  const ask = { model: "command-a-03-2025", messages: question };

  it("gets an answer with a tool call, and it is in the books by its tokens", async () => {
    upstream.script = (_seen, response) =>
      json(response, 200, cohereAnswer("Hello there.", { tool_calls: [called] }));
    const { data, rawResponse } = await cohere(scripted.keys.alice)
      .chat({ ...ask, tools: [weatherTool], maxTokens: 50 })
      .withRawResponse();
    expect(data).toMatchObject({
      finishReason: "COMPLETE",
      message: { content: [{ text: "Hello there." }], toolCalls: [called] },
      usage: { tokens: { outputTokens: 6 } },
    });
    const body = { ...ask, stream: false, max_tokens: 50, tools: [weatherTool] };
    const headers = { authorization: "Bearer cohere-key-1" };
    expect(upstream.seen).toMatchObject([{ path: "/cohere/v2/chat", headers, body }]);
    expect(await bookedOf(rawResponse)).toMatchObject({
      provider: "cohere",
      modelAsked: ask.model,
      outcome: "completed",
      costNanos: cohereCost,
      estimated: false,
    });
  });

  it("gets a stream with a text and a tool call, booked by the tokens at its end", async () => {
    const chunks = [
      cohereEvent("message-start", { role: "assistant" }),
      cohereEvent("content-start", { content: { type: "text", text: "" } }),
      cohereText("Hello"),
      cohereText(" there."),
      cohereEvent("content-end", {}),
      cohereEvent("tool-call-start", { tool_calls: { ...called, function: { name: "weather" } } }),
      cohereEvent("tool-call-delta", { tool_calls: { function: called.function } }),
      cohereEvent("tool-call-end", {}),
      cohereEvent("citation-start", { citations: { start: 0, end: 5, text: "Hello" } }),
      cohereEnd("TOOL_CALL"),
    ];
    upstream.script = (_seen, response) => stream(response, chunks);
    const { data, rawResponse } = await cohere(scripted.keys.alice)
      .chatStream({ ...ask, tools: [weatherTool], maxTokens: 5 })
      .withRawResponse();
    let text = "";
    let call = "";
    for await (const event of data) {
      if (event.type === "content-delta") text += event.delta?.message?.content?.text ?? "";
      if (event.type === "tool-call-delta") {
        call += event.delta?.message?.toolCalls?.function?.arguments ?? "";
      }
    }
    expect([text, call]).toEqual(["Hello there.", called.function.arguments]);
    const booked = { outcome: "completed", costNanos: cohereCost, estimated: false };
    expect(await bookedOf(rawResponse)).toMatchObject(booked);
  });

  it("gets an object that fits a schema, and vectors, at the gateway's own address too", async () => {
    upstream.script = (_seen, response) => json(response, 200, cohereAnswer('{"city":"Paris"}'));
    const client = cohere(scripted.keys.alice, scripted.url);
    const jsonSchema = parameters;
    const { message } = await client.chat({
      ...ask,
      responseFormat: { type: "json_object", jsonSchema },
    });
    expect(message.content).toEqual([{ type: "text", text: '{"city":"Paris"}' }]);
    expect(upstream.seen[0]?.body["response_format"]).toEqual({
      type: "json_object",
      json_schema: parameters,
    });
    upstream.script = (_seen, response) =>
      json(response, 200, {
        id: "e1",
        response_type: "embeddings_by_type",
        embeddings: { float: [[0.5, -1]] },
        texts: ["one"],
        meta: { billed_units: { input_tokens: 3 } },
      });
    const { data, rawResponse } = await client
      .embed({
        model: "embed-v4.0",
        inputType: "search_query",
        texts: ["one"],
        embeddingTypes: ["float"],
      })
      .withRawResponse();
    expect(data.embeddings.float).toEqual([[0.5, -1]]);
    expect(upstream.seen[1]).toMatchObject({
      path: "/cohere/v2/embed",
      body: { model: "embed-v4.0", input_type: "search_query", texts: ["one"] },
    });
    expect(await bookedOf(rawResponse)).toMatchObject({ costNanos: 3 * 100_000 });
  });

  it("sees a wrong key, what Cohere refuses and what only others serve as its own errors", async () => {
    await expect(cohere("nobody").chat(ask)).rejects.toThrow(CohereError);
    upstream.script = (_seen, response) => json(response, 422, { message: "no such tool" });
    const error = await refusal(cohere(scripted.keys.alice).chat(ask));
    expect(error).toBeInstanceOf(CohereError);
    expect(error).toMatchObject({ statusCode: 422 });
    expect(String(error)).toContain("no such tool");
    const client = cohere(scripted.keys.alice, scripted.url);
    const elsewhere = await refusal(client.chat({ ...ask, model: "gpt-4o-mini" }));
    expect(elsewhere).toMatchObject({ statusCode: 400, body: { code: "model_not_allowed" } });
  });
});
