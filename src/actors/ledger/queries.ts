/** Questions to the views, as SQL over one B-tree each and bounded in what they look at. */
import type { AuditEntry } from "#projections/audit-entry.ts";
import { parseJson } from "#events/parse-json.ts";
import {
  exactFields,
  kindsOf,
  type AuditFilter,
  type AuditPage,
  type AuditQuery,
  type Dimension,
  type SumsAnswer,
  type SumsQuery,
} from "#projections/queries.ts";
import { HOUR_MS } from "#projections/sums.ts";
import { auditPageMax, auditScanMax, sumsGroupsMax } from "./limits.ts";
import type { CountingSql } from "./sql.ts";

/** Ids are made before the admitting event: their time may differ by as much, never by more. */
const ID_SLACK_MS = HOUR_MS;

/** The first id (UUIDv7) of a moment. */
function firstIdAt(ms: number): string {
  const time = Math.min(Math.max(Math.trunc(ms), 0), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}`;
}

interface Conditions {
  sql: string[];
  bindings: (string | number)[];
}

/** The range of ids that a query can be about: the primary key's part of the filter. */
function idRange(query: AuditQuery): Conditions {
  const { from, to } = query.filter;
  const range: Conditions = { sql: ["1"], bindings: [] };
  if (from !== undefined) {
    range.sql.push("id >= ?");
    range.bindings.push(firstIdAt(from - ID_SLACK_MS));
  }
  if (to !== undefined) {
    range.sql.push("id < ?");
    range.bindings.push(firstIdAt(to + ID_SLACK_MS));
  }
  if (query.cursor !== undefined) {
    range.sql.push("id < ?");
    range.bindings.push(query.cursor);
  }
  return range;
}

function conditionsOf(filter: AuditFilter): Conditions {
  const conditions: Conditions = { sql: ["1"], bindings: [] };
  for (const field of exactFields) {
    const value = filter[field];
    if (value === undefined) continue;
    conditions.sql.push(`"${field}" = ?`);
    conditions.bindings.push(value);
  }
  if (filter.kind !== undefined) {
    const kinds = kindsOf(filter.kind);
    // In the entry's text, since rows are bounded by time or cursor before they are looked at.
    conditions.sql.push(`json_extract("entry", '$.kind') IN (${kinds.map(() => "?").join(", ")})`);
    conditions.bindings.push(...kinds);
  }
  if (filter.model !== undefined) {
    conditions.sql.push('("modelAsked" = ? OR "modelServed" = ?)');
    conditions.bindings.push(filter.model, filter.model);
  }
  if (filter.from !== undefined) {
    conditions.sql.push("at >= ?");
    conditions.bindings.push(filter.from);
  }
  if (filter.to !== undefined) {
    conditions.sql.push("at < ?");
    conditions.bindings.push(filter.to);
  }
  return conditions;
}

/** One page of the audit list, newest first. */
export function auditPage(sql: CountingSql, query: AuditQuery): AuditPage {
  const limit = Math.min(Math.max(query.limit, 1), auditPageMax);
  const range = idRange(query);
  const within = range.sql.join(" AND ");
  const [floor] = sql.run<{ id: string }>(
    `SELECT id FROM audit WHERE ${within} ORDER BY id DESC LIMIT 1 OFFSET ${auditScanMax - 1}`,
    ...range.bindings,
  );
  const match = conditionsOf(query.filter);
  const rows = sql.run<{ id: string; entry: string }>(
    `SELECT id, entry FROM audit WHERE ${within} AND id >= ? AND ${match.sql.join(" AND ")}
     ORDER BY id DESC LIMIT ?`,
    ...range.bindings,
    floor?.id ?? "",
    ...match.bindings,
    limit + 1,
  );
  const entries = rows.slice(0, limit).map((row) => parseJson(row.entry) as AuditEntry);
  const next = rows.length > limit ? entries.at(-1)?.id : floor?.id;
  return next === undefined ? { entries } : { entries, next };
}

/** One entry by its id. */
export function auditEntry(sql: CountingSql, id: string): AuditEntry | null {
  const [row] = sql.run<{ entry: string }>("SELECT entry FROM audit WHERE id = ?", id);
  return row === undefined ? null : (parseJson(row.entry) as AuditEntry);
}

const TIME_FORMATS: Partial<Record<Dimension, string>> = {
  hour: "%Y-%m-%dT%H",
  day: "%Y-%m-%d",
  month: "%Y-%m",
};

function dimensionSql(dimension: Dimension): string {
  const format = TIME_FORMATS[dimension];
  return format === undefined
    ? `"${dimension}"`
    : `strftime('${format}', hour * 3600, 'unixepoch')`;
}

/** Sums of a view by group. Table and column names are ours, never the caller's. */
export function sumsOf(
  sql: CountingSql,
  table: "cost" | "usage",
  columns: readonly string[],
  query: SumsQuery,
): SumsAnswer {
  const groupBy = [...new Set(query.groupBy)];
  const where: Conditions = { sql: ["1"], bindings: [] };
  if (query.from !== undefined) {
    where.sql.push("hour >= ?");
    where.bindings.push(Math.floor(query.from / HOUR_MS));
  }
  if (query.to !== undefined) {
    where.sql.push("hour < ?");
    where.bindings.push(Math.ceil(query.to / HOUR_MS));
  }
  for (const field of ["user", "team", "model", "provider"] as const) {
    const value = query.filter[field];
    if (value === undefined) continue;
    where.sql.push(`"${field}" = ?`);
    where.bindings.push(value);
  }
  const by = groupBy.map((dimension, index) => `${dimensionSql(dimension)} AS g${index}`);
  const sums = columns.map((column, index) => `coalesce(sum("${column}"), 0) AS s${index}`);
  const names = groupBy.map((_dimension, index) => `g${index}`).join(", ");
  const rows = sql.run<Record<string, string | number>>(
    `SELECT ${[...by, ...sums].join(", ")} FROM "${table}" WHERE ${where.sql.join(" AND ")}
     ${names === "" ? "" : `GROUP BY ${names} ORDER BY ${names}`} LIMIT ${sumsGroupsMax + 1}`,
    ...where.bindings,
  );
  const groups = rows.slice(0, sumsGroupsMax).map((row) => ({
    by: Object.fromEntries(
      groupBy.map((dimension, index) => [dimension, String(row[`g${index}`])]),
    ),
    sums: Object.fromEntries(columns.map((column, index) => [column, Number(row[`s${index}`])])),
  }));
  return { groups, truncated: rows.length > sumsGroupsMax };
}
