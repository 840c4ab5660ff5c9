/** What a draft in the shadow would have changed, as a shard has counted it. */
import { shadowTable, type ShadowRow } from "#projections/shadow.ts";
import { shadowRowsMax } from "./limits.ts";
import type { CountingSql } from "./sql.ts";

/** The draft's rows: its whole first, then those with most that differs; bounded. */
export function shadowRows(sql: CountingSql, draft: number): ShadowRow[] {
  const rows = sql.run(
    `SELECT * FROM "${shadowTable.name}" WHERE draft = ?
     ORDER BY kind <> 'all' AND kind <> 'answers', requests - same - undecided DESC, requests DESC, kind, name LIMIT ?`,
    draft,
    shadowRowsMax,
  );
  return rows.map((row) => shadowTable.fromRow(row));
}
