/**
 * The collected log: every event of every stream of a shard, with the exact text that was hashed.
 *
 * A row is a run of one stream, so a batch costs one row, and one of the index, however many events
 * it has. The head of a stream is that of its last row. `pos` numbers the events of the shard in the
 * order in which they came, from 0. Rows are never changed, and none goes before the archive has it:
 * triggers guard them.
 */
import { EMPTY_HEAD, type Head, type SealedEvent } from "#events/envelope.ts";
import { logRowCharsMax } from "./limits.ts";
import type { CountingSql } from "./sql.ts";

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS log (
    stream TEXT NOT NULL, epoch INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    head TEXT NOT NULL, pos INTEGER NOT NULL, events TEXT NOT NULL,
    PRIMARY KEY (stream, epoch, first)
  ) STRICT, WITHOUT ROWID`,
  "CREATE UNIQUE INDEX IF NOT EXISTS log_by_pos ON log (pos)",
  "CREATE TABLE IF NOT EXISTS archived (one INTEGER PRIMARY KEY CHECK (one = 1), pos INTEGER NOT NULL, trimmed INTEGER NOT NULL) STRICT",
  "CREATE TRIGGER IF NOT EXISTS log_no_update BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
  `CREATE TRIGGER IF NOT EXISTS log_kept BEFORE DELETE ON log
   WHEN OLD.pos + OLD.last - OLD.first >= coalesce((SELECT pos FROM archived), 0)
   BEGIN SELECT RAISE(ABORT, 'the archive does not have these events yet'); END`,
];

/** Gives a log of before positions were kept its order: stream by stream. */
const NUMBER_ROWS = [
  "DROP TRIGGER IF EXISTS log_no_update",
  "DROP TRIGGER IF EXISTS log_no_delete",
  "ALTER TABLE log ADD COLUMN pos INTEGER NOT NULL DEFAULT -1",
  `UPDATE log SET pos = before.pos FROM (
    SELECT stream, epoch, first, sum(last - first + 1) OVER (ORDER BY stream, epoch, first)
      - (last - first + 1) AS pos FROM log
   ) AS before
   WHERE (log.stream, log.epoch, log.first) = (before.stream, before.epoch, before.first)`,
];

/** Lines of `{hash} {body}`: canonical JSON holds no line breaks. */
function encode(events: readonly SealedEvent[]): string {
  return events.map((event) => `${event.hash} ${event.body}`).join("\n");
}

function decode(first: number, text: string): SealedEvent[] {
  return text.split("\n").map((line, index) => ({
    seq: first + index,
    hash: line.slice(0, 64),
    body: line.slice(65),
  }));
}

type LogRow = { first: number; events: string };

/** A run of one stream and where it is in the shard. */
export interface LogRun {
  pos: number;
  stream: string;
  epoch: number;
  events: SealedEvent[];
}

export class Log {
  readonly #sql: CountingSql;

  constructor(sql: CountingSql) {
    this.#sql = sql;
    const columns = sql.run<{ name: string }>("SELECT name FROM pragma_table_info('log')");
    const isOld = columns.length > 0 && !columns.some(({ name }) => name === "pos");
    if (isOld) for (const statement of NUMBER_ROWS) sql.run(statement);
    for (const statement of SCHEMA) sql.run(statement);
  }

  /** Where a stream stands in this ledger. */
  head(stream: string): Head {
    const [row] = this.#sql.run<{ epoch: number; last: number; head: string }>(
      "SELECT epoch, last, head FROM log WHERE stream = ? ORDER BY epoch DESC, first DESC LIMIT 1",
      stream,
    );
    return row === undefined ? EMPTY_HEAD : { epoch: row.epoch, seq: row.last, hash: row.head };
  }

  /** Adds a run that follows the stream's head; the caller has checked that it does. */
  append(stream: string, epoch: number, events: readonly SealedEvent[]): void {
    let run: SealedEvent[] = [];
    let chars = 0;
    for (const event of events) {
      if (run.length > 0 && chars + event.body.length > logRowCharsMax) {
        this.#insert(stream, epoch, run);
        run = [];
        chars = 0;
      }
      run.push(event);
      chars += event.body.length;
    }
    this.#insert(stream, epoch, run);
  }

  /** Events of a stream from `seq` on, in order; numbers go on from one epoch to the next. */
  read(stream: string, seq: number, limit: number): SealedEvent[] {
    let next = this.#runOf(stream, seq) ?? { epoch: 0, first: 0 };
    const events: SealedEvent[] = [];
    while (events.length < limit) {
      const [row] = this.#sql.run<LogRow & { epoch: number }>(
        "SELECT epoch, first, events FROM log WHERE stream = ? AND (epoch, first) >= (?, ?) ORDER BY epoch, first LIMIT 1",
        stream,
        next.epoch,
        next.first,
      );
      if (row === undefined) break;
      const run = decode(row.first, row.events);
      next = { epoch: row.epoch, first: row.first + run.length };
      for (const event of run) {
        if (event.seq >= seq && events.length < limit) events.push(event);
      }
    }
    return events;
  }

  /** The run that holds an event; none when it is not here. */
  #runOf(stream: string, seq: number): { epoch: number; first: number } | undefined {
    for (let { epoch } = this.head(stream); epoch > 0; epoch -= 1) {
      const [row] = this.#sql.run<{ first: number }>(
        "SELECT first FROM log WHERE stream = ? AND epoch = ? AND first <= ? ORDER BY first DESC LIMIT 1",
        stream,
        epoch,
        seq,
      );
      if (row !== undefined) return { epoch, first: row.first };
    }
    return undefined;
  }

  /** Streams of a prefix after a name, in order. A stream's last run is always here. */
  streams(prefix: string, after: string, limit: number): string[] {
    const names: string[] = [];
    for (let last = after; names.length < limit;) {
      const [row] = this.#sql.run<{ stream: string | null }>(
        "SELECT min(stream) AS stream FROM log WHERE stream > ? AND stream >= ?",
        last,
        prefix,
      );
      if (row?.stream == null || !row.stream.startsWith(prefix)) break;
      last = row.stream;
      names.push(last);
    }
    return names;
  }

  /** The position after the last event: how many the shard has taken. */
  get size(): number {
    const [row] = this.#sql.run<{ size: number }>(
      "SELECT pos + last - first + 1 AS size FROM log ORDER BY pos DESC LIMIT 1",
    );
    return row?.size ?? 0;
  }

  /** The position up to which the archive has everything. */
  get archived(): number {
    return this.#sql.run<{ pos: number }>("SELECT pos FROM archived")[0]?.pos ?? 0;
  }

  /** Notes that the archive has everything before a position. */
  setArchived(pos: number): void {
    this.#sql.run(
      "INSERT INTO archived VALUES (1, ?, 0) ON CONFLICT DO UPDATE SET pos = excluded.pos",
      pos,
    );
  }

  /** The position from which on the log itself has everything. */
  get completeFrom(): number {
    return this.#sql.run<{ pos: number }>("SELECT trimmed AS pos FROM archived")[0]?.pos ?? 0;
  }

  /** The runs from a position on, in the order in which they came. */
  *runs(from = 0): Generator<LogRun> {
    let pos = from;
    for (;;) {
      const [row] = this.#sql.run<LogRow & { pos: number; stream: string; epoch: number }>(
        "SELECT pos, stream, epoch, first, events FROM log WHERE pos >= ? ORDER BY pos LIMIT 1",
        pos,
      );
      if (row === undefined) return;
      const { stream, epoch } = row;
      yield { pos: row.pos, stream, epoch, events: decode(row.first, row.events) };
      pos = row.pos + 1;
    }
  }

  /**
   * Events from a position on, in the order in which they came; none when the first of them is not
   * here any more, fewer than `limit` before one that is not.
   */
  eventsAt(pos: number, limit: number): SealedEvent[] {
    const events: SealedEvent[] = [];
    while (events.length < limit) {
      const next = pos + events.length;
      const [row] = this.#sql.run<LogRow & { pos: number }>(
        "SELECT pos, first, events FROM log WHERE pos <= ? ORDER BY pos DESC LIMIT 1",
        next,
      );
      const run = row === undefined ? [] : decode(row.first, row.events).slice(next - row.pos);
      if (run.length === 0) break;
      events.push(...run.slice(0, limit - events.length));
    }
    return events;
  }

  /**
   * Removes runs before a position, at most `limit`; each stream's last stays, as it is its head.
   * Returns how many went.
   */
  trim(before: number, limit: number): number {
    this.#sql.run("UPDATE archived SET trimmed = ? WHERE trimmed < ?", before, before);
    const rows = this.#sql.run(
      `DELETE FROM log WHERE pos IN (
         SELECT pos FROM log AS old WHERE pos + last - first < ? AND EXISTS (
           SELECT 1 FROM log AS later WHERE later.stream = old.stream
             AND (later.epoch, later.first) > (old.epoch, old.first)
         ) ORDER BY pos LIMIT ?
       ) RETURNING pos`,
      before,
      limit,
    );
    return rows.length;
  }

  #insert(stream: string, epoch: number, run: readonly SealedEvent[]): void {
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined) return;
    this.#sql.run(
      "INSERT INTO log (stream, epoch, first, last, head, pos, events) VALUES (?, ?, ?, ?, ?, ?, ?)",
      stream,
      epoch,
      first.seq,
      last.seq,
      last.hash,
      this.size,
      encode(run),
    );
  }
}
