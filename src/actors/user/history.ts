/**
 * What a principal used in the last month, by scope: so that a limit or budget that is made or
 * widened today counts what happened before it.
 *
 * Invariants: it never counts less than what was used. It is exact while a scope has at
 * most 2048 distinct moments in a month; where it has merged, it counts up to one cell too much (a
 * second within the last minute, ten seconds within the last half hour, an hour before that). A scope that was dropped
 * for want of room counts as the whole user.
 */
import type { LimitData } from "#events/user-events.ts";
import { localScope } from "#policy/split.ts";
import { historyEntriesMax, historyMs, historyScopesMax } from "./limits.ts";
import { pastKey, type RequestData, type UserState } from "./state.ts";
import {
  copyLane,
  correct,
  correctAt,
  emptyLog,
  forget,
  placeOf,
  record,
  sumAfter,
  type UsageLog,
} from "./usage-log.ts";

export const REQUESTS = 0;
export const TOKENS = 1;
/** Nano-dollars, each part at the moment it was held: what dollar limits count. */
export const NANOS = 2;
/** Nano-dollars, all at the moment of admission: what budgets count. */
export const BOOKED = 3;
const lanes = 4;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** The lane that a rate limit counts. */
export const laneOf: Record<LimitData["metric"], number> = {
  requests: REQUESTS,
  tokens: TOKENS,
  usd: NANOS,
  concurrency: REQUESTS,
};

/** What was spent as a member of one team: what that team's budgets count, whenever they begin. */
export function sliceOf(team: string): string {
  return `in:${team}`;
}

/** What a budget of a team or a route counts of the past: what was spent in it. */
export function pastScopeOf({ scope }: { scope: string }): string {
  return scope.startsWith("team:") ? sliceOf(scope.slice(5)) : scope;
}

/** The scope whose past a limit counts: of one that several share, this principal's part. */
export function usedScopeOf(scope: string): string {
  if (scope === "organisation") return "user";
  return localScope(scope) ?? pastScopeOf({ scope });
}

/** The team that a hold was admitted in, "" for none. */
export function teamOf({ scopes }: { scopes: readonly string[] }): string {
  return scopes.find((scope) => scope.startsWith("in:"))?.slice(3) ?? "";
}

/** The teams that something was spent in. */
export function teamsOf(state: UserState): string[] {
  return [...state.history.keys()].flatMap((key) => (key.startsWith("in:") ? [key.slice(3)] : []));
}

/** What was spent since a moment, by the user or as a member of a team. */
export function bookedSince(state: UserState, scope: string, startsAt: number): number {
  const log = state.history.get(scope);
  return log === undefined ? 0 : sumAfter(log, BOOKED, startsAt - 1);
}

/** The scopes whose past is kept, for one request. */
export function scopesOf(request: RequestData): string[] {
  const scopes = ["user", `model:${request.model}`];
  if (request.keyId !== undefined) scopes.push(`key:${request.keyId}`);
  if (request.team !== undefined) scopes.push(sliceOf(request.team));
  const route = request.route?.name;
  if (route !== undefined) scopes.push(`route:${route}`);
  for (const tag of request.tags ?? []) scopes.push(`tag:${tag}`);
  const add = ({ scope }: { scope: string }): void => {
    if (scope.startsWith("tag:") && !scopes.includes(scope)) scopes.push(scope);
  };
  for (const limit of request.limits) add(limit);
  for (const budget of request.budgets) add(budget);
  return scopes;
}

/** Whether what a scope used is kept for rules to come. */
export function isKept(scope: string): boolean {
  return scope === "user" || /^(?:key|model|route|tag|in):/.test(scope);
}

/** Notes an admission under each of its scopes. */
export function noteUse(
  state: UserState,
  scopes: readonly string[],
  at: number,
  tokens: number,
  costNanos: number,
): void {
  noteAll(state, scopes, at, [1, tokens, costNanos, costNanos]);
}

/** Notes what an extension holds more: now for dollar limits, at its admission for budgets. */
export function noteRaise(
  state: UserState,
  hold: { scopes: readonly string[]; at: number },
  at: number,
  nanos: number,
): void {
  noteAll(state, hold.scopes, at, [0, 0, nanos, 0]);
  for (const scope of hold.scopes) {
    const log = state.history.get(scope);
    if (log !== undefined) correct(log, hold.at, BOOKED, nanos);
  }
}

function noteAll(
  state: UserState,
  scopes: readonly string[],
  at: number,
  amounts: readonly number[],
): void {
  const cells = (moment: number): number => cellOf(moment, at);
  for (const scope of scopes) {
    const log = logOf(state, scope);
    forget(log, at - historyMs);
    record(log, at, amounts, cells, historyEntriesMax);
  }
}

/** What a correction changes at one moment: how much less, or more, was used than was noted. */
export interface UseDelta {
  tokens: number;
  nanos: number;
  booked: number;
}

/** Corrects what was noted at `at`. */
export function correctUse(
  state: UserState,
  scopes: readonly string[],
  at: number,
  { tokens, nanos, booked }: UseDelta,
): void {
  if (tokens === 0 && nanos === 0 && booked === 0) return;
  for (const scope of scopes) {
    const log = state.history.get(scope);
    const index = log === undefined ? -1 : placeOf(log, at);
    if (log === undefined || index < 0) continue;
    correctAt(log, index, TOKENS, tokens);
    correctAt(log, index, NANOS, nanos);
    correctAt(log, index, BOOKED, booked);
  }
}

/** What a scope used after a moment, as a log of its own; undefined when its past is not kept. */
export function pastOf(
  state: UserState,
  lane: number,
  scope: string,
  after: number,
): UsageLog | undefined {
  const local = usedScopeOf(scope);
  if (!isKept(local)) return undefined;
  const own = state.history.get(local);
  // What was dropped may have been this scope's: the whole user's use is the safe answer.
  const log = state.historyDroppedAt > after ? state.history.get("user") : own;
  return log === undefined ? emptyLog(1) : copyLane(log, lane, after);
}

/**
 * Whether a rule that is met for the first time has a past. One that picks some requests and has been
 * there since `startsAt` has none: what it never saw was nothing of its own.
 */
export function hasPast(
  { whole, since }: { whole?: boolean | undefined; since?: number | undefined },
  startsAt: number,
): boolean {
  return whole === true || since === undefined || since > startsAt;
}

/** The same of one of a principal's own rules: what was read of its past is all there is. */
export function lacksPast(
  state: UserState,
  kind: "limit" | "budget",
  rule: { name: string; scope: string; whole?: boolean | undefined; since?: number | undefined },
  startsAt: number,
): boolean {
  const { since } = rule;
  if (!hasPast(rule, startsAt)) return false;
  return since === undefined || state.read.get(pastKey(kind, rule)) !== since;
}

/** Whether a rule counts all that its scope used until its past is read. */
export function isAwaited(
  { awaited }: UserState,
  kind: "limit" | "budget",
  rule: { name: string; scope: string; since?: number | undefined },
): boolean {
  return rule.since !== undefined && awaited.get(pastKey(kind, rule)) === rule.since;
}

function logOf(state: UserState, scope: string): UsageLog {
  const known = state.history.get(scope);
  if (known !== undefined) return known;
  const isSlice = scope.startsWith("in:");
  const alike = [...state.history.keys()].filter((key) => key.startsWith("in:") === isSlice);
  if (alike.length >= historyScopesMax) dropStalest(state, alike);
  const log = emptyLog(lanes);
  state.history.set(scope, log);
  return log;
}

function dropStalest(state: UserState, scopes: readonly string[]): void {
  let stalest = "";
  let stalestAt = Infinity;
  for (const scope of scopes) {
    const lastAt = state.history.get(scope)?.at.at(-1) ?? 0;
    if (scope !== "user" && lastAt < stalestAt) {
      stalest = scope;
      stalestAt = lastAt;
    }
  }
  state.history.delete(stalest);
  state.historyDroppedAt = Math.max(state.historyDroppedAt, stalestAt);
}

/** Seconds in the last minute, tens of seconds in the last half hour, hours before. */
function cellOf(moment: number, now: number): number {
  const age = now - moment;
  let grain = hourMs;
  if (age <= 30 * minuteMs) grain = age <= minuteMs ? 1_000 : 10_000;
  return Math.floor(moment / grain) * grain;
}
