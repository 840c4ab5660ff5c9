/** The view behind usage and costs: sums by hour and by day. */
import type { EventEnvelope } from "#events/envelope.ts";
import type { AuditEntry } from "./audit-entry.ts";
import { costPatches } from "./cost.ts";
import type { Change, Projection } from "./projection.ts";
import { changesOf, dailyTable, hourlyTable, type SumsPatch } from "./sums.ts";
import { usagePatches } from "./usage.ts";

/** What an event adds to the sums, hour by hour. */
export function patchesOf(event: EventEnvelope, request: AuditEntry | undefined): SumsPatch[] {
  return [...usagePatches(event, request), ...costPatches(event, request)];
}

function fold(event: EventEnvelope, request: AuditEntry | undefined): readonly Change[] {
  return patchesOf(event, request).flatMap(changesOf);
}

/** How much was asked, how it went, what it cost. */
export const numbers: Projection = {
  name: "numbers",
  version: 1,
  tables: [hourlyTable, dailyTable],
  fold,
};
