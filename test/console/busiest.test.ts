/** Shared rates under another number: the fullest moments of what was recorded. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { BusyBook, type SharedRule } from "../../console/src/logic/busiest.ts";

const rate = {
  name: "r",
  metric: "requests",
  limit: 9,
  windowMs: 1_000,
  scope: "team",
  mode: "sliding",
  when: {},
};
const ruleOf = (over: object = {}) => ({ ...rate, ...over }) as unknown as SharedRule;
const entry = (at: number, over: Partial<AuditEntry> = {}) =>
  ({ kind: "request", outcome: "completed", at, user: "ada", team: "red", ...over }) as AuditEntry;
const bookOf = (rule: SharedRule, entries: readonly AuditEntry[], limit: number) => {
  const book = new BusyBook(rule);
  for (const each of entries) book.take(each);
  return book.busiest(limit);
};

describe("a shared rate", () => {
  it("has no window fuller than brute force finds, and none emptier", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(5_000), { minLength: 1, maxLength: 60 }),
        fc.nat(8),
        (times, limit) => {
          const counts = times.map(
            (end) => times.filter((at) => at <= end && at > end - 1_000).length,
          );
          const [found] = bookOf(
            ruleOf(),
            times.map((at) => entry(at)),
            limit,
          );
          expect(found?.most).toBe(Math.max(...counts));
          expect(Number(found?.over) > 0).toBe(Math.max(...counts) > limit);
        },
      ),
      { seed: 77, numRuns: 200 },
    );
  });

  it("counts what it is about: its teams, models and metric, and nothing that was refused", () => {
    const entries = [
      entry(1, { inputTokens: 5, outputTokens: 7, modelAsked: "gpt-x" }),
      entry(2, { inputTokens: 100, modelAsked: "claude" }),
      entry(3, { inputTokens: 1, modelAsked: "gpt-y", team: "blue" }),
      entry(4, { inputTokens: 9, modelAsked: "gpt-x", outcome: "refused" }),
      entry(5, { kind: "access", modelAsked: "gpt-x" }),
    ];
    const rule = ruleOf({ metric: "tokens", when: { models: ["gpt-*"] } });
    expect(bookOf(rule, entries, 11)).toEqual([
      { scope: "red", most: 12, at: 1, over: 1 },
      { scope: "blue", most: 1, at: 3, over: 0 },
    ]);
    const ofAll = ruleOf({ metric: "tokens", scope: "organisation", when: { teams: ["blue"] } });
    expect(bookOf(ofAll, entries, 0)).toEqual([{ scope: "organisation", most: 1, at: 3, over: 1 }]);
  });

  it("that caps requests at once counts those that overlap", () => {
    const cap = { name: "c", limit: 2, scope: "organisation", when: {} } as unknown as SharedRule;
    const entries = [
      entry(0, { latencyMs: 10 }),
      entry(5, { latencyMs: 10 }),
      entry(10, { latencyMs: 1 }),
    ];
    expect(bookOf(cap, entries, 1)).toEqual([{ scope: "organisation", most: 2, at: 5, over: 2 }]);
  });
});
