/**
 * The counter of a rate that several principals share: permits in place of a count that everybody
 * would have to ask for. A cap of a member of several parts is one whose window never ends: what is
 * open is what was used, and a child that says less gives slots back.
 *
 * Invariants, each a property test:
 * - no window of the rate's length, wherever it begins (`fixed`: aligned to the calendar), holds more
 *   than the limit, all principals together: what was used in the window and what may still be used
 *   in it never pass the limit at a grant;
 * - a message that is lost, repeated or late makes nothing: a child's word stands in place of its
 *   older words, and permits end by themselves;
 * - time is told in durations, so clocks that differ change nothing.
 */
import { windowStart } from "#actors/kit/windows.ts";
import { localScope } from "#policy/split.ts";
import type { BudgetFact } from "#events/budget-events.ts";
import type { Moment, RateWord } from "./api.ts";
import { isScarce, leaseSize } from "./lease-size.ts";
import { childrenMax, momentsMax, permitMsMax, permitMsMin, slotMs } from "./limits.ts";
import {
  countOf,
  goneBy,
  idleOf,
  type RateChild,
  type RateState,
  type RateTerms,
} from "./rate-state.ts";

/** A child's word, and what it asks for. */
export interface RateCommand {
  type: "rate";
  at: number;
  child: string;
  rate: RateTerms;
  version: number;
  word: RateWord;
  /** So much must be left to book, and so much is wanted; none when nothing is asked for. */
  need: number;
  demand: number;
}

/** What a child's word adds to the log: at most one fact. */
export function decideRate(state: RateState, command: RateCommand, at: number): BudgetFact[] {
  const { child: name, word, need, demand, version } = command;
  const { seq, booked } = word;
  if (!isSound(command) || isPassed(state, command)) return [];
  const known = state.children.get(name);
  if (known !== undefined && isOld(known, command, at)) return [];
  if (known === undefined && state.children.size >= childrenMax) return [];
  const terms = termsFor(state, command);
  const moments = momentsOf(word, terms, at);
  const used = moments.reduce((sum, { amount }) => sum + amount, 0);
  const isLive = known !== undefined && known.untilAt > at && word.kept !== 0;
  const held = booked + (word.kept ?? Infinity);
  const base = isLive ? Math.max(Math.min(known.allowed, held), booked) : booked;
  const others = countWithout(state, terms, name, at);
  const free = terms.limit - others.count - used - (base - booked);
  const last = { sizeNanos: known?.size ?? 0, grantedAt: known?.grantedAt ?? 0 };
  const missing = need - (base - booked);
  const asked = { needNanos: missing, demandNanos: Math.max(demand - (base - booked), missing) };
  const validMs = permitMs(terms, at);
  const isCap = terms.metric === "concurrency";
  const pace = isCap ? undefined : { busyMs: validMs / 2, idleMs: validMs * 10 };
  const exactly = isScarce(free, terms.limit);
  const size = missing > 0 ? leaseSize(last, others.active + 1, free, exactly, asked, at, pace) : 0;
  // Also what was permitted before is only permitted on while all of it fits.
  const fits = need > 0 && missing <= size && free >= 0;
  const untilAt = fits ? at + validMs : isLive ? known.untilAt : Math.min(known?.untilAt ?? at, at);
  const data = { rate: terms, version, child: name, seq, booked, moments };
  const fact = { ...data, allowed: base + size, untilAt, size };
  return isNews(known, fact) ? [{ type: "RatePermitted", v: 1, data: fact }] : [];
}

/**
 * Whether a member's own rate is asked for under a version that is over. The newer one may count
 * another window, or other requests, so nothing that is known here says what the older one leaves.
 */
export function isPassed(
  state: RateState,
  { rate, version }: { rate: RateTerms; version: number },
): boolean {
  return version < state.version && localScope(rate.scope) !== undefined;
}

/** The newest terms; for a request of an older version also its own limit holds. */
function termsFor(state: RateState, { rate, version }: RateCommand): RateTerms {
  if (state.terms === undefined || version >= state.version) return rate;
  return { ...state.terms, limit: Math.min(state.terms.limit, rate.limit) };
}

/** How long permits granted at `at` may be used: to the end of the window, where it is the calendar's. */
function permitMs(terms: RateTerms, at: number): number {
  const { metric, mode, windowMs } = terms;
  if (metric === "concurrency") return slotMs;
  const validMs = Math.min(Math.max(windowMs, permitMsMin), permitMsMax);
  return mode === "fixed" ? Math.min(validMs, windowStart(at, windowMs) + windowMs - at) : validMs;
}

/** An older word, or one that was answered: what it was given stands. */
function isOld(known: RateChild, { word, need, version }: RateCommand, at: number): boolean {
  if (word.seq !== known.seq) return word.seq < known.seq;
  // A newer policy may count what happened before it: then the same child knows more.
  const { version: told = version } = known;
  if (version !== told) return version < told;
  return need === 0 || (known.untilAt > at && known.allowed - word.booked >= need);
}

/** A word by this counter's clock. It was under way for a while, so nothing is dated too early. */
function momentsOf(word: RateWord, terms: RateTerms, at: number): Moment[] {
  const gone = goneBy(terms, at);
  const moments: Moment[] = [];
  for (const { at: there, amount } of word.moments) {
    const here = Math.min(there + at - word.sentAt, at);
    if (here > gone && amount > 0) moments.push({ at: here, amount });
  }
  return moments;
}

function countWithout(
  state: RateState,
  terms: RateTerms,
  except: string,
  at: number,
): { count: number; active: number } {
  const gone = goneBy(terms, at);
  let count = 0;
  let active = 0;
  for (const [name, child] of state.children) {
    if (name === except) continue;
    count += countOf(child, terms, at);
    if (idleOf(child, gone) > 0) active += 1;
  }
  return { count, active };
}

/** What is left to grant. */
export function freeOf(state: RateState, at: number): number {
  const { terms } = state;
  if (terms === undefined) return 0;
  return Math.max(terms.limit - countWithout(state, terms, "", at).count, 0);
}

/** Whether more was used, and may still be, than the limit: it was cut, and nobody is given anything. */
export function isOver(state: RateState, limit: number, at: number): boolean {
  const { terms } = state;
  const most = Math.min(terms?.limit ?? 0, limit);
  return terms !== undefined && countWithout(state, terms, "", at).count > most;
}

/** Those who may still book something while more was used, or may be, than the limit. */
export function permittedAbove(state: RateState, limit: number, at: number): string[] {
  if (!isOver(state, limit, at)) return [];
  return [...state.children].flatMap(([name, { allowed, booked, untilAt }]) =>
    untilAt > at && allowed > booked ? [name] : [],
  );
}

/** How long until `amount` fits if nothing else happens, milliseconds; undefined when it never does. */
export function waitFor(state: RateState, amount: number, at: number): number | undefined {
  const { terms } = state;
  if (terms === undefined || amount > terms.limit) return undefined;
  const { metric, mode, windowMs } = terms;
  // Nobody knows when a request ends.
  if (metric === "concurrency") return undefined;
  if (mode === "fixed") return windowStart(at, windowMs) + windowMs - at;
  const gone = goneBy(terms, at);
  const leaves: [number, number][] = [];
  let count = 0;
  const add = (moment: number, used: number): void => {
    if (moment <= gone || used === 0) return;
    leaves.push([moment + windowMs, used]);
    count += used;
  };
  for (const child of state.children.values()) {
    for (const moment of child.moments.slice(child.head)) add(moment.at, moment.amount);
    add(child.untilAt, idleOf(child, gone));
  }
  leaves.sort(([a], [b]) => a - b);
  if (count + amount <= terms.limit) return 0;
  for (const [moment, used] of leaves) {
    count -= used;
    if (count + amount <= terms.limit) return Math.max(moment - at, 0);
  }
  return undefined;
}

/** Children whose word may be out of date: they may have permits to give back. */
export function idleChildren(state: RateState, except: string, at: number): string[] {
  const { terms } = state;
  if (terms === undefined) return [];
  const gone = goneBy(terms, at);
  const hasNews = (child: RateChild): boolean =>
    // Bounds that have settled since count for less, and what nobody used counts for nothing.
    idleOf(child, gone) > 0 || (terms.metric !== "requests" && child.head < child.moments.length);
  return [...state.children].flatMap(([name, child]) =>
    name !== except && hasNews(child) ? [name] : [],
  );
}

function isNews(
  known: RateChild | undefined,
  fact: { booked: number; allowed: number; untilAt: number; moments: readonly Moment[] },
): boolean {
  if (known === undefined) return fact.allowed > fact.booked || fact.moments.length > 0;
  const isSame =
    fact.booked === known.booked &&
    fact.allowed === known.allowed &&
    fact.untilAt === known.untilAt &&
    fact.moments.reduce((sum, { amount }) => sum + amount, 0) === known.used;
  return !isSame;
}

function isSound({ rate, word, need, demand, version }: RateCommand): boolean {
  const { seq, sentAt, booked, moments, kept = 0 } = word;
  return (
    [rate.limit, rate.windowMs, seq, sentAt, booked, kept, need, demand, version].every(isAmount) &&
    (rate.windowMs > 0 || rate.metric === "concurrency") &&
    moments.length <= momentsMax &&
    moments.every((moment) => isAmount(moment.at) && isAmount(moment.amount))
  );
}

function isAmount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
