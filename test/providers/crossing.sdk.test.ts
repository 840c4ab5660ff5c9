/** The official SDKs, unmodified, read what this room writes. */
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { anthropicMessages } from "#providers/anthropic-messages/dialect.ts";
import type { StreamPart } from "#providers/chat.ts";
import { openaiChat } from "#providers/openai-chat/dialect.ts";
import type { Json, WireError } from "#providers/types.ts";
import * as anthropicTraffic from "../fixtures/providers/anthropic-messages.ts";
import * as openaiTraffic from "../fixtures/providers/openai-chat.ts";
import { decodeStream, encodeStream, split, valueOf } from "../support/describe-provider.ts";

type Fetch = (url: RequestInfo | URL, init?: RequestInit) => Promise<Response>;

function answering(body: string, type: string, status = 200): Fetch {
  return async () =>
    new Response(body, { status, headers: { "content-type": type, "x-should-retry": "false" } });
}

const sse = (wire: string) => answering(wire, "text/event-stream");
const openaiClient = (fetch: Fetch) => new OpenAI({ apiKey: "k", fetch, maxRetries: 0 });
const anthropicClient = (fetch: Fetch) => new Anthropic({ apiKey: "k", fetch, maxRetries: 0 });
const question = [{ role: "user" as const, content: "?" }];

const openaiStream = (wire: string) =>
  openaiClient(sse(wire)).chat.completions.stream({ model: "m", messages: question });
const anthropicStream = (wire: string) =>
  anthropicClient(sse(wire)).messages.stream({ model: "m", max_tokens: 9, messages: question });

const ERROR: WireError = {
  status: 400,
  code: "dlp_blocked",
  type: "invalid_request_error",
  message: "the prompt holds a card number",
  requestId: "req-1",
};

describe("the openai package", () => {
  it("reads an Anthropic stream that crossed, with tools, reasoning and usage", async () => {
    const parts = decodeStream(anthropicMessages, anthropicTraffic.toolStream);
    const final = await openaiStream(encodeStream(openaiChat, parts)).finalChatCompletion();
    const [choice] = final.choices;
    expect(choice?.message.content).toBe("Looking.");
    expect(
      choice?.message.tool_calls?.map((call) => call.type === "function" && call.function),
    ).toMatchObject([
      { name: "weather", arguments: '{"place":"Lima"}' },
      { name: "now", arguments: "{}" },
    ]);
    expect(choice?.finish_reason).toBe("tool_calls");
    expect(final.usage).toMatchObject({
      prompt_tokens: 20,
      completion_tokens: 12,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 3 },
    });
  });

  it("gets no usage chunk when it did not ask for one", () => {
    const parts = decodeStream(anthropicMessages, anthropicTraffic.textStream);
    expect(encodeStream(openaiChat, parts, false)).not.toContain('"usage"');
    const tap = openaiChat.openTap({ dropUsage: true });
    const kept = split(openaiChat, openaiTraffic.textStream).map((event) => tap.read(event).wire());
    expect(kept.join("")).not.toContain('"usage"');
  });

  it("reads an Anthropic answer that crossed", async () => {
    const decoded = valueOf(
      anthropicMessages.decodeResponse(anthropicTraffic.textResponse as Json),
    );
    const body = JSON.stringify(openaiChat.encodeResponse(decoded));
    const client = openaiClient(answering(body, "application/json"));
    const answer = await client.chat.completions.create({ model: "m", messages: question });
    expect(answer.choices[0]?.message.content).toBe("Lima 🌆");
    expect(answer.usage?.total_tokens).toBe(32);
  });

  it("throws the code of an error, before a stream and inside one", async () => {
    const body = JSON.stringify(openaiChat.encodeError(ERROR));
    const refused = openaiClient(answering(body, "application/json", 400));
    await expect(
      refused.chat.completions.create({ model: "m", messages: question }),
    ).rejects.toMatchObject({ status: 400, code: "dlp_blocked", type: "invalid_request_error" });
    const cut = openaiTraffic.textStream.slice(0, openaiTraffic.textStream.indexOf(": keep"));
    const wire = cut + openaiChat.encodeStreamError(ERROR);
    await expect(openaiStream(wire).finalChatCompletion()).rejects.toThrow(/card number/);
  });

  it("ends a cut stream with the reason the tap gave it", async () => {
    const tap = openaiChat.openTap();
    const events = split(openaiChat, openaiTraffic.textStream).slice(0, 3);
    const head = events.map((event) => tap.read(event).wire()).join("");
    const wire = head + tap.finish("length", { inputTokens: 1, outputTokens: 2 });
    const stream = await openaiClient(sse(wire)).chat.completions.create({
      model: "m",
      messages: question,
      stream: true,
    });
    const seen = [];
    for await (const chunk of stream) seen.push(chunk);
    expect(seen.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe("Lima");
    expect(seen.flatMap((chunk) => chunk.choices).at(-1)?.finish_reason).toBe("length");
    expect(seen.at(-1)?.usage?.total_tokens).toBe(3);
  });
});

describe("the @anthropic-ai/sdk package", () => {
  it("reads an OpenAI stream that crossed, with parallel tools and usage", async () => {
    const parts = decodeStream(openaiChat, openaiTraffic.toolStream);
    const message = await anthropicStream(encodeStream(anthropicMessages, parts)).finalMessage();
    expect(message.content).toMatchObject([
      { type: "text", text: "Let me look." },
      { type: "tool_use", id: "call_1", name: "weather", input: { place: "Lima" } },
      { type: "tool_use", id: "call_2", name: "weather", input: { place: "Cusco" } },
    ]);
    expect(message.stop_reason).toBe("tool_use");
    expect(message.usage).toMatchObject({
      input_tokens: 12,
      cache_read_input_tokens: 8,
      output_tokens: 9,
    });
  });

  it("keeps signed and redacted thinking of its own dialect", async () => {
    const redacted: StreamPart[] = [
      { type: "reasoning-start", id: "r", redacted: "opaque" },
      { type: "reasoning-end", id: "r" },
    ];
    const parts = decodeStream(anthropicMessages, anthropicTraffic.toolStream);
    const wire = encodeStream(anthropicMessages, [...redacted, ...parts]);
    const message = await anthropicStream(wire).finalMessage();
    expect(message.content.slice(0, 2)).toEqual([
      { type: "redacted_thinking", data: "opaque" },
      { type: "thinking", thinking: "Two calls.", signature: "c2ln" },
    ]);
  });

  it("throws the code of an error, before a stream and inside one", async () => {
    const body = JSON.stringify(anthropicMessages.encodeError(ERROR));
    const refused = anthropicClient(answering(body, "application/json", 400));
    await expect(
      refused.messages.create({ model: "m", max_tokens: 9, messages: question }),
    ).rejects.toMatchObject({
      status: 400,
      errorCode: "dlp_blocked",
      type: "invalid_request_error",
    });
    const wire =
      anthropicTraffic.textStream.slice(0, anthropicTraffic.textStream.indexOf("event: ping")) +
      anthropicMessages.encodeStreamError(ERROR);
    await expect(anthropicStream(wire).finalMessage()).rejects.toThrow(/card number/);
  });

  it("gets an end for every block of a crossed stream that is cut", async () => {
    const parts = decodeStream(openaiChat, openaiTraffic.toolStream).slice(0, -1);
    for (let count = 0; count <= parts.length; count += 1) {
      const cut: StreamPart[] = [...parts.slice(0, count), { type: "finish", finish: "length" }];
      const wire = encodeStream(anthropicMessages, cut);
      const countOf = (type: string) => wire.split(`event: ${type}\n`).length;
      expect(countOf("content_block_stop")).toBe(countOf("content_block_start"));
      expect((await anthropicStream(wire).finalMessage()).stop_reason).toBe("max_tokens");
    }
  });

  it("ends a cut stream with the reason the tap gave it, even inside a tool call", async () => {
    const events = split(anthropicMessages, anthropicTraffic.toolStream);
    for (let count = 0; count < events.length - 2; count += 1) {
      const tap = anthropicMessages.openTap();
      const head = events
        .slice(0, count)
        .map((event) => tap.read(event).wire())
        .join("");
      const wire = head + tap.finish("content_filter", { inputTokens: 1, outputTokens: 2 });
      const message = await anthropicStream(wire).finalMessage();
      expect(message.stop_reason).toBe("refusal");
      expect(message.usage.output_tokens).toBe(2);
    }
  });
});
