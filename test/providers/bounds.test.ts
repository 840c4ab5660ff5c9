import { describe, expect, it } from "vitest";
import { inputTokenBound, maxOutputOf } from "#providers/bounds.ts";

describe("bounds", () => {
  const view = { model: "m", stream: false, choices: 1, images: 0, tools: 0 };

  it("never takes a body for fewer tokens than bytes, and images and tools for more", () => {
    const plain = inputTokenBound(1000, view);
    expect(plain).toBeGreaterThanOrEqual(1000);
    expect(inputTokenBound(1000, { ...view, images: 1 })).toBeGreaterThan(plain + 40_000);
    expect(inputTokenBound(1000, { ...view, tools: 1 })).toBeGreaterThan(plain);
    expect(inputTokenBound(1000, { ...view, files: 1 })).toBeGreaterThan(plain + 1_000_000);
  });

  it.each([
    ["gpt-4o-mini", 16_384],
    ["gpt-4-turbo-2024-04-09", 4096],
    ["openai/gpt-5-nano", 128_000],
    ["claude-opus-4-8", 128_000],
    ["claude-sonnet-4-5-20250929", 64_000],
    ["us.anthropic.claude-haiku-4-5-20251001-v1:0", 64_000],
    ["anthropic.claude-3-5-sonnet-20240620-v1:0", 8192],
    ["claude-sonnet-4@20250514", 64_000],
    ["us.meta.llama3-3-70b-instruct-v1:0", undefined],
    ["no-such-model", undefined],
  ])("knows that %s writes at most %s tokens", (model, tokens) => {
    expect(maxOutputOf("any", model)).toBe(tokens);
  });
});
