/** What went wrong and needs a human: kept once each, and only so many. */
import type { LedgerFault } from "./api.ts";
import { faultsMax } from "./limits.ts";
import type { CountingSql } from "./sql.ts";

const SCHEMA = `CREATE TABLE IF NOT EXISTS faults (
  stream TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL,
  message TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (stream, epoch, seq, kind)
) STRICT, WITHOUT ROWID`;

export class Faults {
  readonly #sql: CountingSql;

  constructor(sql: CountingSql) {
    this.#sql = sql;
    sql.run(SCHEMA);
  }

  /** Keeps a fault unless it is known or there are too many. */
  record(fault: LedgerFault): void {
    this.#sql.run(
      `INSERT INTO faults SELECT ?, ?, ?, ?, ?, ?
       WHERE (SELECT count(*) FROM faults) < ? ON CONFLICT DO NOTHING`,
      fault.stream,
      fault.epoch,
      fault.seq,
      fault.kind,
      fault.message.slice(0, 500),
      fault.at,
      faultsMax,
    );
  }

  /** Keeps a fault that is seen now. */
  note(fault: Omit<LedgerFault, "at">): void {
    this.record({ ...fault, at: Date.now() });
  }

  /** Forgets the forks of a stream that has said itself what became of them. */
  resolveForks(stream: string): void {
    this.#sql.run("DELETE FROM faults WHERE stream = ? AND kind = 'fork'", stream);
  }

  /** Forgets that the archive was in the way of itself: it goes on. */
  resolveArchive(): void {
    this.#sql.run(
      "DELETE FROM faults WHERE stream = '' AND epoch = 0 AND seq = 0 AND kind = 'mismatch'",
    );
  }

  list(): LedgerFault[] {
    return this.#sql.run<LedgerFault & Record<string, string | number>>(
      "SELECT stream, epoch, seq, kind, message, at FROM faults ORDER BY at, stream, epoch, seq",
    );
  }
}
