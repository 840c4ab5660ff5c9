/** Node's own SQLite as an actor's storage, for what has to be asked many times. */
import { DatabaseSync } from "node:sqlite";
import { CountingSql } from "#actors/ledger/sql.ts";

type Cell = string | number | null;

/** An empty database; rows written are not counted. */
export function memoryStorage(): CountingSql {
  const db = new DatabaseSync(":memory:");
  const exec = (statement: string, ...bindings: Cell[]) => {
    const rows = db.prepare(statement).all(...bindings) as Record<string, Cell>[];
    return {
      rowsWritten: 0,
      toArray: () => rows,
      raw: () => rows.map((row) => Object.values(row)).values(),
    };
  };
  return new CountingSql({ exec } as unknown as SqlStorage);
}
