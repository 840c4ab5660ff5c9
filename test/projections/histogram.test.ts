/** Latency buckets. */
import { expect, test } from "vitest";
import { latencyColumn, latencyColumns, percentileBoundMs } from "#projections/histogram.ts";

test("a latency counts in the first bucket that holds it", () => {
  expect(latencyColumn(0)).toBe("latencyLe10");
  expect(latencyColumn(10)).toBe("latencyLe10");
  expect(latencyColumn(11)).toBe("latencyLe25");
  expect(latencyColumn(60_001)).toBe("latencyBeyond");
  expect(latencyColumns).toHaveLength(13);
});

test("a percentile is the bound of the bucket where it is reached, or null beyond the last", () => {
  const sums = { latencyLe10: 50, latencyLe100: 45, latencyBeyond: 5 };
  expect(percentileBoundMs(sums, 0.5)).toBe(10);
  expect(percentileBoundMs(sums, 0.95)).toBe(100);
  expect(percentileBoundMs(sums, 0.99)).toBeNull();
  expect(percentileBoundMs({}, 0.5)).toBeNull();
});
