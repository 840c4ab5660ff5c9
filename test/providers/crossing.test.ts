import { describe, expect, it } from "vitest";
import { anthropicMessages } from "#providers/anthropic-messages/dialect.ts";
import { openaiChat } from "#providers/openai-chat/dialect.ts";
import type { Dialect, JsonObject, Unsupported } from "#providers/types.ts";
import { valueOf } from "../support/describe-provider.ts";

function cross(from: Dialect, to: Dialect, body: JsonObject) {
  const decoded = from.decodeRequest(body);
  const request = valueOf(decoded);
  const encoded = to.encodeRequest({ ...request, maxOutputTokens: request.maxOutputTokens ?? 64 });
  const notes: Unsupported[] = [
    ...((decoded.ok && decoded.notes) || []),
    ...((encoded.ok && encoded.notes) || []),
  ];
  return { encoded, notes: notes.map((note) => note.field) };
}

function refusal(from: Dialect, to: Dialect, body: JsonObject): string {
  const decoded = from.decodeRequest(body);
  if (!decoded.ok) return decoded.error.field;
  const encoded = to.encodeRequest({ ...decoded.value, maxOutputTokens: 64 });
  return encoded.ok ? "crossed" : encoded.error.field;
}

const ask = [{ role: "user", content: "Hi" }];

describe("a request from OpenAI's dialect to Anthropic's", () => {
  it("carries system prompt, tools, results, images, files, marks and settings over", () => {
    const { encoded, notes } = cross(openaiChat, anthropicMessages, {
      model: "claude-opus-4-8",
      messages: [
        {
          role: "system",
          content: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }],
        },
        {
          role: "user",
          content: [
            { type: "text", text: "Look" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
            {
              type: "file",
              file: { filename: "a.pdf", file_data: "data:application/pdf;base64,BBBB" },
            },
          ],
        },
        {
          role: "assistant",
          content: "Looking",
          tool_calls: [
            {
              id: "functions.x:0",
              type: "function",
              function: { name: "x", arguments: '{"a":1}' },
            },
          ],
        },
        { role: "tool", tool_call_id: "functions.x:0", content: "done" },
        { role: "developer", content: "Now in Spanish." },
      ],
      tools: [{ type: "function", function: { name: "x", parameters: { properties: {} } } }],
      tool_choice: "required",
      parallel_tool_calls: false,
      stop: "END",
      reasoning_effort: "medium",
      seed: 1,
      user: "u",
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(valueOf(encoded)).toEqual({
      model: "claude-opus-4-8",
      max_tokens: 64,
      stream: true,
      system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Look" },
            { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
            {
              type: "document",
              title: "a.pdf",
              source: { type: "base64", media_type: "application/pdf", data: "BBBB" },
            },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "text", text: "Looking" },
            { type: "tool_use", id: "functions_x_0", name: "x", input: { a: 1 } },
          ],
        },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "functions_x_0", content: "done" }],
        },
        { role: "system", content: "Now in Spanish." },
      ],
      tools: [{ name: "x", input_schema: { type: "object", properties: {} } }],
      tool_choice: { type: "any", disable_parallel_tool_use: true },
      stop_sequences: ["END"],
      thinking: { type: "adaptive" },
      output_config: { effort: "medium" },
      metadata: { user_id: "u" },
    });
    expect(notes).toEqual(["seed"]);
  });

  it("asks models before 4.6 to think by a budget below the output cap", () => {
    const body = {
      model: "claude-sonnet-4-5-20250929",
      messages: ask,
      reasoning_effort: "high",
      max_tokens: 4000,
    };
    const { encoded } = cross(openaiChat, anthropicMessages, body);
    expect(valueOf(encoded)["thinking"]).toEqual({ type: "enabled", budget_tokens: 3999 });
  });

  it.each([
    ["n", { n: 2 }],
    ["logprobs", { logprobs: true }],
    ["logit_bias", { logit_bias: { "50256": -100 } }],
    ["temperature", { temperature: 1.4 }],
    ["frequency_penalty", { frequency_penalty: 0.5 }],
    ["response_format", { response_format: { type: "json_object" } }],
    ["web_search_options", { web_search_options: {} }],
    ["tools[0].type", { tools: [{ type: "custom", custom: { name: "x" } }] }],
    ["something_new", { something_new: 1 }],
    [
      "messages[0].content[0].type",
      { messages: [{ role: "user", content: [{ type: "input_audio", input_audio: {} }] }] },
    ],
    [
      "messages[0].content[0].file.file_id",
      { messages: [{ role: "user", content: [{ type: "file", file: { file_id: "f" } }] }] },
    ],
  ] as [string, JsonObject][])("refuses %s by its name", (field, extra) => {
    const body = { model: "m", messages: ask, ...extra };
    expect(refusal(openaiChat, anthropicMessages, body)).toBe(field);
  });

  it("names what it leaves out without harm", () => {
    const body = {
      model: "m",
      messages: ask,
      service_tier: "flex",
      store: true,
      metadata: { a: "b" },
    };
    const { encoded, notes } = cross(openaiChat, anthropicMessages, body);
    expect(encoded.ok).toBe(true);
    expect(notes).toEqual(["service_tier", "store", "metadata"]);
  });

  it("takes fields that mean nothing for what they are", () => {
    const body = {
      model: "m",
      messages: ask,
      n: 1,
      logprobs: false,
      logit_bias: {},
      modalities: ["text"],
      audio: null,
    };
    expect(refusal(openaiChat, anthropicMessages, body)).toBe("crossed");
  });
});

describe("a request from Anthropic's dialect to OpenAI's", () => {
  it("carries system prompt, tools, results, images and thinking settings over", () => {
    const { encoded, notes } = cross(anthropicMessages, openaiChat, {
      model: "gpt-5",
      max_tokens: 100,
      system: "Be brief.",
      messages: [
        {
          role: "user",
          content: [
            { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "hm", signature: "s" },
            { type: "tool_use", id: "t1", name: "x", input: { a: 1 } },
            { type: "tool_use", id: "t2", name: "x", input: {} },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "t1", content: "one" },
            { type: "tool_result", tool_use_id: "t2", content: [{ type: "text", text: "two" }] },
            { type: "text", text: "Go on" },
          ],
        },
      ],
      tools: [
        { name: "x", input_schema: { type: "object" }, cache_control: { type: "ephemeral" } },
      ],
      tool_choice: { type: "any", disable_parallel_tool_use: true },
      thinking: { type: "enabled", budget_tokens: 5000 },
      stream: true,
    });
    expect(valueOf(encoded)).toEqual({
      model: "gpt-5",
      max_completion_tokens: 100,
      stream: true,
      stream_options: { include_usage: true },
      reasoning_effort: "medium",
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }],
        },
        {
          role: "assistant",
          content: null,
          tool_calls: [
            { id: "t1", type: "function", function: { name: "x", arguments: '{"a":1}' } },
            { id: "t2", type: "function", function: { name: "x", arguments: "{}" } },
          ],
        },
        { role: "tool", tool_call_id: "t1", content: "one" },
        { role: "tool", tool_call_id: "t2", content: "two" },
        { role: "user", content: "Go on" },
      ],
      tools: [{ type: "function", function: { name: "x", parameters: { type: "object" } } }],
      tool_choice: "required",
      parallel_tool_calls: false,
    });
    expect(notes).toEqual(["thinking", "tools[0].cache_control", "thinking.budget_tokens"]);
  });

  it.each([
    ["top_k", { top_k: 3 }],
    ["container", { container: "c" }],
    ["tools[0].type", { tools: [{ type: "web_search_20260318", name: "web_search" }] }],
    ["stop", { stop_sequences: ["1", "2", "3", "4", "5"] }],
    [
      "messages[0].content[0].type",
      { messages: [{ role: "user", content: [{ type: "search_result" }] }] },
    ],
    [
      "messages[0].content[0].source",
      {
        messages: [
          { role: "user", content: [{ type: "image", source: { type: "file", file_id: "f" } }] },
        ],
      },
    ],
    [
      "messages[0].content[0].citations",
      {
        messages: [
          {
            role: "user",
            content: [
              {
                type: "document",
                citations: { enabled: true },
                source: { type: "text", data: "x" },
              },
            ],
          },
        ],
      },
    ],
    [
      "document.source.url",
      {
        messages: [
          {
            role: "user",
            content: [{ type: "document", source: { type: "url", url: "https://x" } }],
          },
        ],
      },
    ],
  ] as [string, JsonObject][])("refuses %s by its name", (field, extra) => {
    const body = { model: "m", max_tokens: 9, messages: ask, ...extra };
    expect(refusal(anthropicMessages, openaiChat, body)).toBe(field);
  });

  it("lets a Claude Code request cross, and names what stayed behind", () => {
    const { encoded, notes } = cross(anthropicMessages, openaiChat, {
      model: "gpt-5",
      max_tokens: 32000,
      stream: true,
      system: [{ type: "text", text: "You are a CLI.", cache_control: { type: "ephemeral" } }],
      messages: [
        {
          role: "user",
          content: [{ type: "text", text: "hi", cache_control: { type: "ephemeral" } }],
        },
      ],
      tools: [
        {
          name: "Bash",
          description: "run",
          input_schema: { type: "object" },
          eager_input_streaming: true,
        },
      ],
      thinking: { type: "adaptive" },
      output_config: { effort: "high" },
      context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] },
      metadata: { user_id: JSON.stringify({ session_id: "s".repeat(80) }) },
    });
    expect(valueOf(encoded)["reasoning_effort"]).toBe("high");
    expect(notes).toEqual([
      "context_management",
      "tools[0].eager_input_streaming",
      "cache_control",
      "cache_control",
      "user",
    ]);
  });
});

describe("preparing a request of the same dialect", () => {
  it.each([
    ["gpt-4o", {}, "max_tokens"],
    ["gpt-4o", { max_completion_tokens: 5 }, "max_completion_tokens"],
    ["gpt-5-mini", { max_tokens: 5 }, "max_completion_tokens"],
    ["openai/o3", {}, "max_completion_tokens"],
    ["llama-3.3-70b", { max_tokens: 5 }, "max_tokens"],
  ] as [string, JsonObject, string][])("caps %s with %j by %s alone", (model, extra, field) => {
    const to = { model, maxOutputTokens: 9, stream: false };
    const prepared = openaiChat.prepare({ model: "x", messages: ask, stream: true, ...extra }, to);
    expect(prepared).toEqual({ model, messages: ask, [field]: 9 });
  });

  it("asks for usage in a stream and keeps the caller's other stream options", () => {
    const body = { model: "x", messages: ask, stream_options: { include_obfuscation: false } };
    const to = { model: "gpt-4o", maxOutputTokens: 9, stream: true };
    expect(openaiChat.prepare(body, to)["stream_options"]).toEqual({
      include_obfuscation: false,
      include_usage: true,
    });
  });

  it("takes another provider's unsigned thinking out of what Anthropic would refuse", () => {
    const signed = { type: "thinking", thinking: "a", signature: "s" };
    const foreign = { type: "thinking", thinking: "b", signature: "" };
    const text = { type: "text", text: "c" };
    const messages = [{ role: "assistant", content: [signed, foreign, text] }, ...ask];
    const to = { model: "m", maxOutputTokens: 9, stream: false };
    const prepared = anthropicMessages.prepare({ model: "x", messages }, to);
    expect(prepared["messages"]).toEqual([{ role: "assistant", content: [signed, text] }, ...ask]);
  });
});
