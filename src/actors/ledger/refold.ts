/**
 * The views folded anew beside the live ones, and compared with them, in bounded steps while traffic
 * goes on: what a rebuild and the self-audit do.
 *
 * Invariants: what the archive has is read from the archive, so that a log that was altered differs
 * from it; a row is compared only when both sets are folds of the same events, within one
 * transaction; the state between two steps is plain data, so a pass goes on after a restart.
 */
import * as z from "zod";
import { unseal, type EventEnvelope, type SealedEvent } from "#events/envelope.ts";
import { auditTable } from "#projections/audit.ts";
import { budgets } from "#projections/budgets.ts";
import { tables, viewsVersion } from "#projections/fold-batch.ts";
import type { Cell } from "#projections/projection.ts";
import { HOUR_MS } from "#projections/sums.ts";
import type { BaseReader } from "./base-reader.ts";
import { baseLinesAtOnce, compareRowsMax, rebuildEventsMax } from "./limits.ts";
import type { Log } from "./log.ts";
import { firstIdAt, ID_SLACK_MS } from "./queries.ts";
import type { CountingSql } from "./sql.ts";
import { Views } from "./views.ts";

/** How far a pass is. */
export const RefoldState = z.object({
  /** Version of the views that it folds. */
  views: z.string(),
  /** Events folded so far. */
  pos: z.number(),
  /** Up to where the archive reached when the pass began. */
  archived: z.number(),
  /** The table that is compared, and the last key of it that was; null before its first. */
  table: z.number(),
  key: z.array(z.union([z.string(), z.number(), z.null()])).nullable(),
  /** Rows that only one set had. */
  differences: z.number(),
  /** The view and the key of the first of them. */
  first: z.string().optional(),
  done: z.boolean(),
  /** Where it begins with a base: of how many segments, and how many of its lines it has. */
  base: z.object({ n: z.number(), lines: z.number(), whole: z.boolean() }).optional(),
});
export type RefoldState = z.infer<typeof RefoldState>;

type ReadEvents = (pos: number, limit: number) => Promise<readonly SealedEvent[]>;

export interface RefoldSetup {
  sql: CountingSql;
  log: Log;
  live: Views;
  readonly atomically: <T>(work: () => T) => T;
  /** Events from a position on, wherever they are. */
  readonly eventsFrom: ReadEvents;
  /** The same out of the archive alone; none after what it has. */
  readonly archivedFrom: ReadEvents;
  /** What stands for the events that are not kept. */
  base: BaseReader;
  readonly foldInto: (views: Views, events: readonly EventEnvelope[]) => void;
}

export class Refold {
  readonly #setup: RefoldSetup;
  readonly #fresh: Views;

  constructor(setup: RefoldSetup) {
    this.#setup = setup;
    this.#fresh = new Views(setup.sql, "_fresh");
  }

  /** Starts over, whatever an earlier pass left; the caller's transaction is around it. */
  begin(): RefoldState {
    this.#fresh.drop();
    this.#fresh.create();
    const { archived } = this.#setup.log;
    const { standing } = this.#setup.base;
    const start = { pos: standing?.pos ?? 0, table: 0, key: null, differences: 0, done: false };
    const base = standing && { base: { n: standing.n, lines: 0, whole: false } };
    return { views: viewsVersion, archived, ...start, ...base };
  }

  /** Whether a pass can go on: the views are the same, and what it begins with is. */
  isCurrent({ views, base }: RefoldState): boolean {
    return views === viewsVersion && base?.n === this.#setup.base.standing?.n;
  }

  /**
   * One step: folds some events, or compares some rows. `keep` is called with the state after it in
   * the step's own transaction.
   */
  async step(state: RefoldState, keep: (next: RefoldState) => void): Promise<RefoldState> {
    const { atomically } = this.#setup;
    if (state.base?.whole === false) return this.#begin(state, state.base, keep);
    const events = this.#isFar(state) ? await this.#read(state) : undefined;
    return atomically(() => {
      const next =
        events === undefined ? this.#compare(this.#catchUp(state)) : this.#fold(state, events);
      keep(next);
      return next;
    });
  }

  /** Puts some lines of the base into the fresh tables. */
  async #begin(
    state: RefoldState,
    { n, lines: from }: NonNullable<RefoldState["base"]>,
    keep: (next: RefoldState) => void,
  ): Promise<RefoldState> {
    const { base, atomically } = this.#setup;
    const { lines, end } = await base.part(from, baseLinesAtOnce);
    return atomically(() => {
      this.#fresh.restore(lines);
      const next = { ...state, base: { n, lines: from + lines.length, whole: end } };
      keep(next);
      return next;
    });
  }

  /** Puts the fresh tables in the place of the live ones. */
  swap(): void {
    this.#setup.live.replaceWith(this.#fresh);
  }

  /** Removes the fresh tables. */
  drop(): void {
    this.#fresh.drop();
  }

  /** Whether more is lacking than what one transaction may read from the log. */
  #isFar({ pos, archived }: RefoldState): boolean {
    const { log } = this.#setup;
    return pos < archived || log.completeFrom > pos || log.size - pos > rebuildEventsMax;
  }

  async #read({ pos, archived }: RefoldState): Promise<readonly SealedEvent[]> {
    const { archivedFrom, eventsFrom } = this.#setup;
    const events = pos < archived ? await archivedFrom(pos, rebuildEventsMax) : [];
    return events.length > 0 ? events : eventsFrom(pos, rebuildEventsMax);
  }

  /** Folds what came since the last step. */
  #catchUp(state: RefoldState): RefoldState {
    const { log } = this.#setup;
    return this.#fold(state, log.eventsAt(state.pos, log.size - state.pos));
  }

  #fold(state: RefoldState, sealed: readonly SealedEvent[]): RefoldState {
    if (sealed.length === 0) return state;
    const events = sealed.map((event) => unseal(event));
    this.#setup.foldInto(this.#fresh, events);
    return { ...state, pos: state.pos + sealed.length };
  }

  #compare(state: RefoldState): RefoldState {
    const { live, base } = this.#setup;
    const start = beginningOf(tables[state.table]?.name, base.standing?.through);
    const part = live.compare(this.#fresh, state.table, state.key ?? start, compareRowsMax);
    if (part === undefined) return { ...state, done: true };
    const differences = state.differences + part.differences;
    const next =
      part.last === null ? { table: state.table + 1, key: null } : { key: [...part.last] };
    const first = state.first ?? part.first;
    return { ...state, ...next, differences, ...(first === undefined ? {} : { first }) };
  }
}

/** The key after which a table is compared: what a base does not have is not looked for. */
function beginningOf(table: string | undefined, through: number | undefined): Cell[] | null {
  if (through === undefined) return null;
  // Of entries from before the base only those are kept that are open there.
  if (table === auditTable.name) return [firstIdAt(through + ID_SLACK_MS)];
  const ofBudgets = budgets.tables.find(({ name }) => name === table);
  if (ofBudgets === undefined) return null;
  // It says what budgets came to, and no more of what they spent; periods of now are after it.
  const [_hour, ...rest] = ofBudgets.key;
  return [Math.floor(through / HOUR_MS) + 0.5, ...rest.map(() => "")];
}
