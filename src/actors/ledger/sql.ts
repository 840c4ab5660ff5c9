/** SQLite with a count of the rows it wrote, because they are what a ledger costs. */

type Binding = string | number | null;

/** A thin layer over an actor's SQL storage. */
export class CountingSql {
  readonly #sql: SqlStorage;
  /** Rows written since the actor woke, as billed: index entries count. */
  rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Runs one statement to its end and returns its rows. */
  run<R extends Record<string, Binding>>(statement: string, ...bindings: Binding[]): R[] {
    const cursor = this.#sql.exec<R>(statement, ...bindings);
    const rows = cursor.toArray();
    this.rowsWritten += cursor.rowsWritten;
    return rows;
  }

  /** Runs one statement row by row, each as its columns in order: memory for one row. */
  *each(statement: string, ...bindings: Binding[]): Generator<Binding[]> {
    const cursor = this.#sql.exec(statement, ...bindings);
    yield* cursor.raw<Binding[]>();
  }
}
