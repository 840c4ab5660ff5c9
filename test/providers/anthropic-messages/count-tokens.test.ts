import { describe, expect, it } from "vitest";
import { estimateTokens } from "#providers/anthropic-messages/count-tokens.ts";

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
