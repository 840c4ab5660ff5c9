/** What the record answers: decisions made again, evidence, the past, the archive. */
import type { ExplainedDecision, PrincipalState } from "#projections/replay/principal.ts";
import type { Evidence } from "#projections/verify/evidence.ts";
import { ask, withQuery } from "./api.ts";

export type Explained = ExplainedDecision & { id: string; stream: string };

/** A decision with its limits as they stood, and the same decision made again. */
export function explain(id: string, signal: AbortSignal): Promise<Explained> {
  return ask<Explained>(`/audit/events/${encodeURIComponent(id)}/explain`, { signal });
}

/** An entry's events with their proofs up to a signed checkpoint. */
export function readEvidence(id: string): Promise<Evidence> {
  return ask<Evidence>(`/audit/events/${encodeURIComponent(id)}/evidence`);
}

/** How far each shard is archived. */
export interface ArchiveShards {
  shards: {
    shard: string;
    segments: number;
    archived: number;
    events: number;
    first?: number;
    since?: number;
    bases?: number[];
    cosigned?: number[];
    trouble?: string;
  }[];
}

/** The public keys that checkpoints are signed with, base64, the one in use first. */
export async function readPublicKeys(signal: AbortSignal): Promise<string[]> {
  const { keys } = await ask<{ keys: { publicKey: string }[] }>("/.well-known/tallygate/keys", {
    signal,
  });
  return keys.map(({ publicKey }) => publicKey);
}

/** Rows of the views as they were: names and sums. */
export type PastRow = Record<string, string | number | null>;

/** The books at a moment. */
export interface PastBooks {
  at: number;
  events: number;
  costs: PastRow[];
  usage: PastRow[];
}

export function readPast(at: number, signal: AbortSignal): Promise<PastBooks> {
  return ask<PastBooks>(withQuery("/audit/state", { at }), { signal });
}

export type PastPrincipal = PrincipalState & { user: string; stream: string };

export function readPastPrincipal(
  user: string,
  at: number,
  signal: AbortSignal,
): Promise<PastPrincipal> {
  return ask<PastPrincipal>(withQuery("/audit/state", { user, at }), { signal });
}
