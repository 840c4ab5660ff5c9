/** A price correction's form: nothing is asked before it is whole, and amounts read as they are. */
import { describe, expect, it } from "vitest";
import { changeWords, noCorrection, termsOf } from "../../console/src/logic/price-correction.ts";

const whole = {
  ...noCorrection,
  model: " gpt-5 ",
  from: 1_000,
  to: 2_000,
  price: { inputUsdPerMtok: "1.5", outputUsdPerMtok: "6", requestUsd: " " },
};

describe("a correction's form", () => {
  it("gives what the gateway takes, without what was left empty", () => {
    const price = { inputUsdPerMtok: 1.5, outputUsdPerMtok: 6 };
    expect(termsOf(whole)).toEqual({ model: "gpt-5", from: 1_000, to: 2_000, price });
    expect(termsOf({ ...whole, provider: "main" })?.provider).toBe("main");
  });

  it.each([
    { model: " " },
    { from: undefined },
    { to: undefined },
    { to: 1_000 },
    { price: { inputUsdPerMtok: "1" } },
    { price: { inputUsdPerMtok: "1", outputUsdPerMtok: "-1" } },
    { price: { inputUsdPerMtok: "1", outputUsdPerMtok: "a lot" } },
  ])("is no order with %j", (change) => {
    expect(termsOf({ ...whole, ...change })).toBeUndefined();
  });
});

it.each([
  [{ principals: 0, requests: 0, oldNanos: 0, newNanos: 0 }, "No call changes."],
  [
    { principals: 1, requests: 1, oldNanos: 1e9, newNanos: 3e9 },
    "1 call of 1 member: $1.00 → $3.00 (+$2.00).",
  ],
  [
    { principals: 2, requests: 1_200, oldNanos: 3e9, newNanos: 1e9 },
    "1,200 calls of 2 members: $3.00 → $1.00 (-$2.00).",
  ],
])("%j reads as %j", (change, words) => {
  expect(changeWords(change)).toBe(words);
});
