/**
 * Rates that several principals share, and caps that the actors of one member do, as this one knows
 * them: what it may book until when, and what it tells the counter. What a cap has booked is what is
 * open, so that a slot is free again when its request ends.
 *
 * Invariants, each a property test of the counter:
 * - an admission books no more than was permitted, and nothing once the permits' time is over;
 * - permits under an older policy than the request's are none;
 * - an answer to an older message than the last one given or returned changes nothing.
 */
import type { Moment, RateWord } from "#actors/budget/api.ts";
import type { RateTermsData } from "#events/budget-events.ts";
import type { LimitData, UserFact } from "#events/user-events.ts";
import { localScope } from "#policy/split.ts";
import { rateLeasesMax, wordMomentsMax } from "./limits.ts";
import { capOf, keepCap } from "./caps.ts";
import { amountOf, bucketOf } from "./rates.ts";
import {
  bucketKey,
  pastKey,
  type DataOf,
  type RateLease,
  type RequestData,
  type UserState,
} from "./state.ts";

/** A shared rate's lease: its bucket's name, and the unit, which a policy may change. */
export function rateKey(limit: Pick<LimitData, "name" | "scope" | "metric">): string {
  return `${limit.metric}|${bucketKey(limit)}`;
}

export function emptyRateLease(limit: LimitData): RateLease {
  const nothing = { booked: 0, allowed: 0, untilAt: 0, seq: -1, size: 0, free: 0 };
  return { limit, version: -1, ...nothing };
}

export function rateLeaseOf(state: UserState, limit: LimitData): RateLease {
  return state.rates.get(rateKey(limit)) ?? emptyRateLease(limit);
}

/**
 * What an admission under a policy version may still book at `at`. Permits of an older version are
 * none: what the limit was in between, and what others used under that, only the counter knows.
 */
export function bookable(lease: RateLease, version: number, at: number): number {
  const { allowed, booked, untilAt } = lease;
  return lease.version >= version && untilAt > at ? Math.max(allowed - booked, 0) : 0;
}

/** What is left of the permits and of the counter's, out of what may be booked. */
export function sharedLeft(
  lease: RateLease,
  limit: LimitData,
  may: number,
  amount: number,
): number {
  return Math.min(Math.max(may - amount, 0) + lease.free, Math.max(limit.limit - amount, 0));
}

/** The counter said no, or nothing, a moment ago. */
export function rateDenialOf(lease: RateLease, at: number): RateLease["denied"] {
  return lease.denied !== undefined && lease.denied.untilAt > at ? lease.denied : undefined;
}

/**
 * What this principal tells the counter: all that it used in the window, and what it keeps. A rate
 * that is new under `version`, or was away, counts what was used before it.
 */
export function wordOf(
  state: UserState,
  limit: LimitData,
  at: number,
  kept?: number,
  version = state.policyVersion,
): RateWord {
  if (limit.metric === "concurrency") return openWord(state, limit, at, kept);
  const { log } = bucketOf(state, limit, at, Math.max(version, state.policyVersion));
  const { booked } = rateLeaseOf(state, limit);
  const moments: Moment[] = [];
  const cellMs = limit.windowMs / wordMomentsMax;
  const isMany = log.at.length - log.head > wordMomentsMax;
  for (let i = log.head; i < log.at.length; i += 1) {
    const moment = log.at[i] ?? 0;
    const amount = Math.max(log.lanes[0]?.[i] ?? 0, 0);
    if (moment <= at - limit.windowMs || amount === 0) continue;
    const last = moments.at(-1);
    // Many are merged, at the latest of their cell: they leave the window late, never early.
    const isNear =
      isMany && last !== undefined && Math.floor(last.at / cellMs) === Math.floor(moment / cellMs);
    if (!isNear) moments.push({ at: moment, amount });
    else Object.assign(last, { at: moment, amount: last.amount + amount });
  }
  const word = { seq: state.seq, sentAt: at, booked, moments };
  return kept === undefined ? word : { ...word, kept };
}

/** The same of a cap: what is open, as one moment that never leaves. */
function openWord(
  state: UserState,
  limit: LimitData,
  at: number,
  kept: number | undefined,
): RateWord {
  const booked = openUnder(state, limit);
  const moments = booked > 0 ? [{ at, amount: booked }] : [];
  const word = { seq: state.seq, sentAt: at, booked, moments };
  return kept === undefined ? word : { ...word, kept };
}

/** Open requests under a cap, also those that were admitted before it was shared. */
function openUnder(state: UserState, limit: LimitData): number {
  return state.rates.get(rateKey(limit))?.booked ?? capOf(state, limit, state.policyVersion).open;
}

/** Whether what is counted here under a rate's name is what a newer policy has it count. */
export function isAnother(state: UserState, limit: LimitData, version: number): boolean {
  if (version >= state.policyVersion || limit.since === undefined) return false;
  const kept = limit.metric === "concurrency" ? state.caps : state.buckets;
  const { since = limit.since } = kept.get(bucketKey(limit)) ?? {};
  return since !== limit.since || (state.awaited.get(pastKey("limit", limit)) ?? since) !== since;
}

/**
 * A rate begins to count under a version: permits of an older one are given up. A member's own is
 * counted for all of their actors: nothing older is admitted from here on.
 */
export function decideOpenRate(
  state: UserState,
  { limit, version }: { limit: LimitData; version: number },
  at: number,
): UserFact[] {
  const isOwn = localScope(limit.scope) !== undefined;
  const isTold = rateLeaseOf(state, limit).version >= version;
  const isOver = isOwn && version < state.policyVersion;
  if (isOver || (isTold && (!isOwn || version === state.policyVersion))) return [];
  const isCap = limit.metric === "concurrency";
  const booked = isCap ? capOf(state, limit, version).open : rateLeaseOf(state, limit).booked;
  const data = { limit, version, seq: state.seq + 1, allowed: booked, untilAt: at };
  return [{ type: "RateLeased", v: 1, data }];
}

/** What a counter's answer adds to the log. */
export function decideRateLeased(state: UserState, data: DataOf<"RateLeased">): UserFact[] {
  const { seq, allowed, untilAt, limit } = data;
  if (![seq, allowed, untilAt].every((value) => Number.isSafeInteger(value) && value >= 0)) {
    return [];
  }
  return seq < rateLeaseOf(state, limit).seq ? [] : [{ type: "RateLeased", v: 1, data }];
}

/** Gives back what is not about to be used: nothing beyond is booked without new permits. */
export function decideRateReturn(
  state: UserState,
  { rate, keep = 0 }: { rate: RateTermsData; keep?: number },
  at: number,
): UserFact[] {
  const known = state.rates.get(rateKey(rate));
  if (known === undefined) return [];
  const { limit, version, booked } = known;
  const kept = Math.min(keep, bookable(known, version, at));
  // Its own place in the stream, so that no answer that is under way counts any more.
  const seq = state.seq + 1;
  const untilAt = kept > 0 ? known.untilAt : at;
  const data = { limit, version, seq, allowed: booked + kept, untilAt };
  return [{ type: "RateLeased", v: 1, data }];
}

/** What is kept after that; undefined of what was never leased, whose first answer may be under way. */
export function keptOf(state: UserState, rate: RateTermsData, at: number): number | undefined {
  const lease = state.rates.get(rateKey(rate));
  return lease === undefined ? undefined : bookable(lease, lease.version, at);
}

/** Keeps a lease in the fold; the oldest that is over makes room. */
export function keepRate(state: UserState, limit: LimitData, at: number): RateLease {
  const key = rateKey(limit);
  let lease = state.rates.get(key);
  if (lease === undefined) {
    if (state.rates.size >= rateLeasesMax) {
      for (const [other, { untilAt }] of state.rates) {
        if (untilAt <= at) state.rates.delete(other);
      }
    }
    lease = emptyRateLease(limit);
    state.rates.set(key, lease);
  }
  return lease;
}

export function rateLeased(state: UserState, data: DataOf<"RateLeased">, at: number): void {
  const lease = keepRate(state, data.limit, at);
  const { limit, version, seq, allowed, untilAt, free } = data;
  if (limit.metric === "concurrency") {
    lease.booked = keepCap(state, limit, version).open;
  }
  Object.assign(lease, { limit, version, seq, allowed, untilAt, size: allowed - lease.booked });
  if (free !== undefined) lease.free = free;
  delete lease.denied;
  if (localScope(limit.scope) === undefined) return;
  state.policyVersion = Math.max(state.policyVersion, version);
}

export function rateDenied(state: UserState, data: DataOf<"RateDenied">, at: number): void {
  const lease = keepRate(state, data.limit, at);
  const { reason, untilAt, retryAt } = data;
  lease.denied = retryAt === undefined ? { reason, untilAt } : { reason, untilAt, retryAt };
  lease.free = 0;
}

/** Books an admission under every shared rate. */
export function bookShared(state: UserState, data: RequestData, at: number): void {
  for (const limit of data.sharedLimits ?? []) {
    const lease = keepRate(state, limit, at);
    // What is open is counted by the cap itself.
    if (limit.metric !== "concurrency") lease.booked += amountOf(limit.metric, data.bound);
  }
}

/** What is open under a cap has changed: a shared one has as much booked. */
export function noteOpen(state: UserState, capKey: string, open: number): void {
  if (state.rates.size === 0) return;
  const lease = state.rates.get(`concurrency|${capKey}`);
  if (lease !== undefined) lease.booked = open;
}
