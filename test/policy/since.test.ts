/** Since when rules have been what they are: what the past of a rule that picks some requests is. */
import { expect, test } from "vitest";
import { IN_FORCE_AFTER_MS } from "#policy/lease.ts";
import { sinceAfter, type SinceBook } from "#policy/since.ts";

const big = { name: "big", metric: "requests", scope: "user", windowMs: 60_000, limit: 5 };
const month = { name: "month", scope: "user", period: "month", limitUsd: 5 };
const when = { models: ["big"] };
const first = { limits: [{ ...big, when }], budgets: [{ ...month, when }] };
const book: SinceBook = { limits: { big: 7 }, budgets: { month: 7 } };
const later = (document: object, at = 1_000, old: SinceBook | undefined = book) =>
  sinceAfter({ book: old, document: first }, { ...document }, at);

test("the first policy's rules have always been there", () => {
  const since = sinceAfter(undefined, first, 1_000);
  expect(since).toEqual({ limits: { big: 0 }, budgets: { month: 0 } });
});

test("a rule stays as old as it is while it picks the same, whatever its amount and name are worth", () => {
  const limits = [{ ...big, limit: 1, when }];
  const budgets = [{ ...month, limitUsd: 1, atLimit: "allow", thresholds: [], when }];
  expect(later({ limits, budgets })).toEqual(book);
});

test("a rule that is new, picks otherwise or over another time came when no older policy is in use", () => {
  const came = 1_000 + IN_FORCE_AFTER_MS;
  const changes = [{ when: { models: ["other"] } }, { windowMs: 1_000 }, { scope: "key" }];
  for (const change of [...changes, { mode: "fixed" }, { metric: "tokens" }, { name: "new" }]) {
    const { limits } = later({ limits: [{ ...big, when, ...change }] });
    expect(Object.values(limits)).toEqual([came]);
  }
  const { budgets } = later({ budgets: [{ ...month, when, period: "day" }] });
  expect(budgets).toEqual({ month: came });
});

test("a rule that was gone is new when it is back", () => {
  const without = later({ limits: [] });
  expect(without).toEqual({ limits: {}, budgets: {} });
  const back = sinceAfter({ book: without, document: {} }, first, 5_000);
  expect(back.limits).toEqual({ big: 5_000 + IN_FORCE_AFTER_MS });
});

test("a book that was not kept says nothing older than now", () => {
  const { limits } = sinceAfter({ book: undefined, document: first }, first, 5_000);
  expect(limits).toEqual({ big: 5_000 + IN_FORCE_AFTER_MS });
});
