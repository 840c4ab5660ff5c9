/**
 * One-time links that were used, so that none is used twice. A link that has expired opens nothing
 * anyway, so its row goes: the table holds ten minutes' worth.
 */
export class LinkBook {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS spent_links (id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    );
  }

  /** Uses a link up; false when it was used before or is over. Times are milliseconds since 1970. */
  spend(id: string, expiresAt: number, at: number): boolean {
    if (expiresAt <= at) return false;
    this.#sql.exec("DELETE FROM spent_links WHERE expires_at <= ?", at);
    const { rowsWritten } = this.#sql.exec(
      "INSERT INTO spent_links (id, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
      id,
      expiresAt,
    );
    return rowsWritten > 0;
  }
}
