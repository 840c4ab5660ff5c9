/** Questions to the views, as SQL over one B-tree each and bounded in what they look at. */
import type { AuditEntry } from "#projections/audit-entry.ts";
import { parseJson } from "#events/parse-json.ts";
import {
  codesOf,
  exactFields,
  kindsOf,
  measures,
  type AuditFilter,
  type AuditPage,
  type AuditQuery,
} from "#projections/queries.ts";
import { HOUR_MS } from "#projections/sums.ts";
import { auditPageMax, auditScanMax } from "./limits.ts";
import type { CountingSql } from "./sql.ts";

/** Ids are made before the admitting event: their time may differ by as much, never by more. */
export const ID_SLACK_MS = HOUR_MS;

/** The first id (UUIDv7) of a moment. */
export function firstIdAt(ms: number): string {
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
  if (filter.key !== undefined) {
    conditions.sql.push('"keyId" = ?');
    conditions.bindings.push(filter.key);
  }
  if (filter.code !== undefined) {
    const codes = codesOf(filter.code);
    conditions.sql.push(`"code" IN (${codes.map(() => "?").join(", ")})`);
    conditions.bindings.push(...codes);
  }
  if (filter.tag !== undefined) {
    conditions.sql.push('EXISTS (SELECT 1 FROM json_each("tags") AS one WHERE one.value = ?)');
    conditions.bindings.push(filter.tag);
  }
  addBounds(conditions, filter);
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

function addBounds(conditions: Conditions, filter: AuditFilter): void {
  for (const measure of measures) {
    for (const [bound, sign] of [
      [filter[`${measure}Min`], ">="],
      [filter[`${measure}Max`], "<="],
    ] as const) {
      if (bound === undefined) continue;
      conditions.sql.push(`"${measure}" ${sign} ?`);
      conditions.bindings.push(bound);
    }
  }
}

/**
 * One page of the audit list, newest first. Ids never change and a page goes on from an id, so what
 * is collected meanwhile moves nothing; at most `scanMax` rows are looked at, without an index that
 * every request would pay for.
 */
export function auditPage(sql: CountingSql, query: AuditQuery, scanMax = auditScanMax): AuditPage {
  const limit = Math.min(Math.max(query.limit, 1), auditPageMax);
  const range = idRange(query);
  const within = range.sql.join(" AND ");
  const [floor] = sql.run<{ id: string }>(
    `SELECT id FROM audit WHERE ${within} ORDER BY id DESC LIMIT 1 OFFSET ${scanMax - 1}`,
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
