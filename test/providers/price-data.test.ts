import { readFileSync } from "node:fs";
import { calcPrice, findProvider, type MatchLogic } from "@pydantic/genai-prices";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Price } from "#events/money.ts";
import { contextWindowOf, priceOf } from "#providers/price-book.ts";
import { priceDataFile, renderPriceData } from "../../scripts/price-data.ts";

const SEED = 20_261_121;

/** Providers here, and what the package calls them. */
const BOTH: [ours: string, theirs: string][] = [
  ["anthropic", "anthropic"],
  ["openai", "openai"],
  ["google", "google"],
  ["groq", "groq"],
  ["mistral", "mistral"],
  ["xai", "x-ai"],
  ["deepseek", "deepseek"],
  ["cerebras", "cerebras"],
  ["openrouter", "openrouter"],
  ["fireworks", "fireworks"],
  ["together", "together"],
  ["perplexity", "perplexity"],
  ["bedrock", "aws"],
  ["azure", "azure"],
  ["workers-ai", "cloudflare"],
  ["cohere", "cohere"],
];

const KEYS: Record<string, keyof Price> = {
  cache_read_mtok: "cachedReadNanosPerMtok",
  cache_write_mtok: "cacheWrite5mNanosPerMtok",
  cache_write_1h_mtok: "cacheWrite1hNanosPerMtok",
  output_reasoning_mtok: "reasoningNanosPerMtok",
};

/** What the package itself says, at the dearest of 24 hours and of all tiers. */
function fromThePackage(providerId: string, model: string) {
  const dollars: Record<string, number> = {};
  let contextWindow: number | undefined;
  for (let hour = 0; hour < 24; hour += 1) {
    const timestamp = new Date(Date.UTC(2026, 10, 1, hour));
    const found = calcPrice({}, model, { providerId, timestamp });
    if (found === null) return { price: undefined, contextWindow: undefined };
    contextWindow = found.model.context_window;
    for (const [part, quote] of Object.entries(found.model_price)) {
      const all =
        typeof quote === "object"
          ? [quote.base, ...quote.tiers.map((tier) => tier.price)]
          : [quote];
      for (const one of all) dollars[part] = Math.max(dollars[part] ?? 0, one ?? 0);
    }
  }
  const { input_mtok: input, output_mtok: output, requests_kcount: requests } = dollars;
  if (input === undefined) return { price: undefined, contextWindow };
  const price: Price = {
    inputNanosPerMtok: Math.round(input * 1e9),
    outputNanosPerMtok: Math.round((output ?? input) * 1e9),
  };
  for (const [part, key] of Object.entries(KEYS)) {
    const quote = dollars[part];
    if (quote !== undefined) price[key] = Math.round(quote * 1e9);
  }
  if (requests !== undefined) price.requestNanos = Math.round((requests / 1000) * 1e9);
  return { price, contextWindow };
}

/** A name that a condition may take: an expression's, with its digits filled in. */
function namesOf(match: MatchLogic): string[] {
  if ("or" in match) return match.or.flatMap(namesOf);
  if ("and" in match) return match.and.flatMap(namesOf);
  const [[kind, value] = ["", ""]] = Object.entries(match);
  if (kind !== "regex") return [value];
  return [
    value
      .replaceAll(/\\d\{4\}-\\d\{2\}-\\d\{2\}/g, "2026-03-31")
      .replaceAll(/\\d\{8\}/g, "20260331")
      .replaceAll(/\\d/g, "7")
      .replaceAll(/[\^$\\]/g, ""),
  ];
}

describe("the price data", () => {
  it("is what the script makes of the installed package", () => {
    expect(renderPriceData()).toBe(readFileSync(priceDataFile, "utf8"));
  });

  for (const [ours, theirs] of BOTH) {
    it(`prices every model of ${ours} as the package does, however it is written`, () => {
      const models = findProvider({ providerId: theirs })?.models ?? [];
      expect(models.length).toBeGreaterThan(5);
      for (const { id, match } of models) {
        const names = [id, ...namesOf(match)];
        const dated = names.flatMap((name) => [
          name.replaceAll(/-(\d{4})-(\d{2})-(\d{2})/g, "-$1$2$3"),
          name.replaceAll(/-(\d{4})-(\d{2})-(\d{2})/g, "-$10231"),
        ]);
        for (const name of new Set([...names, ...dated, ` ${id.toUpperCase()} `])) {
          const { price, contextWindow } = fromThePackage(theirs, name);
          expect([name, priceOf(ours, name)]).toEqual([name, price]);
          expect([name, contextWindowOf(ours, name)]).toEqual([name, contextWindow]);
        }
      }
    });
  }

  it("takes names that nobody listed as the package does", () => {
    const known = BOTH.flatMap(([ours, theirs]) =>
      (findProvider({ providerId: theirs })?.models ?? []).map(({ id }) => ({ ours, theirs, id })),
    );
    const tails = [
      "",
      "-latest",
      "-20260331",
      "-20260231",
      "-2026-03-31",
      ":free",
      "@001",
      "-tts",
      "-8",
      "x",
    ];
    const name = fc.tuple(
      fc.constantFrom(...known),
      fc.constantFrom("", "anthropic.", "us.", "openai/", "models/", "x"),
      fc.constantFrom(...tails),
      fc.nat(30),
    );
    fc.assert(
      fc.property(name, ([{ ours, theirs, id }, head, tail, cut]) => {
        const model = head + (cut < 4 ? id.slice(0, -cut - 1) : id) + tail;
        const expected = fromThePackage(theirs, model);
        expect(priceOf(ours, model)).toEqual(expected.price);
        expect(contextWindowOf(ours, model)).toBe(expected.contextWindow);
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  it("keeps to its own sections, whatever a provider is called", () => {
    for (const name of ["constructor", "__proto__", "toString", "x"]) {
      expect(priceOf(name, "gpt-4o")).toBeUndefined();
    }
  });
});
