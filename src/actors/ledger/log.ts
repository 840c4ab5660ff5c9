/**
 * The collected log: every event of every stream of a shard, with the exact text that was hashed.
 *
 * A row is a run of one stream, so a batch costs one row however many events it has. The head of a
 * stream is that of its last row. Rows are never changed: triggers guard them.
 */
import { EMPTY_HEAD, type Head, type SealedEvent } from "#events/envelope.ts";
import { logRowCharsMax } from "./limits.ts";
import type { CountingSql } from "./sql.ts";

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS log (
    stream TEXT NOT NULL, epoch INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    head TEXT NOT NULL, events TEXT NOT NULL, PRIMARY KEY (stream, epoch, first)
  ) STRICT, WITHOUT ROWID`,
  "CREATE TRIGGER IF NOT EXISTS log_no_update BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
  "CREATE TRIGGER IF NOT EXISTS log_no_delete BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
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

export class Log {
  readonly #sql: CountingSql;

  constructor(sql: CountingSql) {
    this.#sql = sql;
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

  /** Events of a stream's newest epoch from `seq` on, in order. */
  read(stream: string, seq: number, limit: number): SealedEvent[] {
    const { epoch } = this.head(stream);
    const [start] = this.#sql.run<{ first: number }>(
      "SELECT first FROM log WHERE stream = ? AND epoch = ? AND first <= ? ORDER BY first DESC LIMIT 1",
      stream,
      epoch,
      seq,
    );
    let next = start?.first ?? 0;
    const events: SealedEvent[] = [];
    while (events.length < limit) {
      const [row] = this.#sql.run<LogRow>(
        "SELECT first, events FROM log WHERE stream = ? AND epoch = ? AND first >= ? ORDER BY first LIMIT 1",
        stream,
        epoch,
        next,
      );
      if (row === undefined) break;
      const run = decode(row.first, row.events);
      next = row.first + run.length;
      for (const event of run) {
        if (event.seq >= seq && events.length < limit) events.push(event);
      }
    }
    return events;
  }

  /** Every run, stream by stream, each in order. */
  *runs(): Generator<SealedEvent[]> {
    let after: [string, number, number] = ["", 0, 0];
    for (;;) {
      const [row] = this.#sql.run<LogRow & { stream: string; epoch: number }>(
        "SELECT stream, epoch, first, events FROM log WHERE (stream, epoch, first) > (?, ?, ?) ORDER BY stream, epoch, first LIMIT 1",
        ...after,
      );
      if (row === undefined) return;
      after = [row.stream, row.epoch, row.first];
      yield decode(row.first, row.events);
    }
  }

  #insert(stream: string, epoch: number, run: readonly SealedEvent[]): void {
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined) return;
    this.#sql.run(
      "INSERT INTO log (stream, epoch, first, last, head, events) VALUES (?, ?, ?, ?, ?, ?)",
      stream,
      epoch,
      first.seq,
      last.seq,
      last.hash,
      encode(run),
    );
  }
}
