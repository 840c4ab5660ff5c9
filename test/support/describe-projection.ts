/** What every view has to pass: applied twice equals once, rebuilt equals incremental. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EventEnvelope } from "#events/envelope.ts";
import { tables, Workbench } from "#projections/fold-batch.ts";
import type { Cell, Projection, Row, Table } from "#projections/projection.ts";

/** A ledger's tables and heads in memory: the runner, without an actor. */
export class MemoryViews {
  readonly #rows = new Map<string, Row>();
  readonly #heads = new Map<string, number>();

  /** Takes a batch as a ledger would: only the next events of each stream, once. */
  take(events: readonly EventEnvelope[]): void {
    const workbench = new Workbench((table, key) => this.#rows.get(name(table, key)));
    for (const event of events) {
      if (event.seq !== (this.#heads.get(event.stream) ?? 0) + 1) continue;
      this.#heads.set(event.stream, event.seq);
      workbench.apply(event);
    }
    for (const { table, key, row } of workbench.touched()) {
      if (row === undefined) this.#rows.delete(name(table, key));
      else this.#rows.set(name(table, key), row);
    }
  }

  /** The rows of one table, sorted by key. */
  rows(table: string): Row[] {
    const names = [...this.#rows.keys()].filter((row) => row.startsWith(`${table} `));
    return names.sort().map((row) => this.#rows.get(row) as Row);
  }

  /** Every row of every table, as text. */
  bytes(): string {
    return JSON.stringify(tables.map((table) => this.rows(table.name)));
  }
}

function name(table: Table, key: readonly Cell[]): string {
  return `${table.name} ${JSON.stringify(key)}`;
}

/** Runs the properties that every projection owes, over histories that `histories` makes. */
export function describeProjection(
  projection: Projection,
  histories: fc.Arbitrary<EventEnvelope[][]>,
): void {
  const options = { seed: 20_261_121, numRuns: 60 };
  const rowsOf = (views: MemoryViews) =>
    JSON.stringify(projection.tables.map((table) => views.rows(table.name)));
  const atOnce = (streams: EventEnvelope[][]) => {
    const views = new MemoryViews();
    views.take(streams.flat());
    return rowsOf(views);
  };

  describe(`the view ${projection.name}`, () => {
    test("applied twice equals applied once", () => {
      fc.assert(
        fc.property(histories, (streams) => {
          const views = new MemoryViews();
          for (const stream of [...streams, ...streams]) views.take(stream);
          expect(rowsOf(views)).toBe(atOnce(streams));
        }),
        options,
      );
    });

    test("rebuilt at once equals grown in any batches and any interleaving of streams", () => {
      fc.assert(
        fc.property(histories, fc.infiniteStream(fc.nat(1_000)), (streams, choices) => {
          const views = new MemoryViews();
          const left = streams.map((stream) => [...stream]).filter((stream) => stream.length > 0);
          while (left.length > 0) {
            const at = Number(choices.next().value) % left.length;
            const stream = left[at] as EventEnvelope[];
            views.take(stream.splice(0, 1 + (Number(choices.next().value) % 4)));
            if (stream.length === 0) left.splice(at, 1);
          }
          expect(rowsOf(views)).toBe(atOnce(streams));
        }),
        options,
      );
    });

    test("the fold of any prefix equals the live view at that prefix", () => {
      fc.assert(
        fc.property(histories, fc.infiniteStream(fc.nat(1_000)), (streams, choices) => {
          const views = new MemoryViews();
          const taken: EventEnvelope[] = [];
          const left = streams.map((stream) => [...stream]).filter((stream) => stream.length > 0);
          while (left.length > 0) {
            const at = Number(choices.next().value) % left.length;
            const stream = left[at] as EventEnvelope[];
            const batch = stream.splice(0, 1 + (Number(choices.next().value) % 4));
            views.take(batch);
            taken.push(...batch);
            expect(rowsOf(views)).toBe(atOnce([taken]));
            if (stream.length === 0) left.splice(at, 1);
          }
        }),
        { ...options, numRuns: 10 },
      );
    });

    test("a fold does not change what it is given", () => {
      fc.assert(
        fc.property(histories, (streams) => {
          const before = JSON.stringify(streams);
          atOnce(streams);
          expect(JSON.stringify(streams)).toBe(before);
        }),
        { ...options, numRuns: 10 },
      );
    });
  });
}
