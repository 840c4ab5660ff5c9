/** Text in files that callers put into a prompt is text like any other, whatever they call it. */
import { describe, expect, it } from "vitest";
import { anthropicMessages } from "#providers/anthropic-messages/dialect.ts";
import { googleGenerate } from "#providers/google-generate/dialect.ts";
import { openaiChat } from "#providers/openai-chat/dialect.ts";
import { openaiResponses } from "#providers/openai-responses/dialect.ts";
import type { Dialect, JsonObject } from "#providers/types.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A prompt with a file, and where its bytes stand. */
const prompts: Record<string, (type: string, data: string) => [Dialect, JsonObject]> = {
  "OpenAI's chat": (type, data) => {
    const file = { filename: "f", file_data: `data:${type};base64,${data}` };
    return [openaiChat, { messages: [{ role: "user", content: [{ type: "file", file }] }] }];
  },
  "OpenAI's responses": (type, data) => {
    const part = { type: "input_file", filename: "f", file_data: `data:${type};base64,${data}` };
    return [openaiResponses, { input: [{ role: "user", content: [part] }] }];
  },
  Anthropic: (media_type, data) => {
    const block = { type: "document", source: { type: "base64", media_type, data } };
    return [anthropicMessages, { messages: [{ role: "user", content: [block] }] }];
  },
  Google: (mimeType, data) => [
    googleGenerate,
    { contents: [{ role: "user", parts: [{ inlineData: { mimeType, data } }] }] },
  ],
  "Google's results of tools": (mime_type, data) => {
    const result = { name: "f", response: {}, parts: [{ inline_data: { mime_type, data } }] };
    return [
      googleGenerate,
      { contents: [{ role: "user", parts: [{ functionResponse: result }] }] },
    ];
  },
};

describe.each(Object.entries(prompts))("%s: a file", (_, prompt) => {
  it.each(["text/plain", "application/json", "application/x-yaml", "application/octet-stream"])(
    "of %s is read where its bytes are text, and changed in place",
    (type) => {
      const [dialect, body] = prompt(type, base64("naïve bluebird"));
      const file = dialect.requestTexts(body).find(({ text }) => text === "naïve bluebird");
      expect(file?.channel).toBe("file");
      file?.replace("gone");
      expect(JSON.stringify(body)).toContain(base64("gone"));
      expect(JSON.stringify(body)).not.toContain(base64("naïve bluebird"));
    },
  );

  it.each([
    ["image/png", base64("looks like text")],
    ["application/pdf", base64("%PDF-1.4 4111111111111111")],
    ["application/octet-stream", Buffer.from([0x50, 0x4b, 0xff, 0xfe]).toString("base64")],
  ])("of %s that is no text is left as it is", (type, data) => {
    const [dialect, body] = prompt(type, data);
    const texts = dialect.requestTexts(body).map(({ text }) => text);
    expect(texts.filter((text) => text !== "f")).toEqual([]);
  });
});

it("OpenAI's file data may come without a type", () => {
  const file = { file_data: base64("bluebird") };
  const body = { messages: [{ role: "user", content: [{ type: "file", file }] }] };
  expect(openaiChat.requestTexts(body).map(({ text }) => text)).toEqual(["bluebird"]);
});

it("the texts of one of Google's answers are one, as its clients read them; thoughts are apart", () => {
  const parts = [
    { text: "a blue", thought: true },
    { text: "bird", thought: true },
    { text: "another blue" },
    { text: "bird", thoughtSignature: "s" },
    { text: "one more blue" },
    { text: "bird" },
  ];
  const body = { candidates: [{ content: { role: "model", parts } }] };
  expect(googleGenerate.responseTexts(body).map(({ channel, text }) => [channel, text])).toEqual([
    ["reasoning", "a bluebird"],
    ["assistant", "another bluebird"],
    ["assistant", "one more bluebird"],
  ]);
});
