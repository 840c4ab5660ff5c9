/** Cost and usage folded again from the archive, to be compared with what was published. */
import { canonicalJson } from "#events/canonical.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import type { UserFact } from "#events/user-events.ts";
import type { AuditEntry } from "../audit-entry.ts";
import { cost, costTable } from "../cost.ts";
import type { Row } from "../projection.ts";
import type { SumsPatch, SumsRow } from "../sums.ts";
import { usage, usageTable } from "../usage.ts";

const views = {
  cost: { projection: cost, table: costTable },
  usage: { projection: usage, table: usageTable },
};
type View = keyof typeof views;
const names: readonly View[] = ["cost", "usage"];

export class Sums {
  readonly #rows: Record<View, Map<string, SumsRow>> = { cost: new Map(), usage: new Map() };
  /** What the folds need of requests that have not ended. */
  readonly #open = new Map<string, AuditEntry>();

  apply(event: EventEnvelope): void {
    const fact = event as unknown as UserFact;
    const id = (fact.data as { requestId?: string }).requestId ?? "";
    if (fact.type === "RequestAdmitted") {
      const { member: user, team, model: modelAsked } = fact.data;
      // Open requests are many: only what the folds read is kept of them.
      const entry = { at: event.at, user, modelAsked, ...(team === undefined ? {} : { team }) };
      this.#open.set(id, entry as AuditEntry);
      return;
    }
    const request = this.#open.get(id);
    for (const name of names) {
      for (const { key, patch } of views[name].projection.fold(event, request)) {
        this.#add(name, JSON.stringify(key), patch as SumsPatch);
      }
    }
    if (fact.type === "HoldExpired" && request !== undefined) {
      this.#open.set(id, { ...request, costNanos: fact.data.chargedNanos });
    } else if (fact.type !== "HoldExtended" && fact.type !== "ThresholdCrossed") {
      this.#open.delete(id);
    }
  }

  /** How the folds differ from published rows: `undefined` when they are the same. */
  difference(published: { [V in View]?: unknown }): string | undefined {
    for (const name of names) {
      const rows = published[name];
      if (!Array.isArray(rows)) return `it has no ${name}`;
      const ours = new Set(this.rows(name).map((row) => canonicalJson(row)));
      if (rows.length !== ours.size)
        return `${name} has ${rows.length} rows, the fold ${ours.size}`;
      const strange = rows.findIndex((row) => !ours.has(canonicalJson(row)));
      if (strange >= 0) return `row ${strange + 1} of ${name} is not what the events give`;
    }
    return undefined;
  }

  rows(name: View): Row[] {
    return [...this.#rows[name].values()]
      .filter(({ sums }) => Object.values(sums).some((amount) => amount !== 0))
      .map((row) => views[name].table.toRow(row));
  }

  #add(name: View, key: string, patch: SumsPatch): void {
    const row = this.#rows[name].get(key);
    if (row === undefined) {
      this.#rows[name].set(key, { key: patch.key, sums: { ...patch.sums } });
      return;
    }
    for (const column in patch.sums) {
      row.sums[column] = (row.sums[column] ?? 0) + (patch.sums[column] ?? 0);
    }
  }
}
