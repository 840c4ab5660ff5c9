/** The sums folded again from the archive, to be compared with what was published. */
import { canonicalJson } from "#events/canonical.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import { flat } from "#events/recall.ts";
import type { UserFact } from "#events/user-events.ts";
import type { AuditEntry } from "../audit-entry.ts";
import { patchesOf } from "../numbers.ts";
import type { Row } from "../projection.ts";
import {
  addToRow,
  hourlyTable,
  isNothing,
  isSameKey,
  keyText,
  type SumsKey,
  type SumsRow,
} from "../sums.ts";
import { firstForm } from "./first-form.ts";

export class Sums {
  readonly #rows = new Map<string, SumsRow>();
  /** By user: the row that was added to last. */
  readonly #last = new Map<string, SumsRow>();
  /**
   * What the folds need of requests that have not ended, by stream: all of a request is in one, and a
   * small map of what is just read is at hand where a large one of everything is not.
   */
  readonly #open = new Map<string, Map<string, AuditEntry>>();
  #stream = "";
  #openThere = new Map<string, AuditEntry>();

  apply(event: EventEnvelope): void {
    const fact = event as unknown as UserFact;
    const id = (fact.data as { requestId?: string }).requestId ?? "";
    const open = this.#openIn(event.stream);
    if (fact.type === "RequestAdmitted") {
      open.set(id, openEntry(event.at, fact.data));
      return;
    }
    const request = open.get(id);
    for (const patch of patchesOf(event, request)) addToRow(this.#rowOf(patch.key), patch);
    if (fact.type === "HoldExpired" && request !== undefined) {
      open.set(id, { ...request, costNanos: fact.data.chargedNanos });
    } else if (ENDS.has(fact.type)) {
      open.delete(id);
    }
  }

  #openIn(stream: string): Map<string, AuditEntry> {
    if (stream === this.#stream) return this.#openThere;
    let open = this.#open.get(stream);
    if (open === undefined) this.#open.set(flat(stream), (open = new Map()));
    this.#stream = stream;
    this.#openThere = open;
    return open;
  }

  #rowOf(key: SumsKey): SumsRow {
    // A user's next request counts where their last one did, more often than not.
    const last = this.#last.get(key.user);
    if (last !== undefined && isSameKey(last.key, key)) return last;
    const name = keyText(key);
    let row = this.#rows.get(name);
    if (row === undefined) this.#rows.set(name, (row = { key, sums: {}, histograms: {} }));
    this.#last.set(key.user, row);
    return row;
  }

  /** Begins with a row of a base. */
  restore(row: Row): void {
    const value = hourlyTable.fromRow(row);
    this.#rows.set(keyText(value.key), value);
    this.#last.clear();
  }

  /** Begins with a request that a base holds open: its events so far, which count in its rows. */
  restoreOpen(events: readonly EventEnvelope[]): void {
    for (const event of events) {
      const fact = event as unknown as UserFact;
      const id = (fact.data as { requestId?: string }).requestId ?? "";
      const open = this.#openIn(event.stream);
      open.set(id, openAfter(open.get(id), fact, event.at) as AuditEntry);
    }
  }

  /** How the fold differs from published views: `undefined` when they are the same. */
  difference(published: Readonly<Record<string, unknown>>): string | undefined {
    const views: Record<string, Row[]> = Object.hasOwn(published, "sums")
      ? { sums: this.rows() }
      : firstForm(this.rows());
    for (const [name, ours] of Object.entries(views)) {
      const fault = differenceOf(name, ours, published[name]);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  rows(): Row[] {
    return [...this.#rows.values()].flatMap((row) =>
      isNothing(row) ? [] : [hourlyTable.toRow(row)],
    );
  }
}

function differenceOf(name: string, ours: readonly Row[], rows: unknown): string | undefined {
  if (!Array.isArray(rows)) return `it has no ${name}`;
  const known = new Set(ours.map((row) => canonicalJson(row)));
  if (rows.length !== known.size) return `${name} has ${rows.length} rows, the fold ${known.size}`;
  const strange = rows.findIndex((row) => !known.has(canonicalJson(row)));
  return strange < 0 ? undefined : `row ${strange + 1} of ${name} is not what the events give`;
}

/** After these nothing more comes that reads the request. */
const ENDS: ReadonlySet<string> = new Set([
  "RequestSettled",
  "RequestReleased",
  "ExpiryCorrected",
  "SettlementOrphaned",
]);

/** What the folds need of an open request after one of its events. */
export function openAfter(
  open: AuditEntry | undefined,
  fact: UserFact,
  at: number,
): AuditEntry | undefined {
  if (fact.type === "RequestAdmitted") return openEntry(at, fact.data);
  if (fact.type !== "HoldExpired" || open === undefined) return open;
  return { ...open, costNanos: fact.data.chargedNanos };
}

type Admitted = Extract<UserFact, { type: "RequestAdmitted" }>["data"];

/** Open requests are many: only what the folds read is kept of them. */
function openEntry(at: number, data: Admitted): AuditEntry {
  const { member: user, model: modelAsked, team, keyId, tags, route, findings } = data;
  const known = { at, user, modelAsked, team, keyId, tags, route: route?.name, findings };
  return known as AuditEntry;
}
