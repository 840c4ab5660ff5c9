/**
 * Sums by group, as SQL over the tables of sums.
 *
 * Whole days are read from the sums by day, the hours before and after them from those by hour, so
 * that a month costs as little as its days. Table and column names are ours, never the caller's.
 */
import { addHistogram, showHistogram, type Counts } from "#projections/histogram.ts";
import type { Dimension, SumsAnswer, SumsGroup, SumsQuery } from "#projections/queries.ts";
import {
  costColumns,
  dailyTable,
  DAY_HOURS,
  histograms,
  HOUR_MS,
  hourlyTable,
  usageColumns,
} from "#projections/sums.ts";
import { joinedRequestsMax, sumsGroupsMax } from "./limits.ts";
import type { CountingSql } from "./sql.ts";

const tokenColumns = ["inputTokens", "outputTokens", "cachedTokens"] as const;

/** What each view sums, and which groups it shows at all. */
const views = {
  usage: { columns: usageColumns, having: 'sum("requests") <> 0', histograms },
  costs: {
    columns: [...costColumns, ...tokenColumns, "savedNanos"],
    having: 'sum("charged") <> 0 OR sum("costNanos") <> 0',
    histograms: [],
  },
} as const;
export type SumsView = keyof typeof views;

/** Times are grouped by as numbers, which costs a fraction of their texts; months need the calendar. */
const timeSql: Partial<Record<Dimension, string>> = {
  hour: "hour",
  day: `hour / ${DAY_HOURS}`,
  month: "strftime('%Y-%m', hour * 3600, 'unixepoch')",
};

/** A dimension as a column of a table of sums. */
export function dimensionSql(dimension: Dimension, { isDaily }: Pick<Source, "isDaily">): string {
  // A day's sums have its first hour: grouped by that, rows come in the table's order, unsorted.
  if (dimension === "day" && isDaily) return "hour";
  return timeSql[dimension] ?? (dimension === "tag" ? '"tags"' : `"${dimension}"`);
}

/** A group's name as it is shown: `2026-11-21T09`, `2026-11-21`, `2026-11` for times. */
export function shownName(
  dimension: Dimension,
  cell: unknown,
  { isDaily }: Pick<Source, "isDaily">,
): string {
  if (dimension !== "hour" && dimension !== "day") return String(cell);
  const hours = dimension === "day" && !isDaily ? DAY_HOURS : 1;
  const text = new Date(Number(cell) * hours * HOUR_MS).toISOString();
  return text.slice(0, dimension === "hour" ? 13 : 10);
}

interface Source {
  /** True when it has sums by day and none by hour. */
  isDaily: boolean;
  sql: string;
  bindings: (string | number)[];
}

/** Rows of a table from one hour to another, exclusive. */
function part(table: string, from: number, to: number): Source {
  return {
    isDaily: table === dailyTable.name,
    sql: `SELECT * FROM "${table}" WHERE hour >= ? AND hour < ?`,
    bindings: [from, to],
  };
}

/** The rows that make up the query's time, each hour once. */
function sourceOf({ from = 0, to, groupBy }: SumsQuery): Source {
  const first = Math.floor(from / HOUR_MS);
  const end = to === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(to / HOUR_MS);
  const firstDay = Math.ceil(first / DAY_HOURS) * DAY_HOURS;
  const endDay = Math.floor(end / DAY_HOURS) * DAY_HOURS;
  const { name: hourly } = hourlyTable;
  if (groupBy.includes("hour") || firstDay >= endDay) return part(hourly, first, end);
  const parts = [part(dailyTable.name, firstDay, endDay)];
  if (first < firstDay) parts.push(part(hourly, first, firstDay));
  if (to !== undefined && endDay < end) parts.push(part(hourly, endDay, end));
  return {
    isDaily: parts.every(({ isDaily }) => isDaily),
    sql: parts.map(({ sql }) => sql).join(" UNION ALL "),
    bindings: parts.flatMap(({ bindings }) => bindings),
  };
}

/** The whole FROM and WHERE of a query. */
function scopeOf(query: SumsQuery): Source {
  const { sql, bindings, isDaily } = sourceOf(query);
  const where: string[] = ["1"];
  const { tag, ...exact } = query.filter;
  for (const field of ["user", "team", "model", "provider", "key", "route"] as const) {
    const value = exact[field];
    if (value === undefined) continue;
    where.push(`"${field}" = ?`);
    bindings.push(value);
  }
  if (tag !== undefined) {
    where.push('EXISTS (SELECT 1 FROM json_each("tags") AS one WHERE one.value = ?)');
    bindings.push(tag);
  }
  return { isDaily, sql: `FROM (${sql}) WHERE ${where.join(" AND ")}`, bindings };
}

/** Sums of a view by group. Groups by `tag` are by a request's whole set of tags, as JSON. */
export function sumsOf(
  sql: CountingSql,
  view: SumsView,
  query: SumsQuery,
  joinedMax = joinedRequestsMax,
): SumsAnswer {
  const { columns, having, histograms: shown } = views[view];
  const groupBy = [...new Set(query.groupBy)];
  const scope = scopeOf(query);
  const by = groupBy.map((dimension, index) => `${dimensionSql(dimension, scope)} AS g${index}`);
  const sums = columns.map((column, index) => `coalesce(sum("${column}"), 0) AS s${index}`);
  const names = groupBy.map((_dimension, index) => `g${index}`).join(", ");
  const rank = query.rankBy === undefined ? "" : `sum("${query.rankBy}") DESC, `;
  const rows = sql.run<Record<string, string | number>>(
    `SELECT ${[...by, ...sums].join(", ")} ${scope.sql}
     ${names === "" ? "" : `GROUP BY ${names} HAVING ${having} ORDER BY ${rank}${names}`}
     LIMIT ${sumsGroupsMax + 1}`,
    ...scope.bindings,
  );
  const groups = rows.slice(0, sumsGroupsMax).map((row): SumsGroup => {
    const names = groupBy.map((dimension, index) => [
      dimension,
      shownName(dimension, row[`g${index}`], scope),
    ]);
    const amounts = columns.map((column, index) => [column, Number(row[`s${index}`])]);
    return { by: Object.fromEntries(names), sums: Object.fromEntries(amounts) };
  });
  if (shown.length > 0) {
    const select = latenciesSql(
      sql,
      groups,
      groupBy.map((dimension) => dimensionSql(dimension, scope)),
      scope,
      joinedMax,
    );
    addLatencies(sql, select, groups, groupBy, scope);
  }
  return { groups, truncated: rows.length > sumsGroupsMax };
}

const nameOf = (cells: readonly unknown[]): string => cells.join("\u0000");

/**
 * The question for latencies: joined by SQLite for each group, for each group's hours or days where
 * that would be too long a text, and as they are where even that would be.
 */
function latenciesSql(
  sql: CountingSql,
  groups: readonly SumsGroup[],
  columns: readonly string[],
  scope: Source,
  joinedMax: number,
): string {
  const joined = histograms.map((name) => `group_concat("${name}", '')`);
  const isShort = groups.every(({ sums }) => (sums["requests"] ?? 0) <= joinedMax);
  if (isShort) {
    const by = columns.length === 0 ? "" : `GROUP BY ${columns.join(", ")}`;
    return `SELECT ${[...columns, ...joined].join(", ")} ${scope.sql} ${by}`;
  }
  const by = `GROUP BY ${[...columns, "hour"].join(", ")}`;
  const [longest] = sql.run<{ n: number | null }>(
    `SELECT max(n) AS n FROM (SELECT sum("requests") AS n ${scope.sql} ${by})`,
    ...scope.bindings,
  );
  return (longest?.n ?? 0) <= joinedMax
    ? `SELECT ${[...columns, ...joined].join(", ")} ${scope.sql} ${by}`
    : `SELECT ${[...columns, ...histograms.map((name) => `"${name}"`)].join(", ")} ${scope.sql}`;
}

/** Adds each group's latencies; they come one by one, since their texts are long together. */
function addLatencies(
  sql: CountingSql,
  select: string,
  groups: readonly SumsGroup[],
  groupBy: readonly Dimension[],
  scope: Source,
): void {
  const counts = new Map<string, Counts[]>();
  for (const { by } of groups) {
    const name = nameOf(groupBy.map((dimension) => by[dimension]));
    counts.set(
      name,
      histograms.map(() => new Map<number, number>()),
    );
  }
  for (const row of sql.each(select, ...scope.bindings)) {
    const names = groupBy.map((dimension, index) => shownName(dimension, row[index], scope));
    const found = counts.get(nameOf(names));
    found?.forEach((into, index) => addHistogram(into, String(row[groupBy.length + index] ?? "")));
  }
  for (const group of groups) {
    const name = nameOf(groupBy.map((dimension) => group.by[dimension]));
    const found = counts.get(name) ?? [];
    group.histograms = Object.fromEntries(
      histograms.map((column, index) => [column, showHistogram(found[index] ?? new Map())]),
    );
  }
}
