/** How much credit one grant is: few messages while there is plenty, exact when there is little. */
import { busyMs, exactBelowShare, firstLeaseHolds, idleMs } from "./limits.ts";

export interface Asked {
  needNanos: number;
  demandNanos: number;
}

/** When a child was granted last, and how much. */
export interface LastLease {
  sizeNanos: number;
  grantedAt: number;
}

/** How soon the next renewal is a busy child's, and after how long a pause it is an idle one's. */
export interface Pace {
  busyMs: number;
  idleMs: number;
}

/** Whether so little of a limit can still be had that each grant is exactly what is asked for. */
export function isScarce(leftNanos: number, limitNanos: number): boolean {
  return leftNanos < limitNanos * exactBelowShare;
}

/**
 * Credit to grant out of what is free; 0 when not even the need fits. A first lease covers four
 * requests; it doubles while renewals come fast, halves after a pause, and never takes more than its
 * share of half of what is free.
 */
export function leaseSize(
  child: LastLease,
  active: number,
  freeNanos: number,
  exactly: boolean,
  asked: Asked,
  at: number,
  pace: Pace = { busyMs, idleMs },
): number {
  const { needNanos } = asked;
  if (freeNanos < needNanos || freeNanos <= 0) return 0;
  const demandNanos = Math.max(asked.demandNanos, needNanos);
  const exact = Math.min(demandNanos, freeNanos);
  if (exactly) return exact;
  const cap = Math.floor(freeNanos / (2 * Math.max(active, 1)));
  return Math.max(Math.min(wanted(child, needNanos, at, pace), cap), exact);
}

function wanted(
  { sizeNanos, grantedAt }: LastLease,
  needNanos: number,
  at: number,
  pace: Pace,
): number {
  const first = needNanos * firstLeaseHolds;
  if (sizeNanos === 0) return first;
  const pause = at - grantedAt;
  if (pause < pace.busyMs) return Math.max(sizeNanos * 2, first);
  return pause > pace.idleMs
    ? Math.max(Math.floor(sizeNanos / 2), first)
    : Math.max(sizeNanos, first);
}
