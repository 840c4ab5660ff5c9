import { describe, expect, it } from "vitest";
import {
  embeddingsMeta,
  embeddingsTexts,
  parseEmbeddings,
} from "#providers/openai-chat/embeddings.ts";
import { valueOf } from "../../support/describe-provider.ts";

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
