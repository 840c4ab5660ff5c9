/** Money against an oracle that counts in big integers and shares no line with the code. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  addUsage,
  assertNanos,
  costOf,
  tokensCost,
  worstCaseCost,
  type Price,
  type Usage,
} from "#events/money.ts";

const options = { seed: 1_000_000_000, numRuns: 1_000 };

const tokens = fc.nat(4_000_000);
const rate = fc.oneof(fc.nat(200_000_000_000), fc.nat(3_000_000));

/** Parts that fit into their whole, as a provider reports them. */
const usages = fc
  .record({ cached: tokens, fresh5m: tokens, fresh1h: tokens, plain: tokens })
  .chain(({ cached, fresh5m, fresh1h, plain }) =>
    fc.record({
      inputTokens: fc.constant(cached + fresh5m + fresh1h + plain),
      outputTokens: tokens,
      cachedReadTokens: fc.constant(cached),
      cacheWrite5mTokens: fc.constant(fresh5m),
      cacheWrite1hTokens: fc.constant(fresh1h),
      reasoningTokens: tokens,
    }),
  )
  .map((usage) => ({
    ...usage,
    reasoningTokens: Math.min(usage.reasoningTokens, usage.outputTokens),
  }));

const prices = fc.record(
  {
    inputNanosPerMtok: rate,
    outputNanosPerMtok: rate,
    cachedReadNanosPerMtok: rate,
    cacheWrite5mNanosPerMtok: rate,
    cacheWrite1hNanosPerMtok: rate,
    reasoningNanosPerMtok: rate,
    requestNanos: fc.nat(1_000_000_000),
  },
  { requiredKeys: ["inputNanosPerMtok", "outputNanosPerMtok"] },
) as fc.Arbitrary<Price>;

const ceilingPerMillion = (count: bigint, nanos: bigint): bigint =>
  (count * nanos + 999_999n) / 1_000_000n;

interface Parts extends Usage {
  cachedReadTokens: number;
  cacheWrite5mTokens: number;
  cacheWrite1hTokens: number;
  reasoningTokens: number;
}

/** What it must cost: each part rounded up by itself, counted without ever leaving integers. */
function oracle(usage: Parts, price: Price): bigint {
  const input = price.inputNanosPerMtok;
  const output = price.outputNanosPerMtok;
  const { cachedReadTokens, cacheWrite5mTokens, cacheWrite1hTokens, reasoningTokens } = usage;
  const plain = usage.inputTokens - cachedReadTokens - cacheWrite5mTokens - cacheWrite1hTokens;
  const parts: [number, number][] = [
    [plain, input],
    [cachedReadTokens, price.cachedReadNanosPerMtok ?? input],
    [cacheWrite5mTokens, price.cacheWrite5mNanosPerMtok ?? input],
    [cacheWrite1hTokens, price.cacheWrite1hNanosPerMtok ?? input],
    [reasoningTokens, price.reasoningNanosPerMtok ?? output],
    [usage.outputTokens - reasoningTokens, output],
  ];
  return parts.reduce(
    (sum, [count, nanos]) => sum + ceilingPerMillion(BigInt(count), BigInt(nanos)),
    BigInt(price.requestNanos ?? 0),
  );
}

test("tokens cost what the oracle says, rounded up once", () => {
  fc.assert(
    fc.property(tokens, rate, (count, nanos) => {
      expect(BigInt(tokensCost(count, nanos))).toBe(
        ceilingPerMillion(BigInt(count), BigInt(nanos)),
      );
    }),
    options,
  );
});

test("an answer costs what the oracle says, and never more than its worst case", () => {
  fc.assert(
    fc.property(usages, prices, (usage, price) => {
      const cost = costOf(usage, price);
      expect(BigInt(cost)).toBe(oracle(usage, price));
      expect(cost).toBeLessThanOrEqual(worstCaseCost(usage.inputTokens, usage.outputTokens, price));
    }),
    options,
  );
});

test("a worst case holds for any usage within its bounds", () => {
  fc.assert(
    fc.property(usages, prices, tokens, tokens, (usage, price, moreInput, moreOutput) => {
      const { inputTokens, outputTokens } = usage;
      const bound = worstCaseCost(inputTokens + moreInput, outputTokens + moreOutput, price);
      expect(costOf(usage, price)).toBeLessThanOrEqual(bound);
    }),
    options,
  );
});

test("parts that exceed their whole never make a cost negative", () => {
  const price = { inputNanosPerMtok: 1_000_000, outputNanosPerMtok: 1_000_000 };
  const usage = { inputTokens: 1, outputTokens: 1, cachedReadTokens: 9, reasoningTokens: 9 };
  expect(costOf(usage, price)).toBe(10);
});

test("usages add up part by part", () => {
  fc.assert(
    fc.property(usages, usages, (a, b) => {
      const sum = addUsage(a, b) as unknown as Record<string, number>;
      for (const [part, count] of Object.entries(a)) {
        expect(sum[part] ?? 0).toBe(count + Number((b as Record<string, number>)[part]));
      }
    }),
    options,
  );
});

test("an amount that is negative, fractional or not exact is refused", () => {
  for (const amount of [-1, 0.5, Number.NaN, Infinity, Number.MAX_SAFE_INTEGER + 1]) {
    expect(() => assertNanos(amount, "cost")).toThrow(RangeError);
  }
  expect(assertNanos(Number.MAX_SAFE_INTEGER, "cost")).toBe(Number.MAX_SAFE_INTEGER);
});

test("a run costs its seconds, rounded up, and its longest where nobody says how long it was", () => {
  const seconds = fc.nat(86_400);
  fc.assert(
    fc.property(
      fc.nat(100_000_000_000),
      seconds,
      fc.nat(86_400_000),
      (secondNanos, most, runMs) => {
        const price = {
          inputNanosPerMtok: 0,
          outputNanosPerMtok: 0,
          secondNanos,
          secondsMax: most,
        };
        const usage = { inputTokens: 0, outputTokens: 0 };
        const cost = (BigInt(runMs) * BigInt(secondNanos) + 999n) / 1000n;
        expect(BigInt(costOf({ ...usage, runMs }, price))).toBe(cost);
        const longest = BigInt(most) * BigInt(secondNanos);
        expect(BigInt(costOf(usage, price))).toBe(longest);
        expect(BigInt(worstCaseCost(0, 0, price))).toBe(longest + 4n);
      },
    ),
    options,
  );
});
