/** The responses dialect as callers speak it; the official SDK reads what is written. */
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { anthropicMessages } from "#providers/anthropic-messages/dialect.ts";
import { openaiResponses } from "#providers/openai-responses/dialect.ts";
import type { Json, JsonObject } from "#providers/types.ts";
import { anthropicFixtures, toolStream } from "../fixtures/providers/anthropic-messages.ts";
import { openaiFixtures } from "../fixtures/providers/openai-chat.ts";
import { responsesFixtures } from "../fixtures/providers/openai-responses.ts";
import {
  decodeStream,
  describeUpstream,
  encodeStream,
  pump,
  split,
  valueOf,
} from "../support/describe-provider.ts";

describeUpstream(responsesFixtures);

const body: JsonObject = {
  model: "claude-opus-4-8",
  instructions: "SYSTEM-TEXT",
  input: [
    { role: "developer", content: "DEVELOPER-TEXT" },
    {
      type: "message",
      role: "user",
      content: [
        { type: "input_text", text: "USER-TEXT" },
        { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "auto" },
        { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,BBBB" },
      ],
    },
    {
      type: "reasoning",
      id: "rs",
      summary: [{ type: "summary_text", text: "REASONING-TEXT" }],
      encrypted_content: "c2ln",
    },
    {
      type: "message",
      id: "m",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "ASSISTANT-TEXT", annotations: [] }],
    },
    { type: "function_call", call_id: "c1", name: "f", arguments: '{"to":"say \\"ARGUMENT\\""}' },
    { type: "function_call", call_id: "c2", name: "f", arguments: "{}" },
    { type: "function_call_output", call_id: "c1", output: "TOOL-RESULT" },
    {
      type: "function_call_output",
      call_id: "c2",
      output: [{ type: "input_text", text: "SECOND-RESULT" }],
    },
  ],
  tools: [
    {
      type: "function",
      name: "f",
      description: "d",
      parameters: { type: "object" },
      strict: false,
    },
  ],
  tool_choice: "auto",
  parallel_tool_calls: true,
  reasoning: { effort: "high", summary: "auto" },
  text: { verbosity: "low" },
  max_output_tokens: 500,
  store: false,
  stream: true,
  include: ["reasoning.encrypted_content"],
  prompt_cache_key: "k",
  client_metadata: { a: "b" },
};

const client = (wire: string, type = "text/event-stream", status = 200) =>
  new OpenAI({
    apiKey: "k",
    maxRetries: 0,
    fetch: async () => new Response(wire, { status, headers: { "content-type": type } }),
  });
const read = async (wire: string) =>
  client(wire).responses.stream({ model: "m", input: "?" }).finalResponse();

describe("a request of the responses dialect", () => {
  it("tells admission what it needs", () => {
    expect(valueOf(openaiResponses.parseRequest(body))).toEqual({
      model: "claude-opus-4-8",
      stream: true,
      choices: 1,
      images: 1,
      files: 1,
      tools: 1,
      maxOutputTokens: 500,
    });
    const bad = openaiResponses.parseRequest({ model: "m" });
    expect(bad.ok ? "" : bad.error.field).toBe("input");
  });

  it("shows every text, and replaces each in place", () => {
    const copy = structuredClone(body);
    const slots = openaiResponses.requestTexts(copy);
    const texts = [
      "SYSTEM-TEXT",
      "DEVELOPER-TEXT",
      "USER-TEXT",
      "REASONING-TEXT",
      "ASSISTANT-TEXT",
      'say "ARGUMENT"',
      "TOOL-RESULT",
      "SECOND-RESULT",
    ];
    for (const text of texts) expect(slots.map((slot) => slot.text)).toContain(text);
    for (const slot of slots) slot.replace("x");
    for (const text of texts) expect(JSON.stringify(copy)).not.toContain(text);
  });

  it("crosses to Anthropic with tools, results, media, signed thinking and effort", () => {
    const encoded = anthropicMessages.encodeRequest(valueOf(openaiResponses.decodeRequest(body)));
    expect(valueOf(encoded)).toMatchObject({
      max_tokens: 500,
      stream: true,
      system: [{ text: "SYSTEM-TEXT" }, { text: "DEVELOPER-TEXT" }],
      output_config: { effort: "high" },
      messages: [
        {
          role: "user",
          content: [{ type: "text" }, { type: "image" }, { type: "document", title: "a.pdf" }],
        },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "REASONING-TEXT", signature: "c2ln" },
            { type: "text", text: "ASSISTANT-TEXT" },
            { type: "tool_use", id: "c1", input: { to: 'say "ARGUMENT"' } },
            { type: "tool_use", id: "c2" },
          ],
        },
        {
          role: "user",
          content: [
            { tool_use_id: "c1", content: "TOOL-RESULT" },
            { tool_use_id: "c2", content: "SECOND-RESULT" },
          ],
        },
      ],
    });
  });

  it.each([
    ["previous_response_id", { previous_response_id: "r" }],
    ["tools[0].type", { tools: [{ type: "web_search" }] }],
    ["background", { background: true }],
    ["input[0].type", { input: [{ type: "item_reference", id: "i" }] }],
    ["tool_choice", { tool_choice: { type: "allowed_tools" } }],
  ] as [string, JsonObject][])("refuses %s by its name", (field, extra) => {
    const result = openaiResponses.decodeRequest({ model: "m", input: "?", ...extra });
    expect(result.ok ? "crossed" : result.error.field).toBe(field);
  });
});

describe("an answer in the responses dialect", () => {
  it("is read by the openai package from a crossed stream", async () => {
    const wire = encodeStream(openaiResponses, decodeStream(anthropicMessages, toolStream));
    const response = await read(wire);
    expect(response.status).toBe("completed");
    expect(response.output).toMatchObject([
      { type: "reasoning", summary: [{ text: "Two calls." }], encrypted_content: "c2ln" },
      { type: "message", content: [{ type: "output_text", text: "Looking." }] },
      { type: "function_call", call_id: "toolu_1", name: "weather", arguments: '{"place":"Lima"}' },
      { type: "function_call", call_id: "toolu_2", name: "now", arguments: "{}" },
    ]);
    expect(response.usage).toMatchObject({
      input_tokens: 20,
      output_tokens: 12,
      output_tokens_details: { reasoning_tokens: 3 },
    });
  });

  it("is the same whole as streamed", async () => {
    for (const { dialect, responses } of [anthropicFixtures, openaiFixtures]) {
      for (const { body: answer, answer: expected } of responses) {
        const encoded = openaiResponses.encodeResponse(
          valueOf(dialect.decodeResponse(answer as Json)),
        );
        const got = await client(JSON.stringify(encoded), "application/json").responses.create({
          model: "m",
          input: "?",
        });
        const seen = got.output.flatMap((item) => (item.type === "message" ? item.content : []));
        const text = seen
          .map((part) => (part.type === "output_text" ? part.text : part.refusal))
          .join("");
        expect(text).toBe(expected.text);
        expect(openaiResponses.responseMeta(encoded).finish).toBe(expected.finish);
      }
    }
  });

  it("says that it is incomplete when it was cut", async () => {
    const wire = encodeStream(openaiResponses, [{ type: "finish", finish: "length" }]);
    expect((await read(wire)).incomplete_details).toEqual({ reason: "max_output_tokens" });
    const half = decodeStream(anthropicMessages, toolStream).slice(0, 7);
    const cut = await read(
      encodeStream(openaiResponses, [...half, { type: "finish", finish: "length" }]),
    );
    expect(cut.output.map((item) => item.type)).toEqual(["reasoning", "message"]);
  });

  it("throws in the openai package when it ends with an error", async () => {
    const wire = openaiResponses.encodeStreamError({
      status: 400,
      code: "dlp_blocked",
      type: "invalid_request_error",
      message: "a card number",
      requestId: "r",
    });
    await expect(read(wire)).rejects.toThrow(/card number/);
  });
});

const hide = (text: string) => text.replaceAll("Lima", "****").replaceAll("Looking", "*******");

describe("a responses stream that passes through", () => {
  const wire = encodeStream(openaiResponses, decodeStream(anthropicMessages, toolStream));
  const keep = { push: (_key: string, text: string) => text, end: () => "" };

  it("is the same byte for byte, split anywhere", () => {
    for (let cut = 0; cut <= wire.length; cut += 3) {
      expect(pump(openaiResponses.openTap(), split(openaiResponses, wire, cut), keep)).toBe(wire);
    }
  });

  it("tells usage, finish and end", () => {
    const tap = openaiResponses.openTap();
    const steps = split(openaiResponses, wire).map((event) => tap.read(event));
    expect(steps.at(-1)).toMatchObject({
      done: true,
      finish: "tool_calls",
      usage: { inputTokens: 20, outputTokens: 12 },
    });
  });

  it("holds replaced text nowhere, though the dialect says everything three times", () => {
    const hidden = pump(openaiResponses.openTap(), split(openaiResponses, wire), {
      push: (_key, text) => hide(text),
      end: () => "",
    });
    expect(hidden).not.toContain("Looking");
    expect(hidden).not.toContain("Lima");
    expect(hidden).toContain("*******");
  });

  it("loses nothing when all text is held back to the end", async () => {
    const held = new Map<string, string>();
    const after = pump(openaiResponses.openTap(), split(openaiResponses, wire), {
      push(key, text) {
        held.set(key, (held.get(key) ?? "") + text);
        return "";
      },
      end(key) {
        const text = held.get(key) ?? "";
        held.delete(key);
        return text;
      },
    });
    expect((await read(after)).output).toEqual((await read(wire)).output);
  });

  it("ends well-formed when it is cut", async () => {
    const tap = openaiResponses.openTap();
    const head = split(openaiResponses, wire)
      .slice(0, 6)
      .map((event) => tap.read(event).wire())
      .join("");
    const response = await read(
      head + tap.finish("content_filter", { inputTokens: 1, outputTokens: 2 }),
    );
    expect(response.incomplete_details).toEqual({ reason: "content_filter" });
    expect(response.usage?.total_tokens).toBe(3);
  });
});
