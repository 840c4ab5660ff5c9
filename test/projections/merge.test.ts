/** One answer from many shards. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { mergePages, mergeSums, totalOf } from "#projections/merge.ts";
import type { AuditPage, SumsAnswer } from "#projections/queries.ts";

const options = { seed: 7_000_000, numRuns: 300 };

const entry = (id: string) => ({ id }) as AuditEntry;

/** A shard that looks at `scan` rows a query, as a ledger does. */
function pageOf(ids: readonly string[], cursor: string | undefined, limit: number, scan: number) {
  const sorted = ids
    .filter((id) => cursor === undefined || id < cursor)
    .sort()
    .reverse();
  const looked = sorted.slice(0, scan);
  // Every other row matches the filter.
  const matching = looked.filter((id) => id.charCodeAt(2) % 2 === 0);
  const entries = matching.slice(0, limit).map(entry);
  const more = matching.length > limit ? entries.at(-1)?.id : undefined;
  const next = more ?? (sorted.length > scan ? looked.at(-1) : undefined);
  return next === undefined ? { entries } : { entries, next };
}

test("paging over any shards shows every match once, newest first", () => {
  const ids = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{3}$/), { maxLength: 60 });
  const sizes = fc.integer({ min: 1, max: 7 });
  fc.assert(
    fc.property(ids, sizes, sizes, sizes, (all, shards, limit, scan) => {
      const held = Array.from({ length: shards }, (_, n) =>
        all.filter((_id, i) => i % shards === n),
      );
      const seen: string[] = [];
      let cursor: string | undefined;
      for (let pages = 0; pages < 200; pages += 1) {
        const asked = held.map((shard): AuditPage => pageOf(shard, cursor, limit, scan));
        const page = mergePages(asked, limit);
        expect(page.entries.length).toBeLessThanOrEqual(limit);
        seen.push(...page.entries.map(({ id }) => id));
        cursor = page.next;
        if (cursor === undefined) break;
      }
      const matching = all.filter((id) => id.charCodeAt(2) % 2 === 0);
      expect(seen).toEqual(matching.sort().reverse());
    }),
    options,
  );
});

test("sums of shards add up group by group, and to the same total", () => {
  const groups = fc.array(
    fc.record({
      by: fc.record({ model: fc.constantFrom("a", "b", "c") }),
      sums: fc.record({ costNanos: fc.nat(1_000), requests: fc.nat(9) }),
    }),
    { maxLength: 9 },
  );
  const answers = fc.array(fc.record({ groups, truncated: fc.boolean() }), { maxLength: 5 });
  fc.assert(
    fc.property(answers, (shards: SumsAnswer[]) => {
      const merged = mergeSums(shards, ["model"]);
      const all = shards.flatMap((shard) => shard.groups);
      for (const { by, sums } of merged.groups) {
        const same = all.filter((group) => group.by["model"] === by["model"]);
        const cost = same.reduce((sum, group) => sum + Number(group.sums["costNanos"]), 0);
        expect(sums["costNanos"]).toBe(cost);
      }
      const names = merged.groups.map((group) => group.by["model"]);
      const different = new Set(all.map((group) => String(group.by["model"])));
      expect(names).toEqual([...different].sort());
      const requests = all.reduce((sum, group) => sum + Number(group.sums["requests"]), 0);
      expect(totalOf(merged.groups).sums["requests"] ?? 0).toBe(requests);
      expect(merged.truncated).toBe(shards.some((shard) => shard.truncated));
    }),
    options,
  );
});

test("a sum past the safe integers is an error, not a wrong number", () => {
  const group = { by: { model: "a" }, sums: { costNanos: Number.MAX_SAFE_INTEGER } };
  const shard = { groups: [group], truncated: false };
  expect(() => mergeSums([shard, shard], ["model"])).toThrow(RangeError);
});
