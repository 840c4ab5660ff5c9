/** What budgets spent by group, as SQL. Table and column names are ours, never the caller's. */
import { budgetDayTable, budgetHourTable, budgetTable } from "#projections/budgets.ts";
import type { BudgetSumsAnswer, BudgetSumsQuery, Dimension } from "#projections/queries.ts";
import { DAY_HOURS, HOUR_MS } from "#projections/sums.ts";
import { sumsGroupsMax } from "./limits.ts";
import type { CountingSql } from "./sql.ts";
import { dimensionSql, shownName } from "./sums-query.ts";

/** Where rows are read: by day unless hours are asked for, and by hour alone where that is enough. */
function sourceOf(groupBy: readonly Dimension[]): { isDaily: boolean; shared: string } {
  if (!groupBy.includes("hour")) return { isDaily: true, shared: budgetDayTable.name };
  const isTime = groupBy.every((dimension) => times.has(dimension));
  return { isDaily: false, shared: (isTime ? budgetHourTable : budgetTable).name };
}

const times: ReadonlySet<Dimension> = new Set(["hour", "day", "month"]);

const isSince = "hour >= (SELECT since FROM asked LIMIT 1)";

/** Rows of the members that are asked for. An hour's are found by its members, not read through. */
function ofMembers(isDaily: boolean): string {
  if (isDaily) return `"${budgetDayTable.name}" WHERE "user" IN (SELECT who FROM members)`;
  return `(SELECT one.* FROM (SELECT DISTINCT hour FROM "${budgetHourTable.name}" WHERE ${isSince}) AS hours
    CROSS JOIN members CROSS JOIN "${budgetTable.name}" AS one
    ON one.hour = hours.hour AND one."user" = members.who) WHERE 1`;
}

/**
 * Rows are added up by their set of budgets first, of which there are few, and each sum is then
 * counted under every budget of its set that was asked for: what all spent, and what one member did.
 */
function countedSql(columns: readonly string[], groupBy: readonly Dimension[]): string {
  const names = columns.map((_column, index) => `g${index}`);
  const by = columns.map((column, index) => `${column} AS g${index}`);
  const { isDaily, shared } = sourceOf(groupBy);
  const added = (
    who: string,
    source: string,
  ): string => `SELECT ${["budgets", `${who} AS who`, ...by].join(", ")},
      sum("charged") AS charged, sum("costNanos") AS costNanos
    FROM ${source} AND ${isSince} GROUP BY ${["budgets", "who", ...names].join(", ")}`;
  return `WITH asked AS MATERIALIZED (
    SELECT "key" AS place, value ->> 'account' AS account, coalesce(value ->> 'user', '') AS who, ? AS since FROM json_each(?)
  ), members AS MATERIALIZED (
    SELECT DISTINCT who FROM asked WHERE who <> ''
  ), added AS MATERIALIZED (
    ${added("''", `"${shared}" WHERE EXISTS (SELECT 1 FROM asked WHERE who = '')`)}
    UNION ALL ${added('"user"', ofMembers(isDaily))}
  ), sets AS MATERIALIZED (
    SELECT DISTINCT budgets FROM added
  ), placed AS MATERIALIZED (
    SELECT asked.place, asked.who, sets.budgets FROM sets, json_each(sets.budgets) AS one, asked
    WHERE asked.account = one.value
  ), counted AS (
    SELECT placed.place, added.* FROM added CROSS JOIN placed USING (budgets, who)
  )`;
}

/** Groups by `tag` are by a request's whole set of tags, as JSON. */
export function budgetSumsOf(
  sql: CountingSql,
  { asked, groupBy, from }: BudgetSumsQuery,
  groupsMax = sumsGroupsMax,
): BudgetSumsAnswer {
  const { isDaily } = sourceOf(groupBy);
  const hours = isDaily ? DAY_HOURS : 1;
  const bindings = [Math.floor(from / HOUR_MS / hours) * hours, JSON.stringify(asked)];
  const columns = groupBy.map((dimension) => dimensionSql(dimension, { isDaily }));
  const names = ["place", ...groupBy.map((_dimension, index) => `g${index}`)].join(", ");
  const rows = sql.run<Record<string, string | number>>(
    `${countedSql(columns, groupBy)} SELECT ${names}, sum(charged) AS charged, sum(costNanos) AS costNanos
     FROM counted GROUP BY ${names} HAVING sum(charged) <> 0 OR sum(costNanos) <> 0
     ORDER BY sum(costNanos) DESC, ${names} LIMIT ${groupsMax + 1}`,
    ...bindings,
  );
  const truncated = rows.length > groupsMax;
  const budgets: BudgetSumsAnswer["budgets"] = asked.map(() => ({ groups: [], totalNanos: 0 }));
  for (const row of rows.slice(0, groupsMax)) {
    const shown = groupBy.map((dimension, index) => [
      dimension,
      shownName(dimension, row[`g${index}`], { isDaily }),
    ]);
    const budget = budgets[Number(row["place"])];
    const sums = { charged: Number(row["charged"]), costNanos: Number(row["costNanos"]) };
    budget?.groups.push({ by: Object.fromEntries(shown), sums });
    if (budget !== undefined) budget.totalNanos += sums.costNanos;
  }
  // What was left out of the groups is in the totals all the same.
  const totals = truncated ? budgetSumsOf(sql, { asked, groupBy: [], from }).budgets : [];
  for (const [place, { totalNanos }] of totals.entries()) {
    const budget = budgets[place];
    if (budget !== undefined) budget.totalNanos = totalNanos;
  }
  return { budgets, truncated };
}
