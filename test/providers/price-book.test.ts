import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { contextWindowOf, priceOf } from "#providers/price-book.ts";
import { PRICE_BOOK_VERSION } from "#providers/price-data.ts";

describe("the price book", () => {
  it("is named after the package it is read from", () => {
    const manifest = readFileSync("node_modules/@pydantic/genai-prices/package.json", "utf8");
    const { version } = JSON.parse(manifest) as { version: string };
    expect(PRICE_BOOK_VERSION).toBe(`genai-prices-${version}`);
  });

  it("quotes integers of nano-dollars per million tokens", () => {
    expect(priceOf("openai", "gpt-4o")).toEqual({
      inputNanosPerMtok: 2_500_000_000,
      outputNanosPerMtok: 10_000_000_000,
      cachedReadNanosPerMtok: 1_250_000_000,
    });
  });

  it("quotes the dearest tier, so that a hold is an upper bound", () => {
    expect(priceOf("anthropic", "claude-sonnet-4-5")).toMatchObject({
      inputNanosPerMtok: 6_000_000_000,
      outputNanosPerMtok: 22_500_000_000,
      cacheWrite1hNanosPerMtok: 12_000_000_000,
    });
  });

  it("quotes the dearest hour of hosts that are cheaper at night", () => {
    expect(priceOf("deepseek", "deepseek-chat")?.inputNanosPerMtok).toBe(270_000_000);
  });

  it("knows requests that cost on their own", () => {
    expect(priceOf("perplexity", "sonar")?.requestNanos).toBe(12_000_000);
  });

  it("prices a model of Hugging Face by the host that its name asks for, and by none without", () => {
    const price = { inputNanosPerMtok: 290_000_000, outputNanosPerMtok: 590_000_000 };
    expect(priceOf("huggingface", "Qwen/Qwen3-32B:groq")).toEqual(price);
    expect(contextWindowOf("huggingface", "Qwen/Qwen3-32B:groq")).toBe(131_072);
    expect(priceOf("huggingface", "Qwen/Qwen3-32B:sambanova")?.inputNanosPerMtok).toBe(400_000_000);
    for (const name of ["Qwen/Qwen3-32B", "Qwen/Qwen3-32B:", "Qwen/Qwen3-32B:cheapest"]) {
      expect(priceOf("huggingface", name)).toBeUndefined();
    }
  });

  it("has no price for an unknown model or provider, rather than none to pay", () => {
    expect(priceOf("openai", "no-such-model")).toBeUndefined();
    expect(priceOf("no-such-provider", "no-such-model")).toBeUndefined();
    expect(contextWindowOf("openai", "no-such-model")).toBeUndefined();
  });

  it("answers the same when asked again", () => {
    expect(priceOf("openai", "gpt-4o")).toBe(priceOf("openai", "gpt-4o"));
    expect(contextWindowOf("openai", "gpt-4o")).toBe(128_000);
  });
});
