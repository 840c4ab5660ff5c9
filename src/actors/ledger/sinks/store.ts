/**
 * What a shard keeps of each sink: how far it is, when to try again, and what it would not take.
 *
 * A dead letter is a position, not a copy: the event itself is in the log or the archive.
 */
import type { CountingSql } from "../sql.ts";

/** The part of the SQL layer that this needs. */
export type Sql = Pick<CountingSql, "run">;

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS sinks (
    lane TEXT PRIMARY KEY, pos INTEGER NOT NULL, failures INTEGER NOT NULL, next_at INTEGER NOT NULL,
    batch INTEGER NOT NULL, sent INTEGER NOT NULL, sent_at INTEGER NOT NULL, trouble TEXT
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS dead_letters (
    lane TEXT NOT NULL, pos INTEGER NOT NULL, at INTEGER NOT NULL, status INTEGER NOT NULL,
    again INTEGER NOT NULL, PRIMARY KEY (lane, pos)
  ) STRICT, WITHOUT ROWID`,
  "CREATE TABLE IF NOT EXISTS sinks_looked (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL) STRICT",
];

/** A lane's row. `pos` is the first event that was not taken yet, `batch` how many go at once. */
export interface LaneRow {
  lane: string;
  pos: number;
  failures: number;
  nextAt: number;
  batch: number;
  sent: number;
  sentAt: number;
  trouble: string | null;
}

/** An event that a sink refused: its position, when, and the HTTP status. */
export interface DeadLetter {
  lane: string;
  pos: number;
  at: number;
  status: number;
  /** True once somebody asked for it to be sent again. */
  again: boolean;
}

type Cells<T> = T & Record<string, string | number | null>;

export class SinkStore {
  readonly #sql: Sql;
  /** Every ingest asks whether there are lanes: they are read once. */
  #lanes: readonly LaneRow[] | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
    for (const statement of SCHEMA) sql.run(statement);
  }

  lanes(): readonly LaneRow[] {
    this.#lanes ??= this.#sql.run<Cells<LaneRow>>(
      `SELECT lane, pos, failures, next_at AS nextAt, batch, sent, sent_at AS sentAt, trouble
       FROM sinks ORDER BY lane`,
    );
    return this.#lanes;
  }

  /** The shard's size when it last looked at the policy: where a sink that is new begins. */
  get lookedSize(): number {
    return this.#sql.run<{ size: number }>("SELECT size FROM sinks_looked")[0]?.size ?? 0;
  }

  setLookedSize(size: number): void {
    if (size === this.lookedSize) return;
    this.#sql.run(
      "INSERT INTO sinks_looked VALUES (1, ?) ON CONFLICT DO UPDATE SET size = excluded.size",
      size,
    );
  }

  lane(lane: string): LaneRow | undefined {
    return this.lanes().find((row) => row.lane === lane);
  }

  /** Begins a lane at a position; one that is there stays where it is. */
  begin(lane: string, pos: number, batch: number): void {
    this.#lanes = undefined;
    this.#sql.run(
      "INSERT INTO sinks VALUES (?, ?, 0, 0, ?, 0, 0, NULL) ON CONFLICT DO NOTHING",
      lane,
      pos,
      batch,
    );
  }

  /** Forgets a lane that policy no longer has, and its dead letters. */
  end(lane: string): void {
    this.#lanes = undefined;
    this.#sql.run("DELETE FROM sinks WHERE lane = ?", lane);
    this.#sql.run("DELETE FROM dead_letters WHERE lane = ?", lane);
  }

  write({ lane, pos, failures, nextAt, batch, sent, sentAt, trouble }: LaneRow): void {
    this.#lanes = undefined;
    this.#sql.run(
      `UPDATE sinks SET pos = ?, failures = ?, next_at = ?, batch = ?, sent = ?, sent_at = ?,
       trouble = ? WHERE lane = ?`,
      pos,
      failures,
      nextAt,
      batch,
      sent,
      sentAt,
      trouble,
      lane,
    );
  }

  deadLetters(lane: string, limit: number, onlyAgain = false): DeadLetter[] {
    return this.#sql
      .run<Cells<Omit<DeadLetter, "again"> & { again: number }>>(
        `SELECT lane, pos, at, status, again FROM dead_letters
         WHERE lane = ? AND again >= ? ORDER BY pos LIMIT ?`,
        lane,
        onlyAgain ? 1 : 0,
        limit,
      )
      .map((row) => ({ ...row, again: row.again === 1 }));
  }

  /** The first event that some sink has not taken, or has refused and may be sent again. */
  get neededFrom(): number {
    const [row] = this.#sql.run<{ pos: number | null }>(
      "SELECT min(pos) AS pos FROM (SELECT pos FROM sinks UNION ALL SELECT pos FROM dead_letters)",
    );
    return row?.pos ?? Infinity;
  }

  deadCount(lane: string): number {
    const [row] = this.#sql.run<{ n: number }>(
      "SELECT count(*) AS n FROM dead_letters WHERE lane = ?",
      lane,
    );
    return row?.n ?? 0;
  }

  bury(lane: string, pos: number, at: number, status: number): void {
    this.#sql.run(
      `INSERT INTO dead_letters VALUES (?, ?, ?, ?, 0)
       ON CONFLICT (lane, pos) DO UPDATE SET at = excluded.at, status = excluded.status, again = 0`,
      lane,
      pos,
      at,
      status,
    );
  }

  unbury(lane: string, pos: number): void {
    this.#sql.run("DELETE FROM dead_letters WHERE lane = ? AND pos = ?", lane, pos);
  }

  /** Marks a lane's dead letters to be sent again; returns how many. */
  markAgain(lane: string): number {
    return this.#sql.run(
      "UPDATE dead_letters SET again = 1 WHERE lane = ? AND again = 0 RETURNING pos",
      lane,
    ).length;
  }
}
