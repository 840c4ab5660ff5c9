/** Latency histograms, against sorted lists of the latencies themselves. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bucketOf, bucketsOf, compact, percentileMs, withLatency } from "#projections/histogram.ts";

const options = { seed: 8_100_000, numRuns: 300 };
const latency = fc.oneof(fc.nat(100), fc.nat(5_000), fc.nat(200_000), fc.nat(2_000_000_000));
const latencies = fc.array(latency, { minLength: 1, maxLength: 200 });

const histogramOf = (all: readonly number[]): string =>
  all.reduce((text, ms) => withLatency(text, ms), "");

const isBucketFor = (ms: number): boolean =>
  bucketOf(ms) >= ms && (ms <= 100 ? bucketOf(ms) === ms : bucketOf(ms) < ms * 1.1);

test("a bucket's bound is never below a latency and less than a tenth above it", () => {
  for (let ms = 0; ms < 120_000; ms += 1) if (!isBucketFor(ms)) expect.fail(`${ms} ms`);
  for (let power = 5; power <= 9; power += 1) {
    for (const by of [-1, 0, 1]) expect(isBucketFor(10 ** power + by), `10^${power}`).toBe(true);
  }
  expect(bucketOf(Number.MAX_SAFE_INTEGER)).toBe(10_000_000_000);
});

test("a percentile is the nearest rank's, or less than a tenth more", () => {
  fc.assert(
    fc.property(latencies, fc.constantFrom(50, 90, 95, 99), (all, percent) => {
      const sorted = all.toSorted((a, b) => a - b);
      const truth = sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
      const found = percentileMs(histogramOf(all), percent) ?? -1;
      expect(found).toBeGreaterThanOrEqual(truth);
      expect(found).toBeLessThan(truth <= 100 ? truth + 1 : truth * 1.1);
    }),
    options,
  );
  expect(percentileMs("", 50)).toBeNull();
});

test("written one after the other, histograms are added up", () => {
  fc.assert(
    fc.property(latencies, latencies, (one, other) => {
      const added = compact(histogramOf(one) + histogramOf(other));
      expect(added).toBe(compact(histogramOf([...other, ...one])));
      const count = bucketsOf(added).reduce((sum, [, n]) => sum + n, 0);
      expect(count).toBe(one.length + other.length);
    }),
    options,
  );
});

test("one that grows stays short, however many latencies are in it", () => {
  const grown = histogramOf(Array.from({ length: 20_000 }, (_, n) => n % 700));
  expect(grown.length).toBeLessThan(5_000);
  expect(bucketsOf(grown).reduce((sum, [, count]) => sum + count, 0)).toBe(20_000);
});
