/**
 * Rates: requests, tokens or nano-dollars per window, as three gates over one log.
 *
 * Invariants, each the title of a property test:
 * - `sliding`: no window of the limit's length ever holds more than the limit;
 * - `fixed`: no window aligned to the calendar (UTC; weeks start on Monday) does;
 * - `gcra`: no window holds more than twice the limit, and the mean never exceeds it;
 * - up to 1024 distinct moments in a window nothing is refused that would fit; beyond, moments are
 *   merged and leave at most 1/512 of a window late, never early;
 * - `retryAt` is the first millisecond at which the same request would fit, if nothing else happens.
 */
import { windowStart } from "#actors/kit/windows.ts";
import type { LimitData } from "#events/user-events.ts";
import { backlogFits, backlogLeft, backlogRetryAt, rescale, stack } from "./gcra.ts";
import { isAwaited, lacksPast, laneOf, pastOf } from "./history.ts";
import { cellsPerWindow } from "./limits.ts";
import {
  bucketKey,
  keyBefore,
  tokensBound,
  type Bucket,
  type RequestData,
  type UserState,
} from "./state.ts";
import {
  copyLane,
  correct,
  emptyLog,
  forget,
  record,
  sumAfter,
  sumFrom,
  type UsageLog,
} from "./usage-log.ts";

/** What a request would use of a limit: its bound, until it settles. */
export function amountOf(metric: LimitData["metric"], bound: RequestData["bound"]): number {
  if (metric === "tokens") return tokensBound(bound);
  return metric === "usd" ? bound.costNanos : 1;
}

/**
 * A limit's bucket as it stands for a request, the fold's own or a new one: a limit that is new,
 * counts something else or looks back further starts from what its scope used before.
 */
export function bucketOf(state: UserState, limit: LimitData, at: number, version: number): Bucket {
  const bucket = state.buckets.get(bucketKey(limit));
  const { metric, mode, windowMs } = limit;
  const isKnown = bucket?.metric === metric;
  const isLong = isKnown && windowMs <= bucket.windowMs;
  if (isLong && (limit.whole !== true || bucket.version >= version)) return bucket;
  const log = pastUnder(state, limit, at - windowMs);
  // A policy in between may have been without this limit: then it lacks what was used under that.
  if (isLong && (log.sums[0] ?? 0) <= sumAfter(bucket.log, 0, at - windowMs)) return bucket;
  if (isKnown && log.at.length === 0) return { ...bucket, windowMs };
  const fresh = { metric, mode, limit: limit.limit, windowMs, version, log };
  const base = { ms: 0, part: 0 };
  return { ...fresh, base, tat: stack(base, log, limit) };
}

/** What a limit's scope used before; where nobody keeps that, what a member's own limit counted. */
function pastUnder(state: UserState, limit: LimitData, after: number): UsageLog {
  // A rule that was there for all of its window knows what it counted before the member was split.
  if (!lacksPast(state, "limit", limit, after)) return ownBefore(state, limit, after);
  const lane = laneOf[limit.metric];
  const known = pastOf(state, lane, limit.scope, after);
  // Until its past is read, one of an address or a session counts all that the user used.
  const isAll = known === undefined && isAwaited(state, "limit", limit);
  const past = isAll ? pastOf(state, lane, "user", after) : known;
  return past ?? ownBefore(state, limit, after);
}

/** What a member's own limit counted before several actors shared it. */
function ownBefore(state: UserState, limit: LimitData, after: number): UsageLog {
  const key = keyBefore(limit);
  const own = key === undefined ? undefined : state.buckets.get(key);
  const isLong = own?.metric === limit.metric && own.windowMs >= limit.windowMs;
  return isLong ? copyLane(own.log, 0, after) : emptyLog(1);
}

/** Whether `amount` more fits now. An amount of nothing always does. */
export function fits(bucket: Bucket, limit: LimitData, amount: number, at: number): boolean {
  if (amount === 0) return true;
  if (limit.mode === "gcra") return backlogFits(arrival(bucket, limit), limit, amount, at);
  return used(bucket.log, limit, at) + amount <= limit.limit;
}

/** What is left of the limit after `amount` more. */
export function left(bucket: Bucket, limit: LimitData, amount: number, at: number): number {
  if (limit.mode === "gcra") return backlogLeft(arrival(bucket, limit), limit, amount, at);
  return Math.max(limit.limit - used(bucket.log, limit, at) - amount, 0);
}

/** The first moment from `at` on at which `amount` fits; undefined when it never does. */
export function retryAt(
  bucket: Bucket,
  limit: LimitData,
  amount: number,
  at: number,
): number | undefined {
  if (amount > limit.limit) return undefined;
  if (fits(bucket, limit, amount, at)) return at;
  if (limit.mode === "gcra") return backlogRetryAt(arrival(bucket, limit), limit, amount);
  if (limit.mode === "fixed") return windowStart(at, limit.windowMs) + limit.windowMs;
  const { log } = bucket;
  let sum = sumAfter(log, 0, at - limit.windowMs);
  for (let i = log.head; i < log.at.length; i++) {
    const moment = log.at[i] ?? 0;
    if (moment <= at - limit.windowMs) continue;
    sum -= log.lanes[0]?.[i] ?? 0;
    if (sum + amount <= limit.limit) return moment + limit.windowMs;
  }
  return undefined;
}

/** When more is available: the oldest use leaves, the window ends, or one unit has drained. */
export function resetsAt(bucket: Bucket, limit: LimitData, at: number): number {
  if (limit.mode === "fixed") return windowStart(at, limit.windowMs) + limit.windowMs;
  if (limit.mode === "gcra") return Math.max(arrival(bucket, limit).ms, at);
  const { log } = bucket;
  for (let i = log.head; i < log.at.length; i++) {
    const moment = log.at[i] ?? 0;
    if (moment > at - limit.windowMs && (log.lanes[0]?.[i] ?? 0) > 0) {
      return moment + limit.windowMs;
    }
  }
  return at;
}

/** Keeps no more than the limit's window, of which alone it is known to be whole. */
export function shorten(bucket: Bucket, limit: LimitData, at: number): void {
  if (bucket.mode === "gcra") dropGcra(bucket, at);
  forget(bucket.log, at - limit.windowMs);
  bucket.windowMs = limit.windowMs;
}

/** Counts an admission. Changes the bucket. */
export function count(
  bucket: Bucket,
  limit: LimitData,
  amount: number,
  at: number,
  version = bucket.version,
): void {
  bucket.version = version;
  adopt(bucket, limit);
  if (bucket.mode === "gcra") dropGcra(bucket, at);
  else forget(bucket.log, at - bucket.windowMs);
  const cells = (moment: number): number => cellOf(moment, bucket.windowMs);
  record(bucket.log, at, [amount], cells);
  if (bucket.mode === "gcra") bucket.tat = stack(bucket.tat, at, bucket, amount);
}

/** Corrects what an admission at `at` counted. Changes the bucket. */
export function amend(bucket: Bucket, at: number, delta: number): void {
  correct(bucket.log, at, 0, delta);
  if (bucket.mode === "gcra" && delta !== 0) bucket.tat = stack(bucket.base, bucket.log, bucket);
}

function used(log: UsageLog, limit: LimitData, at: number): number {
  if (limit.mode === "fixed") return sumFrom(log, 0, windowStart(at, limit.windowMs));
  return sumAfter(log, 0, at - limit.windowMs);
}

/** The arrival time under the limit as it is asked now, which may differ from the bucket's last. */
function arrival(bucket: Bucket, limit: LimitData): Bucket["tat"] {
  const same = bucket.mode === "gcra" && bucket.limit === limit.limit;
  if (same && bucket.windowMs === limit.windowMs) return bucket.tat;
  return stack(rescale(bucket, limit), bucket.log, limit);
}

/** Takes over what the policy says now. A window that became shorter keeps what it remembers. */
function adopt(bucket: Bucket, limit: LimitData): void {
  if (bucket.mode === limit.mode && bucket.limit === limit.limit) {
    if (limit.mode !== "gcra" || bucket.windowMs === limit.windowMs) return;
  }
  if (limit.mode === "gcra") {
    bucket.base = rescale(bucket, limit);
    bucket.tat = stack(bucket.base, bucket.log, limit);
    bucket.windowMs = limit.windowMs;
  }
  bucket.mode = limit.mode;
  bucket.limit = limit.limit;
}

function dropGcra(bucket: Bucket, at: number): void {
  const { log } = bucket;
  for (let i = log.head; i < log.at.length; i++) {
    const moment = log.at[i] ?? 0;
    if (moment > at - bucket.windowMs) break;
    bucket.base = stack(bucket.base, moment, bucket, log.lanes[0]?.[i] ?? 0);
  }
  forget(log, at - bucket.windowMs);
}

/** Cells never reach over the edge of a calendar window. */
function cellOf(moment: number, windowMs: number): number {
  const start = windowStart(moment, windowMs);
  return start + Math.floor(((moment - start) * cellsPerWindow) / windowMs) / cellsPerWindow;
}
