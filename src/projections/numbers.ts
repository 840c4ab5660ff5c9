/** The view behind usage and costs: sums by hour and by day. */
import type { EventEnvelope } from "#events/envelope.ts";
import type { AuditEntry } from "./audit-entry.ts";
import { costPatches } from "./cost.ts";
import type { Change, Projection } from "./projection.ts";
import { changesOf, dailyTable, hourlyTable, isSameKey, type SumsPatch } from "./sums.ts";
import { usagePatches } from "./usage.ts";

/** What an event adds to the sums, hour by hour: one patch for each row, as far as rows are alike. */
export function patchesOf(event: EventEnvelope, request: AuditEntry | undefined): SumsPatch[] {
  const patches = usagePatches(event, request);
  for (const cost of costPatches(event, request)) {
    const alike = patches.find(({ key }) => isSameKey(key, cost.key));
    if (alike === undefined) {
      patches.push(cost);
      continue;
    }
    const { sums } = alike;
    for (const column in cost.sums) {
      sums[column] = (sums[column] ?? 0) + (cost.sums[column] ?? 0);
    }
  }
  return patches;
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
