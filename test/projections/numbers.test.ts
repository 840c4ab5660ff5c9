/** The sums behind usage and costs, as a ledger asks for them, against a count of the stories. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sumsOf } from "#actors/ledger/sums-query.ts";
import { Views } from "#actors/ledger/views.ts";
import { requestIdsOf } from "#projections/fold-batch.ts";
import { bucketOf, bucketsOf } from "#projections/histogram.ts";
import { mergeSums, splitTags, totalOf } from "#projections/merge.ts";
import { numbers } from "#projections/numbers.ts";
import { dimensions, type SumsGroup, type SumsQuery } from "#projections/queries.ts";
import { describeProjection, MemoryViews } from "../support/describe-projection.ts";
import {
  eventHistories,
  histories,
  models,
  providers,
  type History,
  type Story,
} from "../support/histories.ts";
import { MORNING } from "../support/sample-events.ts";
import { memoryStorage } from "../support/memory-storage.ts";

const options = { seed: 8_200_000, numRuns: 120 };
const HOUR = 3_600_000;

describeProjection(numbers, eventHistories);

/** One thing that counts: about what, how much, and how long it took. */
interface Item {
  about: Record<string, string>;
  at: number;
  tags: string[];
  sums: Record<string, number>;
  latencyMs?: number;
}

const classes: Record<string, string> = {
  rate_limited: "rateLimited",
  token_rate_limited: "rateLimited",
  concurrency_limited: "rateLimited",
  budget_exceeded: "budgetLimited",
  dlp_blocked: "dlpBlocked",
  guard_blocked: "guardBlocked",
};

/** What a story counts, told from the story alone. */
function itemsOf(member: string, one: Story): Item[] {
  const at = MORNING + one.hour * HOUR;
  const names = { user: member, team: one.team ?? "", key: one.key ?? "", route: one.route ?? "" };
  const asked = { ...names, model: models[one.asked] ?? "", provider: "" };
  const tags = [...new Set(one.tags)];
  const refusal = (by: number) => ({
    requests: by,
    refused: by,
    ...(classes[one.code] === undefined ? {} : { [classes[one.code] as string]: by }),
  });
  if (one.fate === "counted") {
    const about = { user: member, team: "", key: "", route: "", model: "", provider: "" };
    return [{ about, at, tags: [], sums: refusal(one.count) }];
  }
  if (one.fate === "refused") return [{ about: asked, at, tags, sums: refusal(1) }];
  if (one.fate === "released") {
    return [{ about: asked, at, tags, sums: { requests: 1, released: 1 } }];
  }
  if (one.fate === "expired") {
    const { chargedNanos } = one;
    const sums = { requests: 1, expired: 1, charged: Math.sign(chargedNanos) };
    return [{ about: asked, at, tags, sums: { ...sums, costNanos: chargedNanos } }];
  }
  if (one.fate === "open" || one.fate === "orphaned") return [];
  return answeredItems(one, { at, tags }, names);
}

function answeredItems(
  one: Story,
  when: { at: number; tags: string[] },
  names: Record<string, string>,
): Item[] {
  const isRedacted = one.answer === "redact" || one.prompt === "redact";
  const dlp = one.answer === "block" ? { dlpBlocked: 1 } : isRedacted ? { dlpRedacted: 1 } : {};
  const served = { model: models[one.served] ?? "", provider: providers[one.served] ?? "" };
  const last: Item = {
    about: { ...names, ...served },
    ...when,
    sums: {
      requests: 1,
      charged: 1,
      [one.outcome]: 1,
      costNanos: one.costNanos,
      inputTokens: one.inputTokens,
      savedNanos: one.hit ? one.savedNanos : 0,
      [one.hit ? "cacheHits" : "cacheMisses"]: 1,
      ...dlp,
    },
    latencyMs: one.latencyMs,
  };
  const first = { ...names, model: "gpt-5-mini", provider: "openai" };
  return one.first === undefined
    ? [last]
    : [last, { about: first, ...when, sums: { costNanos: one.first } }];
}

const iso = (at: number): string => new Date(at).toISOString();

/** What an item is about, under each tag if groups are by tag. */
function groupsOf({ about, at, tags }: Item, groupBy: readonly string[]): string[] {
  const times = {
    hour: iso(at).slice(0, 13),
    day: iso(at).slice(0, 10),
    month: iso(at).slice(0, 7),
  };
  const under = groupBy.includes("tag") ? (tags.length === 0 ? [""] : tags) : [""];
  return under.map((tag) => {
    const all: Record<string, string> = { ...about, ...times, tag };
    return JSON.stringify(groupBy.map((dimension) => all[dimension]));
  });
}

function storedViews(members: readonly History[]) {
  const sql = memoryStorage();
  const views = new Views(sql);
  for (const { events } of members) {
    for (let at = 0; at < events.length; at += 3) {
      const run = events.slice(at, at + 3);
      const workbench = views.workbench(requestIdsOf(run));
      for (const event of run) workbench.apply(event);
      views.write(workbench);
    }
  }
  return sql;
}

const hourOf = (offset: number) => MORNING + offset * HOUR;

/** At most one name, or nearly everything would be left out of nearly every answer. */
const filter: fc.Arbitrary<SumsQuery["filter"]> = fc.oneof(
  fc.constant({}),
  fc.record({ user: fc.constantFrom("alice", "bob") }),
  fc.record({ team: fc.constantFrom("red", "") }),
  fc.record({ model: fc.constantFrom(...models) }),
  fc.record({ key: fc.constantFrom("k1", "") }),
  fc.record({ route: fc.constantFrom("fast", "") }),
  fc.record({ tag: fc.constantFrom("beta", "a,b", ",", 'x"y', "back\\") }),
);

const query = fc.record(
  {
    groupBy: fc.oneof(
      fc.subarray([...dimensions], { maxLength: 3 }),
      fc.constantFrom<SumsQuery["groupBy"][]>([], ["day"], ["tag"]),
    ),
    from: fc.integer({ min: -40, max: 12 }).map(hourOf),
    to: fc.integer({ min: 0, max: 60 }).map(hourOf),
    filter,
  },
  { requiredKeys: ["groupBy", "filter"] },
);

function wanted({ from = 0, to = Infinity, filter }: SumsQuery, item: Item): boolean {
  const { tag, ...exact } = filter;
  if (item.at < from || item.at >= to) return false;
  if (tag !== undefined && !item.tags.includes(tag)) return false;
  return Object.entries(exact).every(([field, value]) => item.about[field] === value);
}

/** Sums of the items of each group, by naive addition. */
function truthOf(items: readonly Item[], asked: SumsQuery) {
  const groups = new Map<string, { sums: Record<string, number>; latencies: number[] }>();
  for (const item of items.filter((item) => wanted(asked, item))) {
    for (const name of groupsOf(item, asked.groupBy)) {
      const group = groups.get(name) ?? { sums: {}, latencies: [] };
      for (const [column, amount] of Object.entries(item.sums)) {
        group.sums[column] = (group.sums[column] ?? 0) + amount;
      }
      if (item.latencyMs !== undefined) group.latencies.push(item.latencyMs);
      groups.set(name, group);
    }
  }
  return groups;
}

function shownOf(groups: readonly SumsGroup[], { groupBy }: SumsQuery) {
  const split = groupBy.includes("tag") ? splitTags(groups, groupBy) : groups;
  return split.map((group) => ({
    name: JSON.stringify(groupBy.map((dimension) => group.by[dimension])),
    group,
  }));
}

test("every answer is the sum of what its requests did, whatever is asked for", () => {
  fc.assert(
    fc.property(histories, fc.array(query, { minLength: 1, maxLength: 6 }), (members, queries) => {
      const sql = storedViews(members);
      const items = members.flatMap(({ member, stories }) =>
        stories.flatMap((one) => itemsOf(member, one)),
      );
      for (const asked of queries) {
        const truth = truthOf(items, asked);
        const merged = mergeSums([sumsOf(sql, "usage", asked)], asked.groupBy);
        const shown = shownOf(merged.groups, asked);
        const counted = [...truth].filter(([, { sums }]) => (sums["requests"] ?? 0) > 0);
        const names = counted.map(([name]) => name);
        if (asked.groupBy.length > 0)
          expect(shown.map(({ name }) => name).sort()).toEqual(names.sort());
        for (const { name, group } of shown) {
          const { sums = {}, latencies = [] } = truth.get(name) ?? {};
          const { charged: _c, costNanos: _n, ...usage } = sums;
          expect(group.sums).toMatchObject(usage);
          const buckets = new Map<number, number>();
          for (const ms of latencies.map(bucketOf)) buckets.set(ms, (buckets.get(ms) ?? 0) + 1);
          const sorted = [...buckets].sort(([a], [b]) => a - b);
          expect(bucketsOf(group.histograms?.latency ?? "")).toEqual(sorted);
        }
        const costs = sumsOf(sql, "costs", asked);
        for (const { name, group } of shownOf(costs.groups, asked)) {
          const { costNanos = 0, charged = 0 } = truth.get(name)?.sums ?? {};
          expect(group.sums).toMatchObject({ costNanos, charged });
        }
        const all = items.filter((item) => wanted(asked, item));
        const cost = all.reduce((sum, { sums }) => sum + (sums["costNanos"] ?? 0), 0);
        expect(totalOf(costs.groups).sums["costNanos"] ?? 0).toBe(cost);
      }
    }),
    options,
  );
});

test("an answer is the same whether its latencies are read joined, by the hour or row by row", () => {
  fc.assert(
    fc.property(histories, query, fc.constantFrom(0, 1, 2), (members, asked, joinedMax) => {
      const sql = storedViews(members);
      expect(sumsOf(sql, "usage", asked, joinedMax)).toEqual(sumsOf(sql, "usage", asked));
    }),
    options,
  );
});

test("a row whose sums are all zero is no row", () => {
  fc.assert(
    fc.property(histories, (members) => {
      const views = new MemoryViews();
      for (const { events } of members) views.take(events);
      for (const table of ["sums", "sumsByDay"]) {
        for (const row of views.rows(table)) {
          const amounts = Object.entries(row).filter(
            ([column, cell]) => column !== "hour" && typeof cell === "number",
          );
          const isCounted = amounts.some(([, cell]) => cell !== 0) || row["latency"] !== "";
          expect(isCounted).toBe(true);
        }
      }
    }),
    options,
  );
});

test("the largest come first when an answer is ranked", () => {
  fc.assert(
    fc.property(histories, (members) => {
      const sql = storedViews(members);
      const asked = { groupBy: ["user" as const], filter: {}, rankBy: "inputTokens" as const };
      const { groups } = sumsOf(sql, "usage", asked);
      const tokens = groups.map(({ sums }) => sums["inputTokens"] ?? 0);
      expect(tokens).toEqual(tokens.toSorted((a, b) => b - a));
    }),
    { ...options, numRuns: 40 },
  );
});
