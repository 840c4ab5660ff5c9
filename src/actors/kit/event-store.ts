/**
 * One stream in one actor's SQLite: append-only, hash-chained, guarded by triggers.
 *
 * Everything here is synchronous; the caller opens the transaction. The events table is also the
 * outbox: `meta.exported` says how much of it the ledger has.
 */
import {
  EMPTY_HEAD,
  seal,
  unseal,
  type Cause,
  type EventEnvelope,
  type Fact,
  type Head,
  type SealedEvent,
} from "#events/envelope.ts";
import { parseJson } from "#events/parse-json.ts";
import { recentEventsMax } from "./limits.ts";

const NO_DELETE =
  "CREATE TRIGGER IF NOT EXISTS events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END";

const SCHEMA = [
  "CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash TEXT NOT NULL) STRICT",
  "CREATE TABLE IF NOT EXISTS meta (k TEXT PRIMARY KEY, v TEXT NOT NULL) STRICT, WITHOUT ROWID",
  "CREATE TRIGGER IF NOT EXISTS events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
  NO_DELETE,
];

type Row = { seq: number; body: string; hash: string };

/** Rows in one statement: the platform binds at most 100 values. */
const rowsMax = 32;

export class EventStore {
  readonly #sql: SqlStorage;
  #head: Head;
  /** Sealed, and written with their neighbours by `write`. */
  #unwritten: SealedEvent[] = [];
  /** The last that were written, without a gap up to the head, for whoever sends them on. */
  #recent: SealedEvent[] = [];
  /** Time of the last event, milliseconds; 0 before the first. */
  lastAt = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const statement of SCHEMA) sql.exec(statement);
    this.#head = this.#readHead();
  }

  get head(): Head {
    return this.#head;
  }

  /**
   * Appends facts in order; `write` puts them in the table. Call both inside one transaction; after
   * a failed one call `reload`.
   */
  append(
    stream: { organisation: string; stream: string },
    facts: readonly Fact[],
    at: number,
    cause: Cause,
  ): SealedEvent[] {
    const appended: SealedEvent[] = [];
    for (const fact of facts) {
      const sealed = seal(this.#head, stream, fact, at, cause);
      this.#unwritten.push(sealed);
      this.#head = { epoch: this.#head.epoch, seq: sealed.seq, hash: sealed.hash };
      appended.push(sealed);
    }
    if (facts.length > 0) this.lastAt = at;
    return appended;
  }

  /** Writes what was appended, many events a statement. */
  write(): void {
    const all = this.#unwritten;
    this.#unwritten = [];
    this.#recent.push(...all);
    if (this.#recent.length > recentEventsMax) this.#recent = [];
    for (let from = 0; from < all.length; from += rowsMax) {
      const rows = all.slice(from, from + rowsMax);
      this.#sql.exec(
        `INSERT INTO events (seq, body, hash) VALUES ${rows.map(() => "(?, ?, ?)").join(", ")}`,
        ...rows.flatMap(({ seq, body, hash }) => [seq, body, hash]),
      );
    }
  }

  /** Takes events that follow the head as they are: the caller has checked the chain. */
  adopt(events: readonly SealedEvent[]): void {
    this.#unwritten.push(...events);
    this.write();
    this.#recent = [];
    this.#head = this.#readHead();
  }

  /**
   * Takes the events after `seq` out of the stream into the table `forked`, where they wait to be
   * carried on: the one exception to append-only, for a branch that the ledger does not know.
   */
  setAside(seq: number): void {
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS forked (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash TEXT NOT NULL) STRICT",
    );
    this.#sql.exec("INSERT INTO forked SELECT seq, body, hash FROM events WHERE seq > ?", seq);
    this.#sql.exec("DROP TRIGGER events_no_delete");
    this.#sql.exec("DELETE FROM events WHERE seq > ?", seq);
    this.#sql.exec(NO_DELETE);
    this.#recent = [];
    this.#head = this.#readHead();
  }

  /** What was set aside, in order. */
  get aside(): SealedEvent[] {
    return this.#sql.exec<Row>("SELECT seq, body, hash FROM forked ORDER BY seq").toArray();
  }

  /** Begins a new epoch: the next event is its first. What was set aside is gone from its table. */
  beginEpoch(): void {
    this.#head = { ...this.#head, epoch: this.#head.epoch + 1 };
    this.#sql.exec("DROP TABLE forked");
  }

  /** The hash of an event; that of no event for 0, none for one that is not here. */
  hashAt(seq: number): string | undefined {
    return seq === 0 ? EMPTY_HEAD.hash : this.read(seq, 1).find((event) => event.seq === seq)?.hash;
  }

  /** Forgets what a failed transaction left in memory. */
  reload(): void {
    this.#unwritten = [];
    this.#recent = [];
    this.#head = this.#readHead();
  }

  /** As `read`, of what nobody has asked to forget: from memory where they are still there. */
  readRecent(seq: number, limit: number): SealedEvent[] {
    const from = seq - (this.#recent[0]?.seq ?? Infinity);
    return from >= 0 ? this.#recent.slice(from, from + limit) : this.read(seq, limit);
  }

  /** Lets go of what is kept in memory of the events up to `seq`; storage has them. */
  forgetRecent(seq: number): void {
    const count = seq + 1 - (this.#recent[0]?.seq ?? Infinity);
    if (count > 0) this.#recent = this.#recent.slice(count);
  }

  /** Events from `seq` on, in order. */
  read(seq: number, limit: number): SealedEvent[] {
    return this.#sql
      .exec<Row>(
        "SELECT seq, body, hash FROM events WHERE seq >= ? ORDER BY seq LIMIT ?",
        seq,
        limit,
      )
      .toArray();
  }

  /** A value that `setMeta` kept; `undefined` when there is none. */
  getMeta(key: string): unknown {
    const row = this.#sql.exec<{ v: string }>("SELECT v FROM meta WHERE k = ?", key).toArray()[0];
    return row === undefined ? undefined : parseJson(row.v);
  }

  setMeta(key: string, value: unknown): void {
    this.setMetaText(key, JSON.stringify(value));
  }

  /** As `setMeta`, for a value that is JSON already. */
  setMetaText(key: string, json: string): void {
    this.#sql.exec(
      "INSERT INTO meta (k, v) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
      key,
      json,
    );
  }

  #readHead(): Head {
    const last = this.#sql
      .exec<Row>("SELECT seq, body, hash FROM events ORDER BY seq DESC LIMIT 1")
      .toArray()[0];
    if (last === undefined) {
      this.lastAt = 0;
      return EMPTY_HEAD;
    }
    const event: EventEnvelope = unseal(last);
    this.lastAt = event.at;
    return { epoch: event.epoch, seq: last.seq, hash: last.hash };
  }
}
