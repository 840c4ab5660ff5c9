/** How long is waited between tries. */
import { describe, expect, it } from "vitest";
import { retryPlan, waitAfter } from "#edge/pipeline/retry.ts";

const upstream = { firstByteMs: 1_000, betweenBytesMs: 1_000, keepAliveMs: 15_000 };

const plan = (backoff: "constant" | "linear" | "exponential") => ({
  attempts: 4,
  delayMs: 100,
  backoff,
});

describe("waits", () => {
  it.each([
    ["constant", [100, 100, 100, undefined]],
    ["linear", [100, 200, 300, undefined]],
    ["exponential", [100, 200, 400, undefined]],
  ] as const)("%s", (backoff, waits) => {
    expect([1, 2, 3, 4].map((tried) => waitAfter(plan(backoff), tried, undefined))).toEqual(waits);
  });

  it("are never shorter than the provider asked, and never made when it asked for too much", () => {
    expect(waitAfter(plan("constant"), 1, 2_000)).toBe(2_000);
    expect(waitAfter(plan("constant"), 1, 61_000)).toBeUndefined();
  });

  it("follow the caller, then the policy, then there is one try", () => {
    expect(retryPlan(upstream, {}).attempts).toBe(1);
    const retries = { attempts: 3, delayMs: 5, backoff: "linear" as const };
    expect(retryPlan({ ...upstream, retries }, {})).toEqual(retries);
    expect(retryPlan({ ...upstream, retries }, { attempts: 2, backoff: "constant" })).toEqual({
      attempts: 2,
      delayMs: 5,
      backoff: "constant",
    });
  });
});
