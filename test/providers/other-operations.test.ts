import { describe, expect, it } from "vitest";
import { estimateTokens } from "#providers/anthropic-messages/count-tokens.ts";
import {
  embeddingsMeta,
  embeddingsTexts,
  parseEmbeddings,
} from "#providers/openai-chat/embeddings.ts";
import { PROVIDERS } from "#providers/registry.ts";
import { valueOf } from "../support/describe-provider.ts";

describe("embeddings", () => {
  it.each([["one"], [["one", "two"]]])("shows and replaces the texts of %j", (input) => {
    const body = { model: "text-embedding-3-small", input };
    expect(valueOf(parseEmbeddings(body))).toMatchObject({ maxOutputTokens: 0, tokenized: false });
    const slots = embeddingsTexts(body);
    expect(slots.map((slot) => slot.text)).toEqual([input].flat());
    for (const slot of slots) slot.replace("x");
    expect([body.input].flat().every((text) => text === "x")).toBe(true);
  });

  it.each([[[1, 2]], [[[1], [2]]]])("says that nobody can scan the tokens %j", (input) => {
    const body = { model: "m", input };
    expect(valueOf(parseEmbeddings(body)).tokenized).toBe(true);
    expect(embeddingsTexts(body)).toEqual([]);
  });

  it("refuses an empty or mixed input by its name", () => {
    for (const input of [[], [1, "a"], { a: 1 }, null]) {
      const result = parseEmbeddings({ model: "m", input });
      expect(result.ok ? "ok" : result.error.field).toBe("input");
    }
  });

  it("reads usage, which has no output", () => {
    const body = { model: "m", data: [], usage: { prompt_tokens: 8, total_tokens: 8 } };
    expect(embeddingsMeta(body)).toEqual({
      usage: { inputTokens: 8, outputTokens: 0 },
      servedModel: "m",
    });
  });
});

describe("counting tokens without Anthropic", () => {
  it("counts text, tools and images, and never less for more", () => {
    const plain = { messages: [{ role: "user", content: "x".repeat(350) }] };
    const few = estimateTokens(plain).input_tokens;
    expect(few).toBe(104);
    const image = { type: "image", source: { type: "url", url: "https://a" } };
    const tool = { name: "f", input_schema: { type: "object" } };
    const more = {
      messages: [...plain.messages, { role: "user", content: [image] }],
      tools: [tool],
    };
    expect(estimateTokens(more).input_tokens).toBeGreaterThan(few + 1600 + 350);
  });
});

describe("what else a provider can be asked", () => {
  const to = {
    baseUrl: "https://a",
    model: "m",
    stream: false,
    credential: "k",
    callerHeaders: new Headers(),
  };

  it("has a path of its own", () => {
    expect(PROVIDERS["openai"]?.request({ ...to, operation: "embeddings" }).url).toBe(
      "https://a/embeddings",
    );
    expect(PROVIDERS["anthropic"]?.request({ ...to, operation: "count-tokens" }).url).toBe(
      "https://a/v1/messages/count_tokens",
    );
  });

  it("is told, and anything else is an error of the asker", () => {
    expect(PROVIDERS["anthropic"]?.operations).toEqual(["chat", "count-tokens", "models"]);
    expect(() => PROVIDERS["anthropic"]?.request({ ...to, operation: "embeddings" })).toThrow(
      RangeError,
    );
  });
});
