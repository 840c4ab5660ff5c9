/**
 * What a view is: tables, and a pure fold from events to changes of their rows.
 *
 * Invariants: a fold sees one event and the request it belongs to, never a clock or a table; the
 * rows depend on the events of each stream in order and on nothing else, so any interleaving of
 * streams, any cut into batches and any rebuild give the same bytes.
 */
import type { EventEnvelope } from "#events/envelope.ts";
import type { AuditEntry } from "./audit-entry.ts";

/** What one SQLite column holds. */
export type Cell = string | number | null;
export type Row = Readonly<Record<string, Cell>>;

/** A column of a view's table: STRICT types; `null` is allowed where `optional` says so. */
export interface Column {
  name: string;
  type: "TEXT" | "INTEGER";
  optional?: boolean;
}

/** A table of a view. `Value` is a row as the fold works on it, `Patch` what an event does to it. */
export interface Table<Value = unknown, Patch = unknown> {
  name: string;
  /** The primary key's columns, in order; each is also in `columns`. */
  key: readonly string[];
  columns: readonly Column[];
  fromRow(row: Row): Value;
  toRow(value: Value): Row;
  /** The row after a change; `undefined` when nothing is left of it. */
  combine(value: Value | undefined, patch: Patch): Value | undefined;
}

/** What one event does to one row. */
export interface Change<Patch = unknown> {
  table: string;
  key: readonly Cell[];
  patch: Patch;
}

/** A view: raise `version` when a fold's meaning or a table's shape changes, and it is rebuilt. */
export interface Projection {
  name: string;
  version: number;
  tables: readonly Table[];
  /**
   * What an event changes. `request` is the audit entry of the event's request as it stood before
   * the event, because a settlement does not repeat who asked for what.
   */
  fold(event: EventEnvelope, request: AuditEntry | undefined): readonly Change[];
}

/** The statement that makes a table; one B-tree and no index, since each would be a row a write. */
export function createTable(table: Table, name: string): string {
  const columns = table.columns.map(
    (column) => `"${column.name}" ${column.type}${column.optional === true ? "" : " NOT NULL"}`,
  );
  const key = table.key.map((column) => `"${column}"`).join(", ");
  return `CREATE TABLE IF NOT EXISTS "${name}" (${columns.join(", ")}, PRIMARY KEY (${key})) STRICT, WITHOUT ROWID`;
}
