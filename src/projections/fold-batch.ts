/**
 * Folds a run of events into rows: the one runner behind live views, rebuilds and replay.
 *
 * All changes of a run are merged in memory first, so a row is written once however many events
 * touch it.
 */
import type { BaseLine } from "#events/base.ts";
import { unseal, type EventEnvelope } from "#events/envelope.ts";
import { readLine } from "#events/segment.ts";
import { upcast } from "#events/upcast.ts";
import { audit, auditTable, requestIdOf } from "./audit.ts";
import type { AuditEntry } from "./audit-entry.ts";
import { budgets } from "./budgets.ts";
import { numbers } from "./numbers.ts";
import { shadow, shadowTable } from "./shadow.ts";
import { addSums, cellsOf, dailyTable, dayOf, hourlyTable, type SumsRow } from "./sums.ts";
import type { Cell, Projection, Row, Table } from "./projection.ts";

/** Every view, in the order in which they are folded. */
export const projections: readonly Projection[] = [audit, numbers, shadow, budgets];

/** Every view's tables. */
export const tables: readonly Table[] = projections.flatMap((projection) => projection.tables);

/** The version of all views together: raised by each of theirs. */
export const viewsVersion = projections
  .map((projection) => `${projection.name}:${projection.version}`)
  .join(" ");

/** The requests that a run of events belongs to, each once: whose entries to look up together. */
export function requestIdsOf(events: readonly EventEnvelope[]): string[] {
  const ids = new Set(events.map(requestIdOf));
  return [...ids].filter((id) => id !== undefined && /^[\w-]+$/.test(id)) as string[];
}

/** Reads a row that an earlier run left; `undefined` when there is none. */
export type ReadRow = (table: Table, key: readonly Cell[]) => Row | undefined;

/** A row that a run changed; `row` is `undefined` when nothing is left of it. */
export interface Touched {
  table: Table;
  key: readonly Cell[];
  row: Row | undefined;
  /** True when the row was there before the run. */
  existed: boolean;
}

interface Slot {
  table: Table;
  key: readonly Cell[];
  value: unknown;
  existed: boolean;
  changed: boolean;
}

function tableNamed(name: string): Table {
  const table = tables.find((table) => table.name === name);
  if (table === undefined) throw new Error(`no view has a table ${name}`);
  return table;
}

/** A run's rows in memory over what is stored. */
export class Workbench {
  readonly #read: ReadRow;
  readonly #slots = new Map<string, Slot>();
  /** Audit entries that the run changed, by id, in the order of their first change. */
  readonly #entries = new Set<Slot>();

  constructor(read: ReadRow) {
    this.#read = read;
  }

  /** Folds one event into every view, or throws what a fold throws and changes nothing. */
  apply(event: EventEnvelope): void {
    const id = requestIdOf(event);
    const request =
      id === undefined ? undefined : (this.#slot(auditTable, [id]).value as AuditEntry);
    const results = new Map<Slot, unknown>();
    for (const projection of projections) {
      for (const change of projection.fold(event, request)) {
        const slot = this.#slot(tableNamed(change.table), change.key);
        const before = results.has(slot) ? results.get(slot) : slot.value;
        results.set(slot, slot.table.combine(before, change.patch));
      }
    }
    for (const [slot, value] of results) {
      slot.value = value;
      slot.changed = true;
      if (slot.table.name === auditTable.name) this.#entries.add(slot);
    }
  }

  /**
   * Puts a line of a base in the place of the events that it stands for. Of requests that are open
   * there it has the events, and their sums in its rows.
   */
  restore(line: BaseLine): void {
    if (line.kind === "sums") {
      const row = hourlyTable.fromRow(line.row);
      for (const [table, key] of [
        [hourlyTable, row.key],
        [dailyTable, dayOf(row.key)],
      ] as const) {
        this.#set(this.#slot(table, cellsOf(key)), (value) =>
          addSums(value as SumsRow | undefined, { ...row, key }),
        );
      }
    } else if (line.kind === "shadow") {
      const row = shadowTable.fromRow(line.row);
      const key = shadowTable.key.map((column) => line.row[column] ?? null);
      this.#set(this.#slot(shadowTable, key), () => row);
    } else if (line.kind === "stream") {
      for (const text of line.open) this.#restoreOpen(text);
    }
  }

  #restoreOpen(text: string): void {
    const sealed = readLine(text);
    const read = sealed && upcast(unseal(sealed));
    if (read?.kind !== "known") return;
    for (const { key, patch } of audit.fold(read.event, undefined)) {
      const slot = this.#slot(auditTable, key);
      this.#set(slot, (value) => slot.table.combine(value, patch));
    }
  }

  #set(slot: Slot, change: (value: unknown) => unknown): void {
    slot.value = change(slot.value);
    slot.changed = true;
  }

  /** Audit entries as they are after the run. */
  entries(): AuditEntry[] {
    return [...this.#entries].map((slot) => slot.value as AuditEntry);
  }

  /** What has to be written; rows that came and went within the run are not. */
  *touched(): Generator<Touched> {
    for (const { table, key, value, existed, changed } of this.#slots.values()) {
      if (!changed || (value === undefined && !existed)) continue;
      yield { table, key, row: value === undefined ? undefined : table.toRow(value), existed };
    }
  }

  #slot(table: Table, key: readonly Cell[]): Slot {
    const name = `${table.name} ${JSON.stringify(key)}`;
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      const row = this.#read(table, key);
      const value = row === undefined ? undefined : table.fromRow(row);
      slot = { table, key, value, existed: row !== undefined, changed: false };
      this.#slots.set(name, slot);
    }
    return slot;
  }
}
