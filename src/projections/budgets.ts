/**
 * What budgets spent: on what, by whom, when.
 *
 * Keyed as sums by hour are, and by the set of budgets that count a request, so that a request is in
 * one row however many of them there are. What is charged here is what the budgets were charged: a
 * corrected price reopens none, so it changes no row.
 */
import type { EventEnvelope } from "#events/envelope.ts";
import type { BudgetData, UserFact } from "#events/user-events.ts";
import { localScope } from "#policy/split.ts";
import type { AuditEntry } from "./audit-entry.ts";
import { costPatches } from "./cost.ts";
import type { Change, Projection, Table } from "./projection.ts";
import { assertSafeSum } from "./safe-sum.ts";
import { cellsOf, keyColumns, type SumsKey, type SumsPatch } from "./sums.ts";

/** One budget in one period, as a text: what the events of a request and a standing have in common. */
export function budgetAccount({
  name,
  period,
  periodKey,
  scope,
}: Pick<BudgetData, "name" | "period" | "periodKey" | "scope">): string {
  // A member's own budget stays the same one when several actors share it.
  return `${name}|${period}|${periodKey}|${localScope(scope) ?? scope}`;
}

/** The budgets that count a request, each once and sorted; undefined for none. */
export function countedIn({
  budgets,
  shared = [],
  over = [],
}: Extract<UserFact, { type: "RequestAdmitted" }>["data"]): string[] | undefined {
  // A shared budget that is passed counts no further, and nor does the one that it is part of.
  const leased = shared.filter(({ name }) => !over.includes(name));
  const all = [...budgets, ...leased, ...leased.flatMap(({ parent }) => parent ?? [])];
  return all.length === 0 ? undefined : [...new Set(all.map(budgetAccount))].sort();
}

/** What an event adds to a row. */
interface BudgetPatch {
  key: SumsKey;
  /** The accounts, as a JSON array. */
  budgets: string;
  /** Requests that were charged, and nano-dollars. */
  charged: number;
  costNanos: number;
}

export const budgetTable: Table<BudgetPatch, BudgetPatch> = {
  name: "budgetSums",
  // The hour comes first: a question is about some weeks.
  key: [...keyColumns, "budgets"],
  columns: [
    ...keyColumns.map((name) => ({
      name,
      type: name === "hour" ? ("INTEGER" as const) : ("TEXT" as const),
    })),
    { name: "budgets", type: "TEXT" },
    { name: "charged", type: "INTEGER" },
    { name: "costNanos", type: "INTEGER" },
  ],
  fromRow: (row) => ({
    key: Object.fromEntries(keyColumns.map((column) => [column, row[column]])) as never,
    budgets: String(row["budgets"]),
    charged: Number(row["charged"]),
    costNanos: Number(row["costNanos"]),
  }),
  toRow: ({ key, ...rest }) => ({ ...key, ...rest }),
  combine(row, patch) {
    const charged = (row?.charged ?? 0) + patch.charged;
    const costNanos = assertSafeSum((row?.costNanos ?? 0) + patch.costNanos, "costNanos");
    return charged === 0 && costNanos === 0 ? undefined : { ...patch, charged, costNanos };
  },
};

const patchOf = ({ key, sums }: SumsPatch, budgets: string): BudgetPatch => ({
  key,
  budgets,
  charged: sums["charged"] ?? 0,
  costNanos: sums["costNanos"] ?? 0,
});

function fold(event: EventEnvelope, request: AuditEntry | undefined): readonly Change[] {
  if (request?.budgets === undefined || event.type === "CostCorrected") return [];
  const budgets = JSON.stringify(request.budgets);
  return costPatches(event, request).map((cost) => {
    const patch = patchOf(cost, budgets);
    return { table: budgetTable.name, key: [...cellsOf(cost.key), budgets], patch };
  });
}

/** What budgets spent. */
export const budgets: Projection = { name: "budgets", version: 1, tables: [budgetTable], fold };
