/**
 * What budgets spent: on what, by whom, when.
 *
 * Keyed as sums by hour are, and by the set of budgets that count a request, so that a request is in
 * one row however many of them there are. The same is kept by day, and by hour and budgets alone, so
 * that a month of a million requests is read in few rows. What is charged here is what the budgets were charged: a
 * corrected price reopens none, so it changes no row.
 */
import type { EventEnvelope } from "#events/envelope.ts";
import type { BudgetData, UserFact } from "#events/user-events.ts";
import { localScope } from "#policy/split.ts";
import type { AuditEntry } from "./audit-entry.ts";
import { costPatches } from "./cost.ts";
import type { Cell, Change, Projection, Row, Table } from "./projection.ts";
import { assertSafeSum } from "./safe-sum.ts";
import { dayOf, keyColumns, type SumsKey, type SumsPatch } from "./sums.ts";

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

/** A table of what was charged; the hour comes first in its key, as a question is about some weeks. */
function tableOf(name: string, key: readonly string[]): Table<BudgetPatch, BudgetPatch> {
  return {
    name,
    key,
    columns: [
      ...key.map((column) => ({
        name: column,
        type: column === "hour" ? ("INTEGER" as const) : ("TEXT" as const),
      })),
      { name: "charged", type: "INTEGER" },
      { name: "costNanos", type: "INTEGER" },
    ],
    fromRow: (row) => ({
      key: Object.fromEntries(keyColumns.map((column) => [column, row[column]])) as never,
      budgets: String(row["budgets"]),
      charged: Number(row["charged"]),
      costNanos: Number(row["costNanos"]),
    }),
    toRow: ({ key: of, budgets: counted, charged, costNanos }) => {
      const all: Row = { ...of, budgets: counted, charged, costNanos };
      return Object.fromEntries(
        [...key, "charged", "costNanos"].map((column) => [column, all[column] ?? null]),
      );
    },
    combine(row, patch) {
      const charged = (row?.charged ?? 0) + patch.charged;
      const costNanos = assertSafeSum((row?.costNanos ?? 0) + patch.costNanos, "costNanos");
      return charged === 0 && costNanos === 0 ? undefined : { ...patch, charged, costNanos };
    },
  };
}

const [hour, ...others] = keyColumns;
/** A member's rows of an hour stand together. */
const whoFirst = [hour, "user", ...others.filter((column) => column !== "user"), "budgets"];

export const budgetTable = tableOf("budgetSums", whoFirst);
/** The hour is the first of its day. */
export const budgetDayTable = tableOf("budgetSumsByDay", whoFirst);
/** Whoever spent it, on whatever. */
export const budgetHourTable = tableOf("budgetHours", [hour, "budgets"]);

const patchOf = ({ key, sums }: SumsPatch, budgets: string): BudgetPatch => ({
  key,
  budgets,
  charged: sums["charged"] ?? 0,
  costNanos: sums["costNanos"] ?? 0,
});

function fold(event: EventEnvelope, request: AuditEntry | undefined): readonly Change[] {
  if (request?.budgets === undefined || event.type === "CostCorrected") return [];
  const budgets = JSON.stringify(request.budgets);
  return costPatches(event, request).flatMap((cost) => {
    const patch = patchOf(cost, budgets);
    const day = { ...patch, key: dayOf(patch.key) };
    return [
      { table: budgetTable.name, key: cellsOf(patch), patch },
      { table: budgetDayTable.name, key: cellsOf(day), patch: day },
      { table: budgetHourTable.name, key: [patch.key.hour, budgets], patch },
    ];
  });
}

/** A row's key, as `whoFirst` orders it. */
function cellsOf({ key, budgets: counted }: BudgetPatch): Cell[] {
  const { user, model, provider, team, key: keyId, route, tags } = key;
  return [key.hour, user, model, provider, team, keyId, route, tags, counted];
}

/** What budgets spent. */
export const budgets: Projection = {
  name: "budgets",
  version: 2,
  tables: [budgetTable, budgetDayTable, budgetHourTable],
  fold,
};
