/**
 * What the counter of a shared rate knows: what each principal used in the window, and what it may
 * still book.
 *
 * Invariants: a function of the facts alone; what a child said last stands in place of what it said
 * before; moments are by this counter's clock and never before the true ones.
 */
import { windowStart } from "#actors/kit/windows.ts";
import type { BudgetFact, RateTermsData } from "#events/budget-events.ts";
import type { Moment } from "./api.ts";

export type RateTerms = RateTermsData;

export interface RateChild {
  /** All that it ever booked, as it said last, and all that it may until `untilAt`. */
  booked: number;
  allowed: number;
  untilAt: number;
  /** Its sequence number when it said so, and the policy version that it was asked under. */
  seq: number;
  version?: number;
  /** What it used, in order. What is before `head` has left the window. */
  moments: readonly Moment[];
  head: number;
  /** The sum from `head` on. */
  used: number;
  /** When it was granted last, and how much. */
  grantedAt: number;
  size: number;
}

export interface RateState {
  terms: RateTerms | undefined;
  version: number;
  /** Since when the rate has been what everybody has told their past of. */
  countedSince?: number;
  children: Map<string, RateChild>;
}

export function initialRate(): RateState {
  return { terms: undefined, version: -1, children: new Map() };
}

function emptyRateChild(): RateChild {
  const nothing = { booked: 0, allowed: 0, untilAt: 0, seq: -1, head: 0, used: 0 };
  return { ...nothing, moments: [], grantedAt: 0, size: 0 };
}

/** The last moment that counts no more at `at`. What is open counts until its child says otherwise. */
export function goneBy({ metric, mode, windowMs }: RateTerms, at: number): number {
  if (metric === "concurrency") return -1;
  return mode === "fixed" ? windowStart(at, windowMs) - 1 : at - windowMs;
}

/** What a child's word counts for at `at`: what it used in the window, and what it may still use. */
export function countOf(child: RateChild, terms: RateTerms, at: number): number {
  const gone = goneBy(terms, at);
  let { used } = child;
  for (let i = child.head; (child.moments[i]?.at ?? Infinity) <= gone; i += 1) {
    used -= child.moments[i]?.amount ?? 0;
  }
  return used + idleOf(child, gone);
}

/** What it may still book, for as long as that could fall into the window. */
export function idleOf({ allowed, booked, untilAt }: RateChild, gone: number): number {
  return untilAt > gone ? Math.max(allowed - booked, 0) : 0;
}

/** The fold of what the counter wrote down. Changes the state in place. */
export function evolveRate(
  rate: RateState,
  data: Extract<BudgetFact, { type: "RatePermitted" }>["data"],
  at: number,
): void {
  if (data.version >= rate.version) {
    rate.terms = data.rate;
    rate.version = data.version;
  }
  const { child: name, seq, booked, allowed, untilAt, moments, size } = data;
  const known = rate.children.get(name) ?? emptyRateChild();
  const used = moments.reduce((sum, { amount }) => sum + amount, 0);
  const granted = size > 0 ? { grantedAt: at, size } : {};
  const { version } = data;
  const said = { booked, allowed, untilAt, seq, version, moments, head: 0, used };
  rate.children.set(name, { ...known, ...said, ...granted });
  forgetMoments(rate, at);
}

/** Lets go of moments that have left the window; what counts stays the same. */
function forgetMoments(rate: RateState, at: number): void {
  if (rate.terms === undefined) return;
  const gone = goneBy(rate.terms, at);
  for (const [name, child] of rate.children) {
    for (; (child.moments[child.head]?.at ?? Infinity) <= gone; child.head += 1) {
      child.used -= child.moments[child.head]?.amount ?? 0;
    }
    const isOver = child.head >= child.moments.length && child.untilAt <= gone;
    if (isOver) rate.children.delete(name);
  }
}
