/**
 * The live views of a shard: folded as events come, and folded anew when their version changes or
 * somebody asks.
 */
import { unseal, type EventEnvelope } from "#events/envelope.ts";
import { upcast } from "#events/upcast.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { requestIdsOf, tables, viewsVersion, type Workbench } from "#projections/fold-batch.ts";
import type { Row } from "#projections/projection.ts";
import type { RebuildReport } from "./api.ts";
import type { Faults } from "./faults.ts";
import { rebuildEventsMax } from "./limits.ts";
import type { Log } from "./log.ts";
import type { Meta } from "./meta.ts";
import type { CountingSql } from "./sql.ts";
import { Views } from "./views.ts";

/** What the views are folded from, and where they are kept. */
export interface ShardViewsSetup {
  sql: CountingSql;
  meta: Meta;
  log: Log;
  faults: Faults;
  /** Runs a transaction. */
  readonly atomically: <T>(work: () => T) => T;
  /** What was trimmed from the log, out of the archive. */
  readonly archivedBefore: (pos: number) => AsyncIterable<readonly EventEnvelope[]>;
}

export class ShardViews {
  readonly #setup: ShardViewsSetup;
  readonly #views: Views;
  #isWhole = true;
  #rebuilding: Promise<RebuildReport> | undefined;

  constructor(setup: ShardViewsSetup) {
    this.#setup = setup;
    const { sql, meta, log, atomically } = setup;
    const stale = meta.get("views") !== viewsVersion;
    // Tables of an older version may have another shape, so they go before the new ones are made.
    if (stale) atomically(() => discardViews(sql));
    this.#views = new Views(sql);
    if (stale && log.completeFrom > 0) {
      this.#isWhole = false;
    } else if (stale) {
      atomically(() => {
        this.#foldLog(this.#views, 0);
        meta.set("views", viewsVersion);
      });
    }
  }

  /** False while views of a newer version wait to be folded from the archive: then rebuild. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** The tables to ask, once they are whole. */
  get sql(): CountingSql {
    this.#assertWhole();
    return this.#setup.sql;
  }

  /** Every row of a view, once they are whole. */
  rows(name: string): Row[] {
    this.#assertWhole();
    return this.#views.rows(name);
  }

  /** Folds new events; returns the audit entries that changed. */
  fold(events: readonly EventEnvelope[]): AuditEntry[] {
    return this.#foldInto(this.#views, events).entries();
  }

  /** Folds everything into fresh tables, compares, swaps. */
  rebuild(): Promise<RebuildReport> {
    this.#rebuilding ??= this.#rebuild().finally(() => (this.#rebuilding = undefined));
    return this.#rebuilding;
  }

  #assertWhole(): void {
    if (this.#isWhole) return;
    throw new Error("the views are being folded from the archive; ask again in a moment");
  }

  async #rebuild(): Promise<RebuildReport> {
    const { sql, meta, log, faults, atomically, archivedBefore } = this.#setup;
    new Views(sql, "_next").drop();
    const fresh = new Views(sql, "_next");
    // What was trimmed comes from the archive, while live views go on; the rest in one transaction.
    const from = log.completeFrom;
    let archived = 0;
    for await (const events of archivedBefore(from)) {
      atomically(() => this.#foldInto(fresh, events));
      archived += events.length;
    }
    // Trimming went on meanwhile: then the archive has more than was read of it.
    if (log.completeFrom > from) return this.#rebuild();
    return atomically(() => {
      const events = archived + this.#foldLog(fresh, from);
      const differences = this.#isWhole ? this.#views.differences(fresh) : 0;
      if (differences > 0) {
        const message = `${differences} rows differed from the fold of the log`;
        faults.note({ stream: "", epoch: 0, seq: 0, kind: "mismatch", message });
      }
      this.#views.replaceWith(fresh);
      meta.set("views", viewsVersion);
      this.#isWhole = true;
      return { events, differences };
    });
  }

  /** Folds one event; one that no view can read is parked as a fault, and the others go on. */
  #fold(workbench: Workbench, event: EventEnvelope): void {
    const read = upcast(event);
    const { stream, epoch, seq } = read.event;
    const park = (message: string): void =>
      this.#setup.faults.note({ stream, epoch, seq, kind: "malformed", message });
    if (read.kind === "malformed") park(read.message);
    if (read.kind !== "known") return;
    try {
      workbench.apply(read.event);
    } catch (error) {
      park(error instanceof Error ? error.message : "a fold failed");
    }
  }

  /** Folds what the log has from a position on; bounded memory. */
  #foldLog(views: Views, from: number): number {
    let events = 0;
    let pending: EventEnvelope[] = [];
    for (const run of this.#setup.log.runs(from)) {
      for (const sealed of run.events) pending.push(unseal(sealed));
      events += run.events.length;
      if (pending.length < rebuildEventsMax) continue;
      this.#foldInto(views, pending);
      pending = [];
    }
    this.#foldInto(views, pending);
    return events;
  }

  #foldInto(views: Views, events: readonly EventEnvelope[]): Workbench {
    const workbench = views.workbench(requestIdsOf(events));
    for (const event of events) this.#fold(workbench, event);
    views.write(workbench);
    return workbench;
  }
}

function discardViews(sql: CountingSql): void {
  // Also those that only older versions had.
  for (const table of ["cost", "usage", ...tables.map(({ name }) => name)])
    sql.run(`DROP TABLE IF EXISTS "${table}"`);
}
