/**
 * Reading old events: each is lifted, version by version, to the newest shape that folds know.
 *
 * Stored bytes are never rewritten. What is newer than this code, or unknown to it, is kept as it
 * is and not folded: during a deploy old code meets new events, and must lose none.
 */
import { lookUpEvent, newestVersion } from "./catalogue.ts";
import type { EventEnvelope } from "./envelope.ts";

/** Lifts the data of one type from version `v` to `v + 1`. Pure and total. */
export interface Upcaster {
  type: string;
  v: number;
  lift(data: object): object;
}

/** Every upcaster there is. None yet: all types are in their first version. */
export const upcasters: readonly Upcaster[] = [];

/** An event as folds may use it, or why they may not. */
export type ReadEvent =
  | { kind: "known"; event: EventEnvelope }
  | { kind: "unknown"; event: EventEnvelope }
  | { kind: "malformed"; event: EventEnvelope; message: string };

/** Lifts an event to the newest known version and checks its data against the catalogue. */
export function upcast(event: EventEnvelope, chain: readonly Upcaster[] = upcasters): ReadEvent {
  let current = event;
  let step = find(chain, current);
  while (step !== undefined) {
    current = { ...current, v: current.v + 1, data: step.lift(current.data) };
    step = find(chain, current);
  }
  const entry = lookUpEvent(current.type, current.v);
  if (entry === undefined) {
    const newest = newestVersion(current.type);
    if (newest === 0 || current.v > newest) return { kind: "unknown", event };
    return { kind: "malformed", event, message: `no way from version ${current.v} to ${newest}` };
  }
  const { type, v, data } = current;
  if (entry.fits(data)) return { kind: "known", event: current };
  const parsed = entry.schema.safeParse({ type, v, data });
  if (parsed.success) return { kind: "known", event: current };
  // A field that is new here was added by newer code; folds read only the fields they know.
  const faults = parsed.error.issues.filter((issue) => issue.code !== "unrecognized_keys");
  if (faults.length === 0) return { kind: "known", event: current };
  const message = faults.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  return { kind: "malformed", event, message };
}

function find(chain: readonly Upcaster[], event: EventEnvelope): Upcaster | undefined {
  return chain.find((upcaster) => upcaster.type === event.type && upcaster.v === event.v);
}
