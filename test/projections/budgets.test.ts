/** What budgets spent by group, as a ledger asks for it, against a count of the stories. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { budgetSumsOf } from "#actors/ledger/budget-query.ts";
import { Views } from "#actors/ledger/views.ts";
import { budgetAccount, budgets, countedIn } from "#projections/budgets.ts";
import { requestIdsOf } from "#projections/fold-batch.ts";
import { splitTags } from "#projections/merge.ts";
import { dimensions, type Dimension } from "#projections/queries.ts";
import { describeProjection } from "../support/describe-projection.ts";
import {
  dayOfHour,
  eventHistories,
  hasOwn,
  histories,
  isOver,
  models,
  providers,
  type History,
  type Story,
} from "../support/histories.ts";
import { memoryStorage } from "../support/memory-storage.ts";
import { admitted, MORNING, SampleStream, settled } from "../support/sample-events.ts";

const options = { seed: 6_200_000, numRuns: 120 };
const HOUR = 3_600_000;

describeProjection(budgets, eventHistories);

/** A budget that is asked for, and which stories it counts. */
interface Budget {
  account: string;
  user?: string;
  counts: (member: string, one: Story) => boolean;
}

const month = { period: "month" as const, periodKey: "2026-11-01" };
const ofTeam = (team: string) => (_member: string, one: Story) => one.team === team && !isOver(one);

const asked: Budget[] = [
  {
    account: budgetAccount({ name: "own", scope: "user:alice", ...month }),
    user: "alice",
    counts: (member, one) => member === "alice" && hasOwn(one),
  },
  {
    account: budgetAccount({
      name: "daily",
      scope: "user:bob",
      period: "day",
      periodKey: dayOfHour(9),
    }),
    counts: (member, one) => member === "bob" && hasOwn(one) && one.hour >= 3 && one.hour < 27,
  },
  {
    account: budgetAccount({ name: "team", scope: "team:red", ...month }),
    counts: ofTeam("red"),
  },
  {
    account: budgetAccount({ name: "team", scope: "team:red", ...month }),
    user: "carol",
    counts: (member, one) => member === "carol" && ofTeam("red")(member, one),
  },
  {
    account: budgetAccount({ name: "all", scope: "organisation", ...month }),
    counts: (_member, one) => one.team !== undefined && !isOver(one),
  },
  { account: "gone|month|2026-10-01|user:alice", counts: () => false },
];

/** What a story spent, by model and provider, told from the story alone. */
function spentBy(one: Story): { model: string; provider: string; nanos: number }[] {
  const [model = "", provider = ""] = [models[one.served], providers[one.served]];
  if (one.fate === "expired") {
    return [{ model: models[one.asked] ?? "", provider: "", nanos: one.chargedNanos }];
  }
  if (one.fate !== "settled" && one.fate !== "corrected") return [];
  const first = { model: "gpt-5-mini", provider: "openai", nanos: one.first ?? 0 };
  return [{ model, provider, nanos: one.costNanos }, first];
}

/** Nano-dollars of each group under a budget, by naive addition; groups of nothing are left out. */
function truthOf(members: readonly History[], { counts }: Budget, groupBy: readonly Dimension[]) {
  const truth = new Map<string, number>();
  for (const { member, stories } of members) {
    for (const one of stories.filter((story) => counts(member, story))) {
      const iso = new Date(MORNING + one.hour * HOUR).toISOString();
      const times = { hour: iso.slice(0, 13), day: iso.slice(0, 10), month: iso.slice(0, 7) };
      const { team = "", key = "", route = "" } = one;
      const tags = groupBy.includes("tag") ? [...new Set(one.tags)] : [""];
      for (const { model, provider, nanos } of spentBy(one)) {
        for (const tag of tags.length === 0 ? [""] : tags) {
          const all = { ...times, team, key, route, tag, model, provider, user: member };
          const name = JSON.stringify(groupBy.map((dimension) => all[dimension]));
          if (nanos > 0) truth.set(name, (truth.get(name) ?? 0) + nanos);
        }
      }
    }
  }
  return Object.fromEntries(truth);
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

const groupings = fc.oneof(
  fc.subarray([...dimensions], { maxLength: 3 }),
  fc.constantFrom<Dimension[][]>([], ["hour"], ["tag"], ["user", "key"]),
);

test("the groups of a budget are what its requests spent, and add up to what it spent", () => {
  fc.assert(
    fc.property(histories, groupings, (members, groupBy) => {
      const from = MORNING - 40 * HOUR;
      const sql = storedViews(members);
      for (const { name } of budgets.tables) {
        const empty = `SELECT 1 FROM "${name}" WHERE "charged" = 0 AND "costNanos" = 0`;
        expect(sql.run(empty)).toEqual([]);
      }
      const answer = budgetSumsOf(sql, { asked, groupBy, from });
      expect(answer.truncated).toBe(false);
      for (const [place, one] of asked.entries()) {
        const { groups = [], totalNanos } = answer.budgets[place] ?? {};
        const named = groupBy.includes("tag") ? splitTags(groups, groupBy) : groups;
        const shown = named.flatMap(({ by, sums: { costNanos = 0 } }) => {
          const name = JSON.stringify(groupBy.map((dimension) => by[dimension]));
          return costNanos === 0 ? [] : [[name, costNanos]];
        });
        expect(Object.fromEntries(shown)).toEqual(truthOf(members, one, groupBy));
        expect(totalNanos).toBe(truthOf(members, one, [])["[]"] ?? 0);
      }
    }),
    options,
  );
});

test("an answer that has too many groups says so, has the largest, and its totals are whole", () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: 0, max: 3 }), (members, groupsMax) => {
      const sql = storedViews(members);
      const query = { asked, groupBy: ["user", "hour"] as Dimension[], from: 0 };
      const whole = budgetSumsOf(sql, query);
      const cut = budgetSumsOf(sql, query, groupsMax);
      const amounts = ({ budgets: told }: typeof whole) =>
        told
          .flatMap(({ groups }) => groups.map(({ sums }) => sums["costNanos"] ?? 0))
          .toSorted((a, b) => b - a);
      expect(amounts(cut)).toEqual(amounts(whole).slice(0, groupsMax));
      expect(cut.truncated).toBe(amounts(whole).length > groupsMax);
      const totals = ({ budgets: told }: typeof whole) => told.map(({ totalNanos }) => totalNanos);
      expect(totals(cut)).toEqual(totals(whole));
    }),
    { ...options, numRuns: 40 },
  );
});

test("a corrected price reopens no budget: its groups stay what it was charged", () => {
  const stream = new SampleStream();
  const own = { name: "own", scope: "user:alice", ...month, limitNanos: 1e9 };
  const budget = { ...own, resetsAt: MORNING + HOUR, thresholds: [], atLimit: "block" as const };
  const parts = [
    { attempt: 0, model: "gpt-5-mini", provider: "openai", oldNanos: 700, newNanos: 900 },
  ];
  const { requestId } = settled().data as { requestId: string };
  const corrected = {
    order: 1,
    requestId,
    settlement: 2,
    member: "alice",
    admittedAt: MORNING,
    bookedNanos: 700,
    oldNanos: 700,
    newNanos: 900,
    parts,
  };
  const sql = memoryStorage();
  const views = new Views(sql);
  const workbench = views.workbench();
  for (const fact of [
    admitted({ budgets: [budget] }),
    settled(),
    { type: "CostCorrected", v: 1, data: corrected },
  ]) {
    workbench.apply(stream.append(fact));
  }
  views.write(workbench);
  const ask = { asked: [{ account: budgetAccount(own) }], from: 0 };
  const { budgets: told } = budgetSumsOf(sql, { ...ask, groupBy: ["model"] });
  expect(told).toMatchObject([{ totalNanos: 700, groups: [{ sums: { costNanos: 700 } }] }]);
});

test("a member's own budget is one, however many actors share it", () => {
  const own = { name: "own", scope: "user:alice", ...month };
  expect(budgetAccount({ ...own, scope: "member:alice/user:alice" })).toBe(budgetAccount(own));
});

test("a request without budgets is counted by none", () => {
  expect(countedIn(admitted().data as never)).toBeUndefined();
});
