/**
 * Carries a price correction out over one principal's stream, a bounded part at a call.
 *
 * Invariants: what an attempt costs since its last correction is written in the commit of that
 * correction's event; an order that comes again corrects nothing that it has corrected.
 */
import type { EventStore } from "#actors/kit/event-store.ts";
import { firstSince } from "#actors/kit/first-since.ts";
import { parseJson } from "#events/parse-json.ts";
import { unseal } from "#events/envelope.ts";
import type { CorrectCostsCommand, CorrectCostsReply, CostChange } from "./commands.ts";
import { CostScan } from "./cost-scan.ts";
import { correctionEventsMax, correctionPage } from "./limits.ts";
import type { DataOf, UserState } from "./state.ts";

type Corrected = DataOf<"CostCorrected">;
type Costs = Record<string, number>;

/** What the corrector asks of its actor. */
export interface CorrectorHost {
  readonly state: UserState;
  /** Decides and appends. */
  correct(corrections: Corrected[]): void;
}

export class CostCorrector {
  readonly #sql: SqlStorage;
  readonly #store: EventStore;
  #hasTable = false;

  constructor(sql: SqlStorage, store: EventStore) {
    this.#sql = sql;
    this.#store = store;
  }

  /** Notes what a correction said; call it in the synchronous run that appends the event. */
  note({ requestId, parts }: Corrected): void {
    const costs = { ...this.#costsOf(requestId) };
    for (const { attempt, newNanos } of parts) costs[attempt] = newNanos;
    this.#sql.exec(
      "INSERT INTO corrected_costs (request_id, costs) VALUES (?, ?) ON CONFLICT (request_id) DO UPDATE SET costs = excluded.costs",
      requestId,
      JSON.stringify(costs),
    );
  }

  /** Reads on from the cursor, and corrects what it finds; others have their turn between pages. */
  async run(
    { order, cursor, dry }: CorrectCostsCommand,
    host: CorrectorHost,
  ): Promise<CorrectCostsReply> {
    const change = cursor?.found ?? { requests: 0, oldNanos: 0, newNanos: 0 };
    const scan = new CostScan(order, (id) => this.#costsOf(id), cursor?.open);
    let seq = cursor?.seq ?? firstSince(this.#store, order.from);
    const stopAt = seq + correctionEventsMax;
    while (seq < stopAt) {
      const page = this.#store.read(seq, correctionPage);
      const found = page.flatMap((sealed) => scan.take(unseal(sealed)) ?? []);
      if (dry === true) addTo(change, found);
      else if (found.length > 0) host.correct(found);
      seq += page.length;
      if (page.length < correctionPage) {
        return { done: true, ...(dry === true ? change : totalsOf(host.state, order.order)) };
      }
      await scheduler.wait(0);
    }
    return {
      done: false,
      cursor: { seq, open: scan.open, ...(dry === true ? { found: change } : {}) },
    };
  }

  #costsOf(requestId: string): Costs | undefined {
    if (!this.#hasTable) this.#makeTable();
    const [row] = this.#sql
      .exec<{ costs: string }>("SELECT costs FROM corrected_costs WHERE request_id = ?", requestId)
      .toArray();
    return row === undefined ? undefined : (parseJson(row.costs) as Costs);
  }

  /** Made at its first use: most principals never need it. */
  #makeTable(): void {
    this.#hasTable = true;
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS corrected_costs (request_id TEXT PRIMARY KEY, costs TEXT NOT NULL) STRICT, WITHOUT ROWID",
    );
  }
}

function addTo(change: CostChange, found: readonly Corrected[]): void {
  for (const { oldNanos, newNanos } of found) {
    change.requests += 1;
    change.oldNanos += oldNanos;
    change.newNanos += newNanos;
  }
}

function totalsOf({ corrected }: UserState, order: number) {
  const own = corrected?.order === order ? corrected : undefined;
  const { requests = 0, oldNanos = 0, newNanos = 0 } = own ?? {};
  return { requests, oldNanos, newNanos };
}
