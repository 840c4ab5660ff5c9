/** What budgets spent by group, as SQL. Table and column names are ours, never the caller's. */
import { budgetTable } from "#projections/budgets.ts";
import type { BudgetSumsAnswer, BudgetSumsQuery } from "#projections/queries.ts";
import { HOUR_MS } from "#projections/sums.ts";
import { sumsGroupsMax } from "./limits.ts";
import type { CountingSql } from "./sql.ts";
import { dimensionSql, shownName } from "./sums-query.ts";

const byHour = { isDaily: false };

/**
 * Rows are added up by their set of budgets first, of which there are few, and each sum is then
 * counted under every budget of its set that was asked for.
 */
function countedSql(columns: readonly string[]): string {
  const names = columns.map((_column, index) => `g${index}`);
  const by = columns.map((column, index) => `${column} AS g${index}`);
  return `WITH asked AS MATERIALIZED (
    SELECT "key" AS place, value ->> 'account' AS account, value ->> 'user' AS member FROM json_each(?)
  ), added AS MATERIALIZED (
    SELECT ${["budgets", '"user" AS who', ...by].join(", ")},
      sum("charged") AS charged, sum("costNanos") AS costNanos
    FROM "${budgetTable.name}" WHERE hour >= ? GROUP BY ${["budgets", "who", ...names].join(", ")}
  ), counted AS (
    SELECT asked.place, added.* FROM added, json_each(added.budgets) AS one, asked
    WHERE asked.account = one.value AND (asked.member IS NULL OR asked.member = added.who)
  )`;
}

/** Groups by `tag` are by a request's whole set of tags, as JSON. */
export function budgetSumsOf(
  sql: CountingSql,
  { asked, groupBy, from }: BudgetSumsQuery,
  groupsMax = sumsGroupsMax,
): BudgetSumsAnswer {
  const bindings = [JSON.stringify(asked), Math.floor(from / HOUR_MS)];
  const columns = groupBy.map((dimension) => dimensionSql(dimension, byHour));
  const names = ["place", ...groupBy.map((_dimension, index) => `g${index}`)].join(", ");
  const rows = sql.run<Record<string, string | number>>(
    `${countedSql(columns)} SELECT ${names}, sum(charged) AS charged, sum(costNanos) AS costNanos
     FROM counted GROUP BY ${names} HAVING sum(charged) <> 0 OR sum(costNanos) <> 0
     ORDER BY sum(costNanos) DESC, ${names} LIMIT ${groupsMax + 1}`,
    ...bindings,
  );
  const truncated = rows.length > groupsMax;
  const budgets: BudgetSumsAnswer["budgets"] = asked.map(() => ({ groups: [], totalNanos: 0 }));
  for (const row of rows.slice(0, groupsMax)) {
    const shown = groupBy.map((dimension, index) => [
      dimension,
      shownName(dimension, row[`g${index}`], byHour),
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
