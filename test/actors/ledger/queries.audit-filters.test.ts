/** The auditors' filters and pages, over real tables, against a filter of their own. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { auditPage } from "#actors/ledger/queries.ts";
import { Views } from "#actors/ledger/views.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { requestIdsOf } from "#projections/fold-batch.ts";
import { matches, type AuditFilter } from "#projections/queries.ts";
import { codes, eventHistories, models } from "../../support/histories.ts";
import { memoryStorage } from "../../support/memory-storage.ts";
import { MORNING } from "../../support/sample-events.ts";

const options = { seed: 8_300_000, numRuns: 120 };

function openShard() {
  const sql = memoryStorage();
  const views = new Views(sql);
  const ingest = (events: readonly EventEnvelope[]): void => {
    const workbench = views.workbench(requestIdsOf(events));
    for (const event of events) workbench.apply(event);
    views.write(workbench);
  };
  const entries = (): AuditEntry[] =>
    sql
      .run<{ entry: string }>("SELECT entry FROM audit ORDER BY id DESC")
      .map(({ entry }) => JSON.parse(entry) as AuditEntry);
  return { sql, ingest, entries };
}

const hour = fc.integer({ min: -1, max: 31 }).map((offset) => MORNING + offset * 3_600_000);
const filter: fc.Arbitrary<AuditFilter> = fc.oneof(
  fc.record({ user: fc.constantFrom("alice", "bob") }),
  fc.record({ team: fc.constantFrom("red", "blue") }),
  fc.record({ model: fc.constantFrom(...models) }),
  fc.record({ provider: fc.constantFrom("openai", "google") }),
  fc.record({ route: fc.constantFrom("fast", "slow") }),
  fc.record({ key: fc.constantFrom("k1", "k2") }),
  fc.record({ tag: fc.constantFrom("beta", "a,b", ",", 'x"y', "back\\") }),
  fc.record({ dlp: fc.constantFrom("none", "redacted", "blocked", "warned") }),
  fc.record({ outcome: fc.constantFrom("completed", "refused", "expired", "admitted") }),
  fc.record({ code: fc.constantFrom(...codes, codes.join(","), "none of them") }),
  fc.record({ costNanosMin: fc.nat(1_000_000), costNanosMax: fc.nat(1_500_000) }),
  fc.record({ latencyMsMin: fc.nat(60_000) }),
  fc.record({ latencyMsMax: fc.nat(60_000), user: fc.constant("alice") }),
  fc.record({ from: hour, to: hour }),
  fc.constant({}),
);

/** What a filter means, field by field, over what an entry shows. */
function means(filter: AuditFilter, entry: AuditEntry): boolean {
  const { costNanos = Number.NaN, latencyMs = Number.NaN, tags = [] } = entry;
  const tests: { [F in keyof AuditFilter]-?: (value: never) => boolean } = {
    kind: () => false,
    resource: () => false,
    action: () => false,
    code: (code) =>
      String(code)
        .split(",")
        .some((one) => one === entry.code),
    user: (user) => entry.user === user,
    team: (team) => entry.team === team,
    model: (model) => [entry.modelAsked, entry.modelServed].includes(model),
    provider: (provider) => entry.provider === provider,
    route: (route) => entry.route === route,
    key: (key) => entry.keyId === key,
    tag: (tag) => tags.includes(tag),
    dlp: (dlp) => entry.dlp === dlp,
    outcome: (outcome) => entry.outcome === outcome,
    costNanosMin: (min) => costNanos >= min,
    costNanosMax: (max) => costNanos <= max,
    latencyMsMin: (min) => latencyMs >= min,
    latencyMsMax: (max) => latencyMs <= max,
    from: (from) => entry.at >= from,
    to: (to) => entry.at < to,
  };
  return Object.entries(filter).every(([field, value]) =>
    tests[field as keyof AuditFilter](value as never),
  );
}

test("a filter gives the entries that it means, in a page as in a live tail", () => {
  let found = 0;
  fc.assert(
    fc.property(
      eventHistories,
      fc.array(filter, { minLength: 1, maxLength: 8 }),
      (streams, all) => {
        const shard = openShard();
        for (const stream of streams) shard.ingest(stream);
        const entries = shard.entries();
        for (const filter of all) {
          const wanted = entries.filter((entry) => means(filter, entry));
          const page = auditPage(shard.sql, { filter, limit: 500 });
          expect(page.entries.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
          expect(entries.filter((entry) => matches(entry, filter))).toEqual(wanted);
          found += Object.keys(filter).length > 0 ? wanted.length : 0;
        }
      },
    ),
    options,
  );
  expect(found).toBeGreaterThan(500);
});

test("pages show every entry once, whatever is collected between them, each a bounded work", () => {
  fc.assert(
    fc.property(
      eventHistories,
      filter,
      fc.record({ limit: fc.integer({ min: 1, max: 5 }), scan: fc.integer({ min: 1, max: 6 }) }),
      fc.infiniteStream(fc.nat(5)),
      (streams, filter, { limit, scan }, choices) => {
        const shard = openShard();
        const left = streams.flat();
        const some = (): EventEnvelope[] => left.splice(0, Number(choices.next().value));
        shard.ingest(left.splice(0, left.length / 2));
        const before = shard.entries().filter((entry) => means(filter, entry));
        const seen: string[] = [];
        let cursor: string | undefined;
        for (let pages = 0; ; pages += 1) {
          expect(pages).toBeLessThan(1_000);
          const query = { filter, limit, ...(cursor === undefined ? {} : { cursor }) };
          const page = auditPage(shard.sql, query, scan);
          expect(page.entries.length).toBeLessThanOrEqual(Math.min(limit, scan));
          seen.push(...page.entries.map(({ id }) => id));
          if (page.next === undefined) break;
          cursor = page.next;
          shard.ingest(some());
        }
        expect(seen).toEqual([...new Set(seen)].sort().reverse());
        const now = new Map(shard.entries().map((entry) => [entry.id, entry]));
        for (const { id } of before) {
          const entry = now.get(id);
          // One that ended meanwhile may have stopped to match before its page was asked for.
          if (entry !== undefined && means(filter, entry)) expect(seen).toContain(id);
        }
      },
    ),
    options,
  );
});
