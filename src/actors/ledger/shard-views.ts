/**
 * The live views of a shard: folded as events come, and folded anew when their version changes.
 *
 * Invariants: the views are the fold of the log's first events, all of them unless they are being
 * folded anew, and how many is kept in the same transaction; nobody reads them before they are whole.
 */
import { unseal, type EventEnvelope, type SealedEvent } from "#events/envelope.ts";
import { upcast } from "#events/upcast.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { requestIdsOf, tables, viewsVersion, type Workbench } from "#projections/fold-batch.ts";
import type { Row } from "#projections/projection.ts";
import type { BaseReader } from "./base-reader.ts";
import type { Faults } from "./faults.ts";
import { archiveRetryMs, baseLinesAtOnce, rebuildEventsMax } from "./limits.ts";
import type { Log } from "./log.ts";
import type { Meta } from "./meta.ts";
import { ViewsRebuilding } from "./rebuilding.ts";
import { firstIdAt } from "./queries.ts";
import { Refold } from "./refold.ts";
import type { CountingSql } from "./sql.ts";
import { Views } from "./views.ts";

type ReadEvents = (pos: number, limit: number) => Promise<readonly SealedEvent[]>;

/** What the views are folded from, and where they are kept. */
export interface ShardViewsSetup {
  sql: CountingSql;
  meta: Meta;
  log: Log;
  faults: Faults;
  /** Runs a transaction. */
  readonly atomically: <T>(work: () => T) => T;
  /** Events from a position on, out of the log or the archive. */
  readonly eventsFrom: ReadEvents;
  /** The same out of the archive alone; none after what it has. */
  readonly archivedFrom: ReadEvents;
  /** What stands for the events that are not kept. */
  base: BaseReader;
}

/** How many events the views are the fold of; kept while they are fewer than the log has. */
const FOLDED = "views-folded";
/** How many lines of the base are in them; kept while they begin with it. */
const BEGUN = "views-begun";

export class ShardViews {
  readonly #setup: ShardViewsSetup;
  readonly #views: Views;
  /** As kept; undefined when the views are whole. */
  #folded: number | undefined;
  #catchingUp: Promise<number> | undefined;

  constructor(setup: ShardViewsSetup) {
    this.#setup = setup;
    const { sql, meta, log, atomically } = setup;
    if (meta.get("views") !== viewsVersion) {
      atomically(() => {
        // Tables of an older version may have another shape, so they go before the new ones are made.
        discardViews(sql);
        meta.set("views", viewsVersion);
        meta.set(FOLDED, "0");
        meta.remove(BEGUN);
      });
    }
    this.#views = new Views(sql);
    const folded = meta.get(FOLDED);
    this.#folded = folded === undefined ? undefined : Number(folded);
    // A short log is folded at once; a long one by alarms, as the actor would not answer meanwhile.
    const isShort = log.size - (this.#folded ?? 0) <= rebuildEventsMax;
    if (this.#folded !== undefined && isShort && log.completeFrom <= this.#folded) {
      const events = log.eventsAt(this.#folded, rebuildEventsMax);
      atomically(() => this.#foldOn(events));
    }
  }

  /** False while views of a newer version are being folded. */
  get isWhole(): boolean {
    return this.#folded === undefined;
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

  /** Folds new events, or leaves them to the folding that is under way; returns changed entries. */
  fold(events: readonly EventEnvelope[]): AuditEntry[] {
    return this.isWhole ? this.foldInto(this.#views, events).entries() : [];
  }

  /**
   * Folds a bounded part of what the views lack. Returns when to come again, milliseconds; Infinity
   * once they are whole.
   */
  catchUp(at: number): Promise<number> {
    this.#catchingUp ??= this.#catchUp(at).finally(() => (this.#catchingUp = undefined));
    return this.#catchingUp;
  }

  async #catchUp(at: number): Promise<number> {
    const { eventsFrom, atomically, faults } = this.#setup;
    if (this.#folded === undefined) return Infinity;
    try {
      const base = this.#setup.base.standing;
      if (base !== undefined && this.#folded < base.pos) {
        await this.#begin(base.pos);
        return at;
      }
      const events = await eventsFrom(this.#folded, rebuildEventsMax);
      atomically(() => this.#foldOn(events));
      return this.isWhole ? Infinity : at;
    } catch (error) {
      // The archive may be out of reach for a while; the next part begins where this one did.
      const why = error instanceof Error ? error.message : "the archive cannot be read";
      const message = `the views cannot be folded: ${why}`;
      faults.note({ stream: "", epoch: 0, seq: this.#folded, kind: "mismatch", message });
      return at + archiveRetryMs;
    }
  }

  /** Puts some lines of the base into the live views. */
  async #begin(pos: number): Promise<void> {
    const { sql, meta, atomically, base } = this.#setup;
    const from = Number(meta.get(BEGUN) ?? 0);
    const { lines, end } = await base.part(from, baseLinesAtOnce);
    atomically(() => {
      if (from === 0) {
        // What was folded so far came from events that are gone now.
        discardViews(sql);
        this.#views.create();
      }
      this.#views.restore(lines);
      meta.set(BEGUN, String(from + lines.length));
      if (!end) return;
      meta.remove(BEGUN);
      meta.set(FOLDED, String(pos));
      this.#folded = pos;
    });
  }

  /** Removes entries of the list from before a moment that have ended, at most `limit`. */
  forgetEntries(before: number, limit: number): number {
    return this.sql.run(
      `DELETE FROM audit WHERE id IN (
         SELECT id FROM audit WHERE id < ? AND outcome <> 'admitted' ORDER BY id LIMIT ?
       ) RETURNING id`,
      firstIdAt(before),
      limit,
    ).length;
  }

  /** Folds the next events into the live views; the caller's transaction is around it. */
  #foldOn(sealed: readonly SealedEvent[]): void {
    const { meta, log } = this.#setup;
    const folded = (this.#folded ?? 0) + sealed.length;
    const events = sealed.map((event) => unseal(event));
    this.foldInto(this.#views, events);
    if (folded < log.size) meta.set(FOLDED, String(folded));
    else meta.remove(FOLDED);
    this.#folded = folded < log.size ? folded : undefined;
  }

  #assertWhole(): void {
    if (this.#folded === undefined) return;
    throw new ViewsRebuilding({ done: this.#folded, of: this.#setup.log.size });
  }

  /** A pass over the whole log beside the live views. */
  refold(): Refold {
    const { sql, log, atomically, eventsFrom, archivedFrom, base } = this.#setup;
    const foldInto = (views: Views, events: readonly EventEnvelope[]): void =>
      void this.foldInto(views, events);
    const live = this.#views;
    const sources = { eventsFrom, archivedFrom, base };
    return new Refold({ sql, log, live, atomically, ...sources, foldInto });
  }

  /** Folds events into a set of tables; one that no view can read is parked as a fault. */
  foldInto(views: Views, events: readonly EventEnvelope[]): Workbench {
    const workbench = views.workbench(requestIdsOf(events));
    for (const event of events) this.#fold(workbench, event);
    views.write(workbench);
    return workbench;
  }

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
}

function discardViews(sql: CountingSql): void {
  // Also those that only older versions had.
  for (const table of ["cost", "usage", ...tables.map(({ name }) => name)])
    sql.run(`DROP TABLE IF EXISTS "${table}"`);
}
