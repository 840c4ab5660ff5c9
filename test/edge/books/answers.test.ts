/** The books as JSON, without a gateway around them. */
import { expect, test } from "vitest";
import { showSums } from "#edge/books/answers.ts";
import { toUsd } from "#events/money.ts";
import { usageColumns } from "#projections/sums.ts";

const nothing = { groups: [], truncated: false };

test("dollars are exact, whatever their size and sign", () => {
  expect(toUsd(1_234_567_890)).toBe("1.23456789");
  expect(toUsd(5_000_000_000)).toBe("5");
  expect(toUsd(1)).toBe("0.000000001");
  expect(toUsd(-1)).toBe("-0.000000001");
  expect(toUsd(-2_500_000_000)).toBe("-2.5");
});

test("the usage of nothing is zeros, and ratios of nothing are null", () => {
  const { rows, total } = showSums("usage", nothing, { groupBy: ["user"] });
  expect(rows).toEqual([]);
  for (const column of usageColumns) {
    if (column !== "latencyMsSum") expect(total).toHaveProperty(column, 0);
  }
  expect(total).toMatchObject({ errors: 0, errorRate: null, latencyP95BoundMs: null });
});

test("the costs of nothing are zeros", () => {
  const { total } = showSums("costs", nothing, { groupBy: [] });
  const tokens = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };
  const money = { costNanos: 0, costUsd: "0", savedNanos: 0, savedUsd: "0" };
  expect(total).toEqual({ requests: 0, ...money, ...tokens });
});

test("rates are shares of what was answered, refusals apart", () => {
  const sums = { requests: 10, completed: 3, failed: 1, refused: 6, cacheHits: 1, cacheMisses: 3 };
  const groups = [{ by: { user: "ada" }, sums: { ...sums, latencyMsSum: 400 } }];
  const { rows } = showSums("usage", { groups, truncated: false }, { groupBy: ["user"] });
  expect(rows).toMatchObject([
    { user: "ada", requests: 10, errorRate: 0.25, cacheHitRatio: 0.25, latencyMeanMs: 100 },
  ]);
  expect(rows[0]).not.toHaveProperty("latencyMsSum");
});

test("a ranking shows the largest, and totals all", () => {
  const groups = [2, 7, 5].map((charged) => ({
    by: { model: `m${charged}` },
    sums: { charged, costNanos: charged * 10 },
  }));
  const answer = { groups, truncated: false };
  const asked = { groupBy: ["model" as const], rankBy: "costNanos" as const, top: 2 };
  const { rows, total } = showSums("costs", answer, asked);
  expect(rows.map(({ model }) => model)).toEqual(["m7", "m5"]);
  expect(total).toMatchObject({ requests: 14, costNanos: 140 });
});
