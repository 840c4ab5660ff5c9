/** Averages of latencies that forget. */
import { array, assert, integer, property } from "fast-check";
import { expect, it } from "vitest";
import {
  latencyKnownMs,
  latencyMsOf,
  measured,
  noteLatency,
  type Latency,
} from "#edge/pipeline/latency.ts";

it("an average lies between the fastest and the slowest that it was made of", () => {
  assert(
    property(array(integer({ min: 0, max: 60_000 }), { minLength: 1 }), (all) => {
      let latency: Latency | undefined;
      for (const [at, ms] of all.entries()) latency = measured(latency, ms, at);
      expect(latency?.averageMs).toBeGreaterThanOrEqual(Math.min(...all) - 1e-6);
      expect(latency?.averageMs).toBeLessThanOrEqual(Math.max(...all) + 1e-6);
    }),
    { numRuns: 200, seed: 4 },
  );
});

it("is known per organisation, for a while, and a quick failure is not fast", () => {
  const one = { provider: "p", model: "m" };
  noteLatency("acme", one, 40, 1_000, false);
  expect(latencyMsOf("acme", "p", "m", 1_001)).toBe(40);
  expect(latencyMsOf("other", "p", "m", 1_001)).toBeUndefined();
  expect(latencyMsOf("acme", "p", "m", 1_000 + latencyKnownMs)).toBeUndefined();
  noteLatency("acme", one, 1, 1_002, true);
  expect(latencyMsOf("acme", "p", "m", 1_003)).toBeGreaterThan(1_000);
});
