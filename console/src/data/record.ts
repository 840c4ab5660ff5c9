/** What the record answers: decisions made again, evidence, the past, the archive. */
import type { ExplainedDecision } from "#projections/replay/principal.ts";
import type { Evidence } from "#projections/verify/evidence.ts";
import { ask } from "./api.ts";

export type Explained = ExplainedDecision & { id: string; stream: string };

/** A decision with its limits as they stood, and the same decision made again. */
export function explain(id: string, signal: AbortSignal): Promise<Explained> {
  return ask<Explained>(`/audit/events/${encodeURIComponent(id)}/explain`, { signal });
}

/** An entry's events with their proofs up to a signed checkpoint. */
export function readEvidence(id: string): Promise<Evidence> {
  return ask<Evidence>(`/audit/events/${encodeURIComponent(id)}/evidence`);
}
