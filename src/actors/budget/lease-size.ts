/** How much credit one grant is: few messages while there is plenty, exact when there is little. */
import { busyMs, exactBelowShare, firstLeaseHolds, idleMs } from "./limits.ts";
import type { Child } from "./state.ts";

export interface Asked {
  needNanos: number;
  demandNanos: number;
}

/**
 * Credit to grant out of what is free; 0 when not even the need fits. A first lease covers four
 * requests; it doubles while renewals come fast, halves after a pause, and never takes more than its
 * share of half of what is free.
 */
export function leaseSize(
  child: Child,
  active: number,
  freeNanos: number,
  limitNanos: number,
  asked: Asked,
  at: number,
): number {
  const { needNanos } = asked;
  if (freeNanos < needNanos || freeNanos <= 0) return 0;
  const demandNanos = Math.max(asked.demandNanos, needNanos);
  const exact = Math.min(demandNanos, freeNanos);
  if (freeNanos < limitNanos * exactBelowShare) return exact;
  const cap = Math.floor(freeNanos / (2 * Math.max(active, 1)));
  return Math.max(Math.min(wanted(child, needNanos, at), cap), exact);
}

function wanted({ sizeNanos, grantedAt }: Child, needNanos: number, at: number): number {
  const first = needNanos * firstLeaseHolds;
  if (sizeNanos === 0) return first;
  const pause = at - grantedAt;
  if (pause < busyMs) return Math.max(sizeNanos * 2, first);
  return pause > idleMs ? Math.max(Math.floor(sizeNanos / 2), first) : Math.max(sizeNanos, first);
}
