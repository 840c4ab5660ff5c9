import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "#actors/user/decider.ts";
import { windowStart } from "#actors/kit/windows.ts";
import type { LimitData } from "#events/user-events.ts";
import { boundOf, limitOf, requestOf, Run, START } from "./fixtures.ts";

interface Use {
  at: number;
  amount: number;
}

/** Sends requests after each pause; what was admitted, with how much each used. */
function admitAll(limit: LimitData, requests: readonly { pause: number; tokens: number }[]) {
  const run = new Run();
  const uses: Use[] = [];
  let at = START;
  let refused = 0;
  for (const [index, { pause, tokens }] of requests.entries()) {
    at += pause;
    const bound = boundOf(tokens, 0);
    const [fact] = run.admit(at, requestOf(`r${index}`, { limits: [limit], bound }));
    if (fact?.type !== "RequestAdmitted") {
      refused++;
      continue;
    }
    uses.push({ at, amount: limit.metric === "tokens" ? tokens : 1 });
    run.settle(at, `r${index}`, 0, tokens);
  }
  return { run, uses, refused, at };
}

/** The most that any window of this length holds, counted by brute force. */
function most(uses: readonly Use[], windowMs: number): number {
  let max = 0;
  let sum = 0;
  let first = 0;
  for (const use of uses) {
    sum += use.amount;
    while ((uses[first]?.at ?? 0) <= use.at - windowMs) sum -= uses[first++]?.amount ?? 0;
    max = Math.max(max, sum);
  }
  return max;
}

const requests = fc.array(
  fc.record({
    pause: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(150), fc.constantFrom(999, 1_000, 1_001)),
    tokens: fc.nat(9),
  }),
  { minLength: 1, maxLength: 120 },
);
const limits = fc.record({
  limit: fc.integer({ min: 1, max: 40 }),
  metric: fc.constantFrom("requests" as const, "tokens" as const),
});
const runs = { numRuns: 300, seed: 20261121 };

describe("a rate limit", () => {
  test("sliding: no window of its length holds more than the limit", () => {
    fc.assert(
      fc.property(limits, requests, (fields, list) => {
        const limit = limitOf({ ...fields, windowMs: 1_000 });
        expect(most(admitAll(limit, list).uses, 1_000)).toBeLessThanOrEqual(limit.limit);
      }),
      runs,
    );
  });

  test("fixed: no aligned window holds more than the limit", () => {
    fc.assert(
      fc.property(limits, requests, (fields, list) => {
        const limit = limitOf({ ...fields, windowMs: 1_000, mode: "fixed" });
        const sums = new Map<number, number>();
        for (const { at, amount } of admitAll(limit, list).uses) {
          const start = windowStart(at, 1_000);
          sums.set(start, (sums.get(start) ?? 0) + amount);
        }
        expect(Math.max(0, ...sums.values())).toBeLessThanOrEqual(limit.limit);
      }),
      runs,
    );
  });

  test("gcra: a full burst passes at once, and no window holds more than twice the limit", () => {
    fc.assert(
      fc.property(limits, requests, (fields, list) => {
        const limit = limitOf({ ...fields, windowMs: 1_000, mode: "gcra" });
        const { uses } = admitAll(limit, list);
        expect(most(uses, 1_000)).toBeLessThanOrEqual(2 * limit.limit);
        const burst = Array.from({ length: limit.limit + 1 }, () => ({ pause: 0, tokens: 1 }));
        expect(admitAll(limit, burst).refused).toBe(1);
      }),
      runs,
    );
  });

  test("says the first millisecond at which the same request passes", () => {
    const modes = fc.constantFrom<LimitData["mode"]>("sliding", "fixed", "gcra");
    fc.assert(
      fc.property(limits, modes, requests, (fields, mode, list) => {
        const limit = limitOf({ ...fields, mode, windowMs: 1_000 });
        const { run, at } = admitAll(limit, list);
        const ask = (time: number) => {
          const request = requestOf("next", { limits: [limit], bound: boundOf(7, 0) });
          run.state.quiets.clear();
          return decide(run.state, { type: "admit", at: time, request })[0];
        };
        const refusal = ask(at);
        if (refusal?.type !== "RequestRefused") return;
        const { retryAt } = refusal.data;
        if (retryAt === undefined) {
          expect(limit.metric === "tokens" && limit.limit < 7).toBe(true);
          return;
        }
        expect(ask(retryAt - 1)?.type).toBe("RequestRefused");
        expect(ask(retryAt)?.type).toBe("RequestAdmitted");
      }),
      runs,
    );
  });

  test("of thousands still holds once moments are merged, and gives back within 1/512 of a window", () => {
    const limit = limitOf({ limit: 3_000, windowMs: 10_000 });
    const list = Array.from({ length: 9_000 }, (_, i) => ({ pause: i % 3, tokens: 0 }));
    const { run, uses, at } = admitAll(limit, list);
    expect(most(uses, 10_000)).toBeLessThanOrEqual(3_000);
    expect(uses.length).toBeGreaterThan(2_900);
    const [bucket] = run.state.buckets.values();
    expect(bucket?.log.at.length).toBeLessThanOrEqual(2 * 1_024);
    const truth = uses.filter((use) => use.at > at - 10_000).length;
    const lateBy = Math.ceil(10_000 / 512);
    const late = uses.filter((use) => use.at > at - 10_000 - lateBy).length;
    const status = run.admit(at, requestOf("last", { limits: [limit] }))[0];
    const left = status?.type === "RequestAdmitted" ? (status.data.left?.[0] ?? 0) + 1 : 0;
    expect(left).toBeLessThanOrEqual(3_000 - truth);
    expect(left).toBeGreaterThanOrEqual(3_000 - late);
  });

  test("counts dollars and gives back what a settlement did not use", () => {
    const run = new Run();
    const limits = [limitOf({ metric: "usd", limit: 150 })];
    run.admit(START, requestOf("a", { limits }));
    const [refusal] = run.admit(START, requestOf("b", { limits }));
    expect(refusal).toMatchObject({
      data: { code: "spend_rate_limited", retryAt: START + 60_000 },
    });
    run.settle(START + 1, "a", 20);
    const [fact] = run.admit(START + 2, requestOf("c", { limits }));
    expect(fact).toMatchObject({ type: "RequestAdmitted", data: { left: [30] } });
  });

  test("gcra corrects exactly what it counted, also of amounts past safe products", () => {
    const run = new Run();
    const limit = limitOf({ metric: "usd", mode: "gcra", limit: 9e12, windowMs: 2_678_400_000 });
    const admit = (id: string, nanos: number) =>
      run.admit(START, requestOf(id, { limits: [limit], bound: boundOf(0, nanos) }))[0];
    expect(admit("a", 8e12)).toMatchObject({ data: { left: [1e12] } });
    run.settle(START, "a", 1);
    expect(admit("b", 1)).toMatchObject({ data: { left: [9e12 - 2] } });
  });
});

test("a window that is widened counts what the narrow one had forgotten", () => {
  const run = new Run();
  const narrow = limitOf({ limit: 1, windowMs: 1_000 });
  run.admit(START, requestOf("a", { limits: [narrow] }));
  run.admit(START + 2_000, requestOf("b", { limits: [narrow] }));
  const wide = limitOf({ limit: 2, windowMs: 10_000 });
  const [fact] = run.admit(START + 4_000, requestOf("c", { limits: [wide] }));
  expect(fact).toMatchObject({ type: "RequestRefused", data: { retryAt: START + 10_000 } });
});

test("what was used while a limit was away corrects nothing that it counted since", () => {
  const run = new Run();
  const bound = boundOf(10, 0);
  const limit = limitOf({ metric: "tokens", limit: 10, windowMs: 10_000, whole: true });
  const short = { ...limit, windowMs: 1_000 };
  run.admit(START, requestOf("a", { limits: [limit], bound }));
  run.settle(START, "a", 0, 1);
  run.admit(START + 1_000, requestOf("b", { policyVersion: 2, bound }));
  const back = { policyVersion: 3, limits: [short], bound };
  expect(run.admit(START + 5_000, requestOf("c", back))[0]?.type).toBe("RequestAdmitted");
  run.settle(START + 5_001, "b", 0, 0);
  expect(run.admit(START + 5_002, requestOf("d", back))[0]?.type).toBe("RequestRefused");
});
