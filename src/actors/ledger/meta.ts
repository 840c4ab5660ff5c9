/** Small facts about a shard that are no events: whose it is, which version its views have. */
import type { CountingSql } from "./sql.ts";

const SCHEMA =
  "CREATE TABLE IF NOT EXISTS meta (k TEXT PRIMARY KEY, v TEXT NOT NULL) STRICT, WITHOUT ROWID";

export class Meta {
  readonly #sql: CountingSql;

  constructor(sql: CountingSql) {
    this.#sql = sql;
    sql.run(SCHEMA);
  }

  get(key: string): string | undefined {
    return this.#sql.run<{ v: string }>("SELECT v FROM meta WHERE k = ?", key)[0]?.v;
  }

  set(key: string, value: string): void {
    this.#sql.run(
      "INSERT INTO meta (k, v) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
      key,
      value,
    );
  }

  remove(key: string): void {
    this.#sql.run("DELETE FROM meta WHERE k = ?", key);
  }
}
