/** Every dialect in, with its official SDK, over one scripted upstream that speaks them all. */
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { Ollama } from "ollama";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, auditEntry, errorOf } from "../support/client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import {
  json,
  plain,
  startScriptedUpstream,
  type ScriptedUpstream,
} from "../support/scripted-upstream.ts";

let upstream: ScriptedUpstream;
let gateway: TestGateway;

const tokens = { inputUsdPerMtok: 100, outputUsdPerMtok: 200 };

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const { url } = upstream;
  const candidates = [
    { provider: "openai", serves: ["gpt-*", "text-*", "whisper-1", "files", "unpriced-call"] },
    { provider: "anthropic", serves: ["claude-*"] },
    { provider: "google", serves: ["gemini-*"] },
    { provider: "ollama", serves: ["llama*"] },
  ];
  gateway = await startGateway({
    env: { OPENAI_API_KEY: "sk-upstream" },
    policy: {
      schema: 1,
      providers: {
        openai: { kind: "openai", baseUrl: `${url}/v1` },
        anthropic: { kind: "anthropic", baseUrl: url },
        google: { kind: "google", baseUrl: url },
        ollama: { kind: "ollama", baseUrl: url },
      },
      tiers: { standard: { candidates } },
      prices: {
        "gpt-*": tokens,
        "gpt-search": { ...tokens, requestUsd: 0.01 },
        "text-*": tokens,
        "claude-*": tokens,
        "gemini-*": tokens,
        "llama*": tokens,
        files: { inputUsdPerMtok: 0, outputUsdPerMtok: 0, requestUsd: 0.01 },
        "whisper-1": { inputUsdPerMtok: 0, outputUsdPerMtok: 0, requestUsd: 0.02 },
      },
      dlp: {
        rules: [
          { id: "email", detector: "email", directions: ["prompt", "answer"], action: "redact" },
          { id: "secret", dictionary: ["top-secret"], directions: ["prompt"], action: "block" },
        ],
      },
    },
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

const bearer = () => ({ authorization: `Bearer ${gateway.keys.alice}` });
const openai = () =>
  new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.keys.alice, maxRetries: 0 });
const gemini = () =>
  new GoogleGenAI({ apiKey: gateway.keys.alice, httpOptions: { baseUrl: gateway.url } });
const ollama = () => new Ollama({ host: gateway.url, headers: bearer() });
const anthropic = () =>
  new Anthropic({ baseURL: gateway.url, apiKey: gateway.keys.alice, maxRetries: 0 });
const ping = (path: string, more: object = {}) =>
  ask(`${gateway.url}/${path}`, {
    method: "POST",
    key: gateway.keys.alice,
    body: JSON.stringify({
      model: "gpt-4o-mini",
      messages: [{ role: "user", content: "hi" }],
      ...more,
    }),
  });
const lastPath = () => upstream.seen.at(-1)?.path;

describe("responses", () => {
  it("cross to a model of another dialect, scanned", async () => {
    upstream.script = (_seen, response) =>
      json(response, 200, {
        model: "llama3.2",
        message: { role: "assistant", content: "Hello there." },
        done: true,
        done_reason: "stop",
      });
    const answer = await openai().responses.create({
      model: "llama3.2",
      input: "mail jane.doe@example.com",
    });
    expect(answer.output_text).toBe("Hello there.");
    expect(lastPath()).toBe("/api/chat");
    expect(JSON.stringify(upstream.seen.at(-1)?.body)).not.toContain("jane.doe");
  });

  it("go to OpenAI in their own words and stay as they are", async () => {
    upstream.script = (_seen, response) =>
      json(response, 200, {
        id: "resp_1",
        object: "response",
        created_at: 1,
        status: "completed",
        model: "gpt-4o-mini",
        output: [
          {
            id: "msg_1",
            type: "message",
            role: "assistant",
            status: "completed",
            content: [{ type: "output_text", text: "Hello there.", annotations: [] }],
          },
        ],
        usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
      });
    const { data, response } = await openai()
      .responses.create({ model: "gpt-4o-mini", input: "hi" })
      .withResponse();
    expect(data.output_text).toBe("Hello there.");
    expect(lastPath()).toBe("/v1/responses");
    const entry = await auditEntry(gateway, response.headers.get("x-request-id") ?? "");
    expect(entry).toMatchObject({
      outcome: "completed",
      action: "response.create",
      dialect: "openai-responses",
      costNanos: 10 * 100_000 + 5 * 200_000,
    });
  });

  it("refuse a socket with 426, so that clients fall back", async () => {
    const { request } = await import("node:http");
    const status = await new Promise((resolve, reject) => {
      const upgrade = { connection: "Upgrade", upgrade: "websocket", ...bearer() };
      const key = {
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
      };
      request(`${gateway.url}/v1/responses`, { headers: { ...upgrade, ...key } })
        .on("response", (response) => resolve(response.statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).toBe(426);
  });
});

describe("embeddings", () => {
  const vector = [0.5, -0.25, 1];

  it("come through OpenAI's SDK, scanned, priced and recorded", async () => {
    upstream.script = (seen, response) => {
      const base64 = seen.body["encoding_format"] === "base64";
      const embedding = base64
        ? Buffer.from(Float32Array.from(vector).buffer).toString("base64")
        : vector;
      json(response, 200, {
        object: "list",
        model: "text-embedding-3-small",
        data: [{ object: "embedding", index: 0, embedding }],
        usage: { prompt_tokens: 8, total_tokens: 8 },
      });
    };
    const { data, response } = await openai()
      .embeddings.create({ model: "text-embedding-3-small", input: "mail jane.doe@example.com" })
      .withResponse();
    expect(data.data[0]?.embedding).toEqual(vector);
    expect(lastPath()).toBe("/v1/embeddings");
    expect(JSON.stringify(upstream.seen.at(-1)?.body)).not.toContain("jane.doe");
    const entry = await auditEntry(gateway, response.headers.get("x-request-id") ?? "");
    expect(entry).toMatchObject({
      action: "embedding.create",
      outcome: "completed",
      inputTokens: 8,
      outputTokens: 0,
      costNanos: 8 * 100_000,
      dlp: "redacted",
    });
  });

  it("cross from OpenAI's SDK to Ollama, base64 and all", async () => {
    upstream.script = (_seen, response) =>
      json(response, 200, { model: "llama3.2", embeddings: [vector], prompt_eval_count: 3 });
    const answer = await openai().embeddings.create({ model: "llama3.2", input: ["one"] });
    expect(answer.data[0]?.embedding).toEqual(vector);
    expect(answer.usage.prompt_tokens).toBe(3);
    expect(lastPath()).toBe("/api/embed");
  });

  it("come through Gemini's and Ollama's SDKs", async () => {
    upstream.script = (seen, response) =>
      json(
        response,
        200,
        seen.path.includes("batchEmbedContents")
          ? { embeddings: [{ values: vector }] }
          : { model: "llama3.2", embeddings: [vector] },
      );
    const google = await gemini().models.embedContent({ model: "gemini-embed", contents: "one" });
    expect(google.embeddings?.[0]?.values).toEqual(vector);
    const local = await ollama().embed({ model: "llama3.2", input: "one" });
    expect(local.embeddings).toEqual([vector]);
  });

  it("of token numbers are refused while rules look at prompts: nobody can scan them", async () => {
    const answer = await ask(`${gateway.url}/v1/embeddings`, {
      method: "POST",
      key: gateway.keys.alice,
      body: JSON.stringify({ model: "text-embedding-3-small", input: [1, 2, 3] }),
    });
    expect(answer.status).toBe(400);
    expect(errorOf(answer).code).toBe("dlp_blocked");
    expect(upstream.seen).toEqual([]);
  });
});

const geminiAnswer = (text: string) => ({
  candidates: [{ content: { role: "model", parts: [{ text }] }, finishReason: "STOP", index: 0 }],
  usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
  modelVersion: "gemini-2.5-flash",
});

describe("Gemini", () => {
  it("answers its SDK, whole and streamed", async () => {
    upstream.script = (seen, response) => {
      if (!seen.path.includes("stream")) return json(response, 200, geminiAnswer("Hello there."));
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`data: ${JSON.stringify(geminiAnswer("Hello there."))}\r\n\r\n`);
    };
    const asked = { model: "gemini-2.5-flash", contents: "hi" };
    expect((await gemini().models.generateContent(asked)).text).toBe("Hello there.");
    let text = "";
    for await (const chunk of await gemini().models.generateContentStream(asked)) {
      text += chunk.text ?? "";
    }
    expect(text).toBe("Hello there.");
    expect(lastPath()).toBe("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
  });

  it("crosses to an OpenAI model, and streams an array without alt=sse", async () => {
    const answer = await gemini().models.generateContent({ model: "gpt-4o-mini", contents: "hi" });
    expect(answer.text).toBe("Hello there.");
    const streamed = await ask(`${gateway.url}/v1/models/gpt-4o-mini:streamGenerateContent`, {
      method: "POST",
      headers: { "x-goog-api-key": gateway.keys.alice },
      body: JSON.stringify({ contents: [{ role: "user", parts: [{ text: "hi" }] }] }),
    });
    const parts = JSON.parse(streamed.text) as ReturnType<typeof geminiAnswer>[];
    const said = parts.map((part) => part.candidates[0]?.content.parts[0]?.text ?? "").join("");
    expect(said).toBe("Hello there.");
  });

  it("counts tokens here, for nothing", async () => {
    const asked = { model: "gemini-2.5-flash", contents: "x".repeat(350) };
    const { totalTokens } = await gemini().models.countTokens(asked);
    expect(totalTokens).toBe(101);
    expect(upstream.seen).toEqual([]);
  });
});

describe("Ollama", () => {
  it("answers its SDK: chat and generate, whole and streamed, over another dialect", async () => {
    const chat = await ollama().chat({
      model: "gpt-4o-mini",
      messages: [{ role: "user", content: "hi" }],
    });
    expect(chat.message.content).toBe("Hello there.");
    const generated = await ollama().generate({ model: "gpt-4o-mini", prompt: "hi" });
    expect(generated.response).toBe("Hello there.");
    let text = "";
    for await (const part of await ollama().generate({
      model: "gpt-4o-mini",
      prompt: "hi",
      stream: true,
    })) {
      text += part.response;
    }
    expect(text).toBe("Hello there.");
  });

  it("whose answers have no id gives each other dialect one of the request's, in its form", async () => {
    const message = { role: "assistant", content: "Hello there." };
    const whole = { model: "llama3.2", created_at: "2026-01-01T00:00:00Z", message, done: true };
    upstream.script = (_seen, response) =>
      json(response, 200, { ...whole, done_reason: "stop", prompt_eval_count: 2, eval_count: 3 });
    const model = "llama3.2";
    const messages = [{ role: "user" as const, content: "hi" }];
    const chat = await openai().chat.completions.create({ model, messages }).withResponse();
    const requestId = chat.response.headers.get("x-request-id") ?? "none";
    expect(chat.data.id).toBe(`chatcmpl-${requestId}`);
    const response = await openai().responses.create({ model, input: "hi" });
    expect(response.id).toMatch(/^resp_[0-9a-f-]{36}$/);
    const said = await anthropic().messages.create({ model, messages, max_tokens: 9 });
    expect(said.id).toMatch(/^msg_[0-9a-f-]{36}$/);
    const generated = await gemini().models.generateContent({ model, contents: "hi" });
    expect(generated.responseId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("lists models", async () => {
    expect(Array.isArray((await ollama().list()).models)).toBe(true);
  });
});

describe("Anthropic's count", () => {
  const messages = [{ role: "user" as const, content: "x".repeat(350) }];

  it("is passed on to who can count, and costs nothing", async () => {
    upstream.script = (_seen, response) => json(response, 200, { input_tokens: 42 });
    const { data, response } = await anthropic()
      .messages.countTokens({ model: "claude-sonnet-4-5", messages })
      .withResponse();
    expect(data.input_tokens).toBe(42);
    expect(lastPath()).toBe("/v1/messages/count_tokens");
    const entry = await auditEntry(gateway, response.headers.get("x-request-id") ?? "");
    expect(entry).toMatchObject({ action: "tokens.count", outcome: "completed", costNanos: 0 });
  });

  it("is estimated here for a model of somebody else", async () => {
    const count = await anthropic().messages.countTokens({ model: "gpt-4o-mini", messages });
    expect(count.input_tokens).toBe(104);
    expect(upstream.seen).toEqual([]);
  });
});

describe("files and media", () => {
  it("pass on as forms, scanned, for a price by request", async () => {
    upstream.script = (_seen, response) => json(response, 200, { id: "file-1", object: "file" });
    const lines = new File(["mail jane.doe@example.com"], "lines.jsonl");
    const { data, response } = await openai()
      .files.create({ file: lines, purpose: "batch" })
      .withResponse();
    expect(data.id).toBe("file-1");
    expect(upstream.seen.at(-1)).toMatchObject({
      path: "/v1/files",
      headers: { authorization: "Bearer sk-upstream" },
    });
    const entry = await auditEntry(gateway, response.headers.get("x-request-id") ?? "");
    expect(entry).toMatchObject({
      action: "files.post",
      outcome: "completed",
      costNanos: 10_000_000,
      dlp: "redacted",
    });
  });

  it("are blocked by a rule before anything leaves", async () => {
    const file = new File(["this is top-secret"], "lines.txt");
    const error = await openai()
      .files.create({ file, purpose: "batch" })
      .catch((error: unknown) => error);
    expect((error as { code?: string }).code).toBe("dlp_blocked");
    expect(upstream.seen).toEqual([]);
  });

  it.each(["gpt-4o-mini", "gpt-search"])(
    "are denied for %s, whose tokens are billed: nobody counts them here",
    async (model) => {
      const error = await openai()
        .moderations.create({ model, input: "hi" })
        .catch((error: unknown) => error);
      expect((error as { code?: string }).code).toBe("unpriced_model");
      expect(upstream.seen).toEqual([]);
    },
  );
});

describe("addresses of a provider", () => {
  it.each(["openai/chat/completions", "openai/v1/chat/completions"])("%s answers", async (path) => {
    const answer = await ping(path);
    expect([answer.status, answer.text]).toMatchObject([200, expect.stringContaining("Hello")]);
  });

  it("ask nobody else", async () => {
    const answer = await ping("anthropic/v1/chat/completions");
    expect(errorOf(answer).code).toBe("model_not_allowed");
    expect(upstream.seen).toEqual([]);
  });
});

it("a model is shown when policy serves it, and HEAD / is answered", async () => {
  const shown = await openai().models.retrieve("gpt-4o-mini");
  expect(shown.id).toBe("gpt-4o-mini");
  const missing = await ask(`${gateway.url}/v1/models/nobody`, { key: gateway.keys.alice });
  expect(missing.status).toBe(404);
  expect((await fetch(gateway.url, { method: "HEAD" })).status).toBe(200);
});
