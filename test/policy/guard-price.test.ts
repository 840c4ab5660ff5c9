import { describe, expect, it } from "vitest";
import { PolicyDocument } from "#policy/document.ts";
import {
  type BookPrice,
  guardPriceProblems,
  stageBoundOf,
  stagePriceOf,
} from "#policy/guard-price.ts";
import { Guard } from "#policy/guard.ts";
import { samplePolicy } from "./sample.ts";

const model = "@cf/meta/llama-guard-3-8b";
const book: BookPrice = (kind, name) =>
  kind === "workers-ai" && name === model
    ? { inputNanosPerMtok: 484_000_000, outputNanosPerMtok: 30_000_000 }
    : undefined;

const documentWith = (secondStage: object, more: object = {}): PolicyDocument =>
  PolicyDocument.parse({
    ...samplePolicy(),
    ...more,
    guard: { secondStage: { kind: "llama-guard", ...secondStage } },
  });
const overNetwork = { url: "https://classifier.example/" };
const priceOf = (secondStage: object, more: object = {}) => {
  const document = documentWith(secondStage, more);
  const stage = document.guard.secondStage ?? Guard.parse({}).secondStage;
  if (stage === undefined) throw new Error("a guard without its second stage");
  return stagePriceOf(document, stage, book);
};

describe("the price of a question to a second stage", () => {
  it("is what policy says a question costs, before any price of its model", () => {
    const price = priceOf({ binding: "AI", model, costUsd: 0.0002 });
    expect(price).toEqual({
      inputNanosPerMtok: 0,
      outputNanosPerMtok: 0,
      requestNanos: 200_000,
    });
  });

  it("is the model's, by policy under `prompt-guard` before the book's", () => {
    expect(priceOf({ binding: "AI", model })?.inputNanosPerMtok).toBe(484_000_000);
    const prices = { [`prompt-guard/${model}`]: { inputUsdPerMtok: 1, outputUsdPerMtok: 1 } };
    expect(priceOf({ binding: "AI", model }, { prices })?.inputNanosPerMtok).toBe(1_000_000_000);
    expect(priceOf({ ...overNetwork, model }, { prices })?.inputNanosPerMtok).toBe(1_000_000_000);
  });

  it("is never the book's for somebody else's server", () => {
    expect(priceOf({ ...overNetwork, model })).toBeUndefined();
  });

  it("is asked for where nobody knows it, and policy denies what has none", () => {
    const unknown = documentWith(overNetwork);
    expect(guardPriceProblems(unknown, book).map(({ path }) => path)).toEqual([
      "guard.secondStage.costUsd",
    ]);
    expect(guardPriceProblems(documentWith({ ...overNetwork, costUsd: 0 }), book)).toEqual([]);
    const unpriced = { inputUsdPerMtok: 5, outputUsdPerMtok: 5 };
    const accounting = { accounting: { unpriced } };
    expect(guardPriceProblems(documentWith(overNetwork, accounting), book)).toEqual([]);
    expect(guardPriceProblems(PolicyDocument.parse(samplePolicy()), book)).toEqual([]);
  });
});

describe("a price by the second", () => {
  const bySecond = { inputUsdPerMtok: 0, outputUsdPerMtok: 0, secondUsd: 0.01 };
  const byModel = { prices: { [`prompt-guard/${model}`]: bySecond } };
  const problems = (more: object, stage: object = { binding: "AI", model }) =>
    guardPriceProblems(documentWith(stage, more), book);

  it("is refused, since nobody says how long a classifier ran; so it is where policy has it already", () => {
    for (const more of [byModel, { prices: { "*": bySecond } }]) {
      expect(problems(more)).toEqual([
        {
          path: "guard.secondStage.costUsd",
          message: expect.stringContaining("by the second (`secondUsd`)") as string,
        },
      ]);
      expect(priceOf({ binding: "AI", model }, more)).toBeUndefined();
    }
    expect(problems({ accounting: { unpriced: bySecond } }, overNetwork)).toHaveLength(1);
  });

  it("is no matter where a question has one of its own", () => {
    expect(problems(byModel, { binding: "AI", model, costUsd: 0.001 })).toEqual([]);
  });
});

describe("what is held for a question", () => {
  it("is its worst case, or exactly its price by the question", () => {
    const price = { inputNanosPerMtok: 1_000_000_000, outputNanosPerMtok: 1_000_000_000 };
    const { usage, costNanos } = stageBoundOf(500, price);
    expect(usage.inputTokens).toBeGreaterThanOrEqual(500);
    expect(costNanos).toBeGreaterThanOrEqual(1_000 * (usage.inputTokens + usage.outputTokens));
    const free = { inputNanosPerMtok: 0, outputNanosPerMtok: 0 };
    expect(stageBoundOf(500, free).costNanos).toBe(0);
    expect(stageBoundOf(500, { ...free, requestNanos: 7 }).costNanos).toBe(7);
  });
});
