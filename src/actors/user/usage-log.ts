/**
 * What was used when: moments in order, each with one amount per lane.
 *
 * Invariants: moments rise; a merged moment stands at the latest of those it holds, so that it
 * leaves a window late and never early; an amount can be corrected for as long as its moment is
 * kept. While there are no more moments than the log's bound, nothing is merged and counting is exact.
 */
import { logEntriesMax } from "./limits.ts";

export interface UsageLog {
  at: number[];
  /** One list of amounts per lane, as long as `at`. */
  lanes: number[][];
  /** Sum of each lane over the moments from `head` on. */
  sums: number[];
  /** Index of the first moment that counts; those before it are gone. */
  head: number;
  /** Nothing up to this moment counts or can be corrected any more. */
  goneAt: number;
}

/** Says which moments may be merged: those with the same cell. Cells must rise with time. */
export type CellOf = (at: number) => number;

export function emptyLog(lanes: number): UsageLog {
  return {
    at: [],
    lanes: Array.from({ length: lanes }, () => []),
    sums: Array.from({ length: lanes }, () => 0),
    head: 0,
    goneAt: -1,
  };
}

/** Adds amounts at a moment that is not before the last one. */
export function record(
  log: UsageLog,
  at: number,
  amounts: readonly number[],
  cells: CellOf,
  momentsMax = logEntriesMax,
): void {
  const last = log.at.length - 1;
  const same = last >= log.head && (log.at[last] ?? 0) >= at;
  if (!same) log.at.push(at);
  for (let lane = 0; lane < log.lanes.length; lane++) {
    const list = log.lanes[lane] ?? [];
    const amount = amounts[lane] ?? 0;
    if (same) list[last] = (list[last] ?? 0) + amount;
    else list.push(amount);
    log.sums[lane] = (log.sums[lane] ?? 0) + amount;
  }
  if (log.at.length - log.head > momentsMax) merge(log, cells);
}

/** Changes an amount that was recorded at `at`; nothing when that moment is gone. */
export function correct(log: UsageLog, at: number, lane: number, delta: number): void {
  const index = delta === 0 ? -1 : placeOf(log, at);
  if (index >= 0) correctAt(log, index, lane, delta);
}

/** Where an amount that was recorded at `at` is; -1 when that moment is gone. */
export function placeOf(log: UsageLog, at: number): number {
  if (at <= log.goneAt) return -1;
  // Most requests end before the next one begins.
  const last = log.at.length - 1;
  if (last >= log.head && log.at[last] === at) {
    if (last === log.head || (log.at[last - 1] ?? 0) < at) return last;
  }
  const index = firstFrom(log, at);
  return index < log.at.length ? index : -1;
}

/** Changes an amount at its place. */
export function correctAt(log: UsageLog, index: number, lane: number, delta: number): void {
  const list = log.lanes[lane];
  if (list === undefined || delta === 0) return;
  list[index] = (list[index] ?? 0) + delta;
  log.sums[lane] = (log.sums[lane] ?? 0) + delta;
}

/** Index of the first moment at or after `at`. */
export function firstFrom(log: UsageLog, at: number): number {
  let low = log.head;
  let high = log.at.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log.at[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sum of a lane over moments after `after`. Walks what has gone out of the window since. */
export function sumAfter(log: UsageLog, lane: number, after: number): number {
  const list = log.lanes[lane] ?? [];
  let sum = log.sums[lane] ?? 0;
  for (let i = log.head; i < log.at.length && (log.at[i] ?? 0) <= after; i++) sum -= list[i] ?? 0;
  return sum;
}

/** Sum of a lane over moments from `from` on, walked from the newest. */
export function sumFrom(log: UsageLog, lane: number, from: number): number {
  const list = log.lanes[lane] ?? [];
  let sum = 0;
  for (let i = log.at.length - 1; i >= log.head && (log.at[i] ?? 0) >= from; i--) {
    sum += list[i] ?? 0;
  }
  return sum;
}

/** Forgets moments up to and including `until`. */
export function forget(log: UsageLog, until: number): void {
  while (log.head < log.at.length && (log.at[log.head] ?? 0) <= until) {
    for (let lane = 0; lane < log.lanes.length; lane++) {
      log.sums[lane] = (log.sums[lane] ?? 0) - (log.lanes[lane]?.[log.head] ?? 0);
    }
    log.head++;
  }
  if (until > log.goneAt) log.goneAt = until;
  if (log.head > 256 && log.head * 2 > log.at.length) cutHead(log);
}

/** One lane of a log from after a moment on, as a log of its own. */
export function copyLane(log: UsageLog, lane: number, after: number): UsageLog {
  const start = firstFrom(log, after + 1);
  const list = (log.lanes[lane] ?? []).slice(start);
  return {
    at: log.at.slice(start),
    lanes: [list],
    sums: [list.reduce((sum, amount) => sum + amount, 0)],
    head: 0,
    goneAt: after,
  };
}

function cutHead(log: UsageLog): void {
  log.at.splice(0, log.head);
  for (const list of log.lanes) list.splice(0, log.head);
  log.head = 0;
}

function merge(log: UsageLog, cells: CellOf): void {
  cutHead(log);
  let end = -1;
  let endCell = NaN;
  for (let i = 0; i < log.at.length; i++) {
    const at = log.at[i] ?? 0;
    const cell = cells(at);
    const into = cell === endCell ? end : ++end;
    log.at[into] = at;
    for (const list of log.lanes) {
      const amount = list[i] ?? 0;
      list[into] = cell === endCell ? (list[into] ?? 0) + amount : amount;
    }
    endCell = cell;
  }
  log.at.length = end + 1;
  for (const list of log.lanes) list.length = end + 1;
}
