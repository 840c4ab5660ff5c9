import * as fc from "fast-check";
import { expect, test } from "vitest";
import { correctUse, noteUse, pastOf, BOOKED, REQUESTS } from "#actors/user/history.ts";
import { initialState } from "#actors/user/state.ts";
import { START } from "./fixtures.ts";

const hourMs = 3_600_000;

test("the past of a busy month is never counted too low, and at most one cell too high", () => {
  const pauses = fc.array(fc.constantFrom(1, 40, 900, 20_000, 400_000, 1_500_000), {
    minLength: 50,
    maxLength: 50,
  });
  fc.assert(
    fc.property(pauses, fc.nat(30 * 24), (pattern, hoursBack) => {
      const state = initialState();
      const uses: { at: number; nanos: number }[] = [];
      let at = START;
      for (let i = 0; i < 6_000; i++) {
        at += pattern[i % pattern.length] ?? 1;
        noteUse(state, ["user"], at, 1, 100);
        const nanos = i % 100;
        correctUse(state, ["user"], at, { tokens: 0, nanos: 0, booked: nanos - 100 });
        uses.push({ at, nanos });
      }
      const after = at - hoursBack * hourMs - 1;
      const sumAfter = (from: number) =>
        uses.reduce((sum, use) => (use.at > from ? sum + use.nanos : sum), 0);
      const counted = pastOf(state, BOOKED, "user", after);
      expect(counted?.sums[0]).toBeGreaterThanOrEqual(sumAfter(after));
      expect(counted?.sums[0]).toBeLessThanOrEqual(sumAfter(after - hourMs));
      expect(state.history.get("user")?.at.length).toBeLessThanOrEqual(2 * 2_048);
    }),
    { numRuns: 40, seed: 20261121 },
  );
});

test("a scope that was dropped for want of room counts as the whole user", () => {
  const state = initialState();
  for (let i = 0; i < 40; i++) noteUse(state, ["user", `key:k${i}`], START + i, 1, 10);
  expect(state.history.size).toBe(32);
  expect(pastOf(state, REQUESTS, "key:k0", START - 1)?.sums).toEqual([40]);
  expect(pastOf(state, REQUESTS, "key:k39", START + 38)?.sums).toEqual([1]);
});
