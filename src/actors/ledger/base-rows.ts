/** What a shard knows of its bases: which file each is, who names it, and what it has taken over. */
import type { BaseRef } from "#events/manifest.ts";
import { parseJson } from "#events/parse-json.ts";
import type { CountingSql } from "./sql.ts";

const SCHEMA = `CREATE TABLE IF NOT EXISTS bases (
  n INTEGER PRIMARY KEY, pos INTEGER NOT NULL, through INTEGER NOT NULL, ref TEXT NOT NULL,
  named INTEGER, stands INTEGER NOT NULL, gone INTEGER NOT NULL
) STRICT`;

/** A base of the first `n` segments. */
export interface BaseRow {
  n: number;
  /** How many events it stands for, and the latest time of any, milliseconds. */
  pos: number;
  through: number;
  ref: BaseRef;
  /** The segment whose manifest names it. */
  named: number | null;
  /** Whether it is read in place of its segments. */
  stands: boolean;
  /** Segments below this number have been removed. */
  gone: number;
}

type Cells = Record<"n" | "pos" | "through" | "stands" | "gone", number> & {
  ref: string;
  named: number | null;
};

export class BaseRows {
  readonly #sql: CountingSql;
  #standing: BaseRow | undefined | null = null;

  constructor(sql: CountingSql) {
    this.#sql = sql;
    sql.run(SCHEMA);
  }

  /** The one that is read in place of the segments before it. */
  get standing(): BaseRow | undefined {
    this.#standing ??= this.#one("WHERE stands = 1 ORDER BY n DESC") ?? null;
    return this.#standing ?? undefined;
  }

  /** The one that the next manifest names. */
  get unnamed(): BaseRow | undefined {
    return this.#one("WHERE named IS NULL ORDER BY n DESC");
  }

  get last(): BaseRow | undefined {
    return this.#one("ORDER BY n DESC");
  }

  get(n: number): BaseRow | undefined {
    return this.#one("WHERE n = ?", n);
  }

  /** Every one of them, oldest first. */
  all(): number[] {
    return this.#sql.run<{ n: number }>("SELECT n FROM bases ORDER BY n").map(({ n }) => n);
  }

  add({ n, pos, through, ref }: Pick<BaseRow, "n" | "pos" | "through" | "ref">): void {
    const row = [n, pos, through, JSON.stringify(ref), this.standing?.gone ?? 0];
    this.#sql.run("INSERT INTO bases VALUES (?, ?, ?, ?, NULL, 0, ?)", ...row);
  }

  name(n: number, by: number): void {
    this.#sql.run("UPDATE bases SET named = ? WHERE n = ?", by, n);
  }

  /** From here on it is read in place of its segments. */
  stand(n: number): void {
    this.#standing = null;
    this.#sql.run("UPDATE bases SET stands = 1 WHERE n = ?", n);
  }

  /** Segments below `gone` have been removed. */
  noteGone(n: number, gone: number): void {
    this.#standing = null;
    this.#sql.run("UPDATE bases SET gone = ? WHERE n = ?", gone, n);
  }

  /** Those before have been removed. */
  forgetBefore(n: number): void {
    this.#sql.run("DELETE FROM bases WHERE n < ?", n);
  }

  #one(where: string, ...bindings: number[]): BaseRow | undefined {
    const [row] = this.#sql.run<Cells>(`SELECT * FROM bases ${where} LIMIT 1`, ...bindings);
    if (row === undefined) return undefined;
    return { ...row, ref: parseJson(row.ref) as BaseRef, stands: row.stands === 1 };
  }
}
