/** The views' tables in SQLite: made, read and written as the projections describe them. */
import type { BaseLine } from "#events/base.ts";
import { createTable, type Cell, type Row, type Table } from "#projections/projection.ts";
import { auditTable } from "#projections/audit.ts";
import { tables, Workbench } from "#projections/fold-batch.ts";
import type { CountingSql } from "./sql.ts";

/** What a part of a table gave, compared with the same part of another set's. */
export interface ComparedRows {
  /** Rows that only one set has; one that differs is two. */
  differences: number;
  /** View and key of the first of them. */
  first: string | undefined;
  last: readonly Cell[] | null;
}

const keyOf = (table: Table, row: Row): Cell[] => table.key.map((column) => row[column] ?? null);

/** A row's place, for people: keys hold names and numbers, never texts of requests. */
const nameOf = (table: Table, row: Row): string =>
  `${table.name} ${JSON.stringify(keyOf(table, row))}`;

/** One set of the views' tables; a rebuild makes a second one with its own suffix. */
export class Views {
  readonly #sql: CountingSql;
  readonly #suffix: string;
  /** The statement for a row of each table: one a request, and the same each time. */
  readonly #inserts = new Map<Table, string>();

  constructor(sql: CountingSql, suffix = "") {
    this.#sql = sql;
    this.#suffix = suffix;
    this.create();
  }

  /** Makes the tables that are not there. */
  create(): void {
    for (const table of tables) this.#sql.run(createTable(table, this.#name(table)));
  }

  /** An empty run over what is stored; the entries of `requestIds` are looked up together. */
  workbench(requestIds: readonly string[] = []): Workbench {
    const entries = new Map<Cell, Row | undefined>(requestIds.map((id) => [id, undefined]));
    for (const row of this.#entries(requestIds)) entries.set(row["id"] ?? null, row);
    return new Workbench((table, key) => {
      const [id = null] = key;
      const isKnown = table.name === auditTable.name && entries.has(id);
      return isKnown ? entries.get(id) : this.#read(table, key);
    });
  }

  #entries(requestIds: readonly string[]): Row[] {
    return this.#sql.run(
      `SELECT * FROM "${this.#name(auditTable)}" WHERE "id" IN (SELECT value FROM json_each(?))`,
      JSON.stringify(requestIds),
    );
  }

  /** Puts lines of a base in the place of the events that it stands for. */
  restore(lines: readonly BaseLine[]): void {
    const workbench = this.workbench();
    for (const line of lines) workbench.restore(line);
    this.write(workbench);
  }

  /** Writes what a run changed, one row a row. */
  write(workbench: Workbench): void {
    for (const { table, key, row, existed } of workbench.touched()) {
      if (row === undefined) this.#delete(table, key);
      else if (existed) this.#update(table, row);
      else this.#insert(table, row);
    }
  }

  /**
   * Compares the rows of table number `index` after a key, `limit` of this set's at a time; undefined
   * when there is no such table. `last` is null at the table's end.
   */
  compare(
    other: Views,
    index: number,
    after: readonly Cell[] | null,
    limit: number,
  ): ComparedRows | undefined {
    const table = tables[index];
    if (table === undefined) return undefined;
    const ours = this.#after(table, after, null, limit);
    const end = ours.length < limit ? null : keyOf(table, ours.at(-1) ?? {});
    // Rows that only the other set has are counted up to a bound too: one is a fault already.
    const theirs = new Map(
      other.#after(table, after, end, limit * 2).map((row) => [nameOf(table, row), row]),
    );
    let differences = 0;
    let first: string | undefined;
    for (const row of ours) {
      const name = nameOf(table, row);
      const match = theirs.get(name);
      theirs.delete(name);
      if (match !== undefined && JSON.stringify(match) === JSON.stringify(row)) continue;
      differences += match === undefined ? 1 : 2;
      first ??= name;
    }
    const [extra] = theirs.keys();
    return { differences: differences + theirs.size, first: first ?? extra, last: end };
  }

  #after(
    table: Table,
    after: readonly Cell[] | null,
    until: readonly Cell[] | null,
    limit: number,
  ): Row[] {
    const columns = table.key.map((column) => `"${column}"`).join(", ");
    const marks = table.key.map(() => "?").join(", ");
    const wheres = [
      ...(after === null ? [] : [`(${columns}) > (${marks})`]),
      ...(until === null ? [] : [`(${columns}) <= (${marks})`]),
    ];
    const where = wheres.length === 0 ? "" : `WHERE ${wheres.join(" AND ")}`;
    return this.#sql.run(
      `SELECT * FROM "${this.#name(table)}" ${where} ORDER BY ${columns} LIMIT ${limit}`,
      ...(after ?? []),
      ...(until ?? []),
    );
  }

  /** Puts another set's tables in the place of this one's. */
  replaceWith(other: Views): void {
    for (const table of tables) {
      this.#sql.run(`DROP TABLE "${this.#name(table)}"`);
      this.#sql.run(`ALTER TABLE "${other.#name(table)}" RENAME TO "${this.#name(table)}"`);
    }
  }

  /** Every row of a view's table, by its key. */
  rows(name: string): Row[] {
    const table = tables.find((table) => table.name === name);
    if (table === undefined) return [];
    const order = table.key.map((column) => `"${column}"`).join(", ");
    return this.#sql.run(`SELECT * FROM "${this.#name(table)}" ORDER BY ${order}`);
  }

  /** Removes this set. */
  drop(): void {
    for (const table of tables) this.#sql.run(`DROP TABLE IF EXISTS "${this.#name(table)}"`);
  }

  #name(table: Table): string {
    return `${table.name}${this.#suffix}`;
  }

  #where(table: Table): string {
    return table.key.map((column) => `"${column}" = ?`).join(" AND ");
  }

  #read(table: Table, key: readonly Cell[]): Row | undefined {
    return this.#sql.run(
      `SELECT * FROM "${this.#name(table)}" WHERE ${this.#where(table)}`,
      ...key,
    )[0];
  }

  #insert(table: Table, row: Row): void {
    let statement = this.#inserts.get(table);
    if (statement === undefined) {
      statement = `INSERT INTO "${this.#name(table)}" VALUES (${table.columns.map(() => "?").join(", ")})`;
      this.#inserts.set(table, statement);
    }
    this.#sql.run(statement, ...table.columns.map(({ name }) => row[name] ?? null));
  }

  #update(table: Table, row: Row): void {
    const names = table.columns.map((column) => column.name);
    const rest = names.filter((column) => !table.key.includes(column));
    this.#sql.run(
      `UPDATE "${this.#name(table)}" SET ${rest.map((column) => `"${column}" = ?`).join(", ")} WHERE ${this.#where(table)}`,
      ...rest.map((column) => row[column] ?? null),
      ...table.key.map((column) => row[column] ?? null),
    );
  }

  #delete(table: Table, key: readonly Cell[]): void {
    this.#sql.run(`DELETE FROM "${this.#name(table)}" WHERE ${this.#where(table)}`, ...key);
  }
}
