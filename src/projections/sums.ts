/**
 * Tables of sums: the shape that `cost` and `usage` share.
 *
 * Keyed by hour (UTC), model, provider, user and team; every other column is a count that adds up,
 * over events, over batches and over shards. A row whose sums are all zero is no row.
 */
import type { AuditEntry } from "./audit-entry.ts";
import { assertSafeSum } from "./safe-sum.ts";
import type { Cell, Change, Row, Table } from "./projection.ts";

export const HOUR_MS = 3_600_000;

/** What a row of sums is about. Empty text: unknown, or none. */
export interface SumsKey {
  /** Whole hours since 1970, UTC. */
  hour: number;
  model: string;
  provider: string;
  user: string;
  team: string;
}

/** A row of a sums table as the fold works on it. */
export interface SumsRow {
  key: SumsKey;
  sums: Record<string, number>;
}

export type SumsPatch = SumsRow;

const keyColumns = ["hour", "model", "provider", "user", "team"] as const;

/** Makes the table of a view of sums. */
export function sumsTable(name: string, columns: readonly string[]): Table<SumsRow, SumsPatch> {
  return {
    name,
    key: keyColumns,
    columns: [
      ...keyColumns.map((column) => ({
        name: column,
        type: column === "hour" ? ("INTEGER" as const) : ("TEXT" as const),
      })),
      ...columns.map((column) => ({ name: column, type: "INTEGER" as const })),
    ],
    fromRow: (row) => ({
      key: Object.fromEntries(keyColumns.map((column) => [column, row[column]])) as never,
      sums: Object.fromEntries(columns.map((column) => [column, Number(row[column])])),
    }),
    toRow: ({ key, sums }): Row => ({
      ...key,
      ...Object.fromEntries(columns.map((column) => [column, sums[column] ?? 0])),
    }),
    combine: (row, patch) => {
      const sums: Record<string, number> = { ...row?.sums };
      for (const [column, amount] of Object.entries(patch.sums)) {
        sums[column] = assertSafeSum((sums[column] ?? 0) + amount, column);
      }
      const empty = Object.values(sums).every((amount) => amount === 0);
      return empty ? undefined : { key: patch.key, sums };
    },
  };
}

/** The key under which a request counts: the hour of its admission, and the given model. */
export function sumsKey(
  request: AuditEntry | undefined,
  at: number,
  member: string | undefined,
  model: string,
  provider: string,
): SumsKey {
  return {
    hour: Math.floor((request?.at ?? at) / HOUR_MS),
    model,
    provider,
    user: request?.user ?? member ?? "",
    team: request?.team ?? "",
  };
}

/** A change that adds sums to one row. */
export function add(table: string, key: SumsKey, sums: Record<string, number>): Change<SumsPatch> {
  const cells: Cell[] = keyColumns.map((column) => key[column]);
  return { table, key: cells, patch: { key, sums } };
}
