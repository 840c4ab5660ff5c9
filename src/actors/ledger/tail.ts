/** The live tail: audit entries to whoever watches, as they change, never more than they can take. */
import { tryParseJson } from "#events/parse-json.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { AuditFilterSchema } from "#projections/filter-schema.ts";
import { matches, type AuditFilter } from "#projections/queries.ts";
import { tailEntriesPerSecondMax } from "./limits.ts";

/** What is kept with a connection while the actor sleeps. */
export interface TailState {
  filter: AuditFilter;
}

/** What a tail is sent: an entry as it now stands, or how many were left out. */
export type TailFrame = { entry: AuditEntry } | { skipped: number };

/** The filter that the edge gave; `undefined` when it is not one. */
export function parseTailFilter(text: string | null): AuditFilter | undefined {
  const parsed = AuditFilterSchema.safeParse(tryParseJson(text ?? "{}"));
  return parsed.success ? parsed.data : undefined;
}

/** How much each tail was sent in the current second; forgotten when the actor sleeps. */
export class TailPace {
  readonly #sent = new Map<string, { second: number; entries: number }>();

  /** The frames for one tail, given what changed just now. */
  frames(id: string, filter: AuditFilter, entries: readonly AuditEntry[], at: number): TailFrame[] {
    const wanted = entries.filter((entry) => matches(entry, filter));
    if (wanted.length === 0) return [];
    const second = Math.floor(at / 1000);
    let pace = this.#sent.get(id);
    if (pace === undefined || pace.second !== second) pace = { second, entries: 0 };
    const room = Math.max(0, tailEntriesPerSecondMax - pace.entries);
    const frames: TailFrame[] = wanted.slice(0, room).map((entry) => ({ entry }));
    this.#sent.set(id, { second, entries: pace.entries + frames.length });
    if (wanted.length > room) frames.push({ skipped: wanted.length - room });
    return frames;
  }

  forget(id: string): void {
    this.#sent.delete(id);
  }
}
