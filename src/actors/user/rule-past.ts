/**
 * What a rule that picks some requests counts of those before it came, as facts and their fold.
 *
 * The stream is read once for that (`past-scan.ts`), and what was found is recorded, so that the
 * state stays a function of the facts.
 *
 * Invariants, each the title of a test:
 * - what a rule counts of its past is what it would have counted had it been there;
 * - a request that was open then is corrected, where it is counted, when it ends;
 * - until a past that is too long to be waited for is read, its rule counts all of its scope's.
 */
import type { BudgetData, LimitData, UserFact } from "#events/user-events.ts";
import type { PolicyWhen } from "#policy/document.ts";
import { cameAfter, reachOf, type RulePicks } from "#policy/picks.ts";
import { localScope } from "#policy/split.ts";
import { dropOldAccounts, startOf } from "./budgets.ts";
import { stack } from "./gcra.ts";
import { keepAccount } from "./keep.ts";
import { accountsMax, bucketsMax, readRulesMax } from "./limits.ts";
import { noteOpen } from "./shared-rates.ts";
import {
  accountKey,
  bucketKey,
  pastKey,
  type DataOf,
  type Hold,
  type RequestData,
  type UserState,
} from "./state.ts";
import type { UsageLog } from "./usage-log.ts";

export type Past = DataOf<"RulePastCounted">;
type Rule = Pick<Past, "limit" | "budget">;

/** A rule whose past is to be read. */
export interface NewRule {
  /** Its past's key, and since when it is what it is. */
  key: string;
  rule: { limit: LimitData } | { budget: BudgetData };
  when: PolicyWhen;
  /** Where the request is counted under it. */
  asked: string[];
  /** What is counted is not before this. */
  startsAt: number;
  /** Its past is being read already; until then it counts all of its scope's. */
  awaited: boolean;
}

/** The rules of a request that were not there before and whose past was not read yet. */
export function newRulesOf(
  state: UserState,
  request: AskedRules,
  picks: RulePicks,
  at: number,
): NewRule[] {
  // A stale policy's rules are nobody's any more.
  if (request.policyVersion < state.policyVersion) return [];
  const found = new Map<string, NewRule>();
  const add = (rule: NewRule["rule"], when: PolicyWhen | undefined, startsAt: number): void => {
    const { scope, since = 0 } = termsOf(rule);
    if (when === undefined || isRead(state, rule) || !hasRoom(state, rule)) return;
    const past = keyOf(rule);
    const key = `${past}|${since}`;
    const known = found.get(key);
    const awaited = state.awaited.get(past) === since;
    if (known === undefined) found.set(key, { key, rule, when, asked: [scope], startsAt, awaited });
    else known.asked.push(scope);
  };
  for (const limit of [...request.limits, ...(request.sharedLimits ?? [])]) {
    const goneAt = at - reachOf(limit);
    if (cameAfter(limit, goneAt)) add({ limit }, picks.limits?.[limit.name], goneAt + 1);
  }
  // Those that several members share are read for their leases (`picked-past.ts`).
  const split = (request.shared ?? []).filter(({ scope }) => localScope(scope) !== undefined);
  for (const budget of [...request.budgets, ...split.map(asLedger)]) {
    const startsAt = startOf(budget);
    if (cameAfter(budget, startsAt)) add({ budget }, picks.budgets?.[budget.name], startsAt);
  }
  return [...found.values()];
}

/** What asks for its rules' past. */
export type AskedRules = Pick<
  RequestData,
  "policyVersion" | "limits" | "sharedLimits" | "budgets" | "shared"
>;

/** Of a member who is split, what was spent before is only noted: leases decide. */
function asLedger(budget: BudgetData): BudgetData {
  const { name, scope, period, periodKey, resetsAt, startsAt, since } = budget;
  const ref = { name, scope, period, periodKey, resetsAt, startsAt, since };
  return { ...ref, limitNanos: 0, thresholds: [], atLimit: "allow", whole: false };
}

/** The limit or budget that a rule is. */
export function termsOf(rule: NewRule["rule"]): LimitData | BudgetData {
  return "limit" in rule ? rule.limit : rule.budget;
}

function keyOf(rule: NewRule["rule"]): string {
  return pastKey("limit" in rule ? "limit" : "budget", termsOf(rule));
}

/** Whether a rule's past was read: all of it, or what it counts in the scope that is asked for. */
function isRead(state: UserState, rule: NewRule["rule"]): boolean {
  const { since } = termsOf(rule);
  if (since === undefined) return false;
  return state.read.get(keyOf(rule)) === since || keptOf(state, rule)?.since === since;
}

function keptOf(
  state: UserState,
  rule: NewRule["rule"],
): { since?: number | undefined } | undefined {
  if ("budget" in rule) return state.accounts.get(accountKey(rule.budget));
  const kept = rule.limit.metric === "concurrency" ? state.caps : state.buckets;
  return kept.get(bucketKey(rule.limit));
}

/** One that finds no room is refused, whatever its past. */
function hasRoom(state: UserState, rule: NewRule["rule"]): boolean {
  if (keptOf(state, rule) !== undefined) return true;
  return "limit" in rule ? state.buckets.size < bucketsMax : state.accounts.size < accountsMax;
}

function ruleOf({ limit, budget }: Rule): NewRule["rule"] | undefined {
  if (limit !== undefined) return { limit };
  return budget && { budget };
}

/** Those pasts that are news and find room. */
export function decidePast(state: UserState, pasts: readonly Past[]): UserFact[] {
  const facts: UserFact[] = [];
  const cramped = new Set<string>();
  let { size: buckets } = state.buckets;
  let { size: accounts } = state.accounts;
  for (const past of pasts) {
    const rule = ruleOf(past);
    if (rule === undefined || past.version < state.policyVersion) continue;
    const key = keyOf(rule);
    const { since } = termsOf(rule);
    const kept = keptOf(state, rule);
    if (state.read.get(key) === since) continue;
    if (kept?.since === since && past.complete !== true) continue;
    if (kept === undefined) {
      const hasRoom = "limit" in rule ? buckets < bucketsMax : accounts < accountsMax;
      if (!hasRoom) {
        cramped.add(key);
        continue;
      }
      if ("limit" in rule) buckets += 1;
      else accounts += 1;
    }
    const { complete, ...data } = past;
    const isWhole = complete === true && !cramped.has(key);
    facts.push({ type: "RulePastCounted", v: 1, data: isWhole ? past : data });
  }
  return facts;
}

/** Rules whose past is read while they count all of their scope's. */
export function decideAwait(
  state: UserState,
  awaits: readonly DataOf<"RulePastAwaited">[],
): UserFact[] {
  return awaits.flatMap((data): UserFact[] => {
    const rule = ruleOf(data);
    if (rule === undefined || data.version < state.policyVersion || isRead(state, rule)) return [];
    const isKnown = state.awaited.get(keyOf(rule)) === termsOf(rule).since;
    return isKnown ? [] : [{ type: "RulePastAwaited", v: 1, data }];
  });
}

/** The fold of both. */
export function evolvePast(
  state: UserState,
  fact: Extract<UserFact, { type: `RulePast${string}` }>,
  at: number,
): void {
  if (fact.type === "RulePastCounted") counted(state, fact.data, at);
  else awaited(state, fact.data, at);
}

/** Whatever was counted under the rule's name is no measure of what it picks now. */
function awaited(state: UserState, data: DataOf<"RulePastAwaited">, at: number): void {
  const { version } = data;
  state.policyVersion = Math.max(state.policyVersion, version);
  const rule = ruleOf(data);
  if (rule === undefined) return;
  keepLatest(state.awaited, keyOf(rule), termsOf(rule).since ?? 0);
  if ("limit" in rule) return dropFormer(state, rule.limit);
  for (const [key, account] of formerAccounts(state, rule.budget)) {
    state.accounts.delete(key);
    for (const [, { accounts }] of unsettled(state)) list(accounts, key, false);
    const fresh = keepAccount(state, { ...rule.budget, scope: account.scope }, at, version);
    fresh.crossed = account.crossed;
  }
}

/** The rule starts from what is told, whatever was counted under its name. */
function counted(state: UserState, past: Past, at: number): void {
  const { limit, budget, version } = past;
  state.policyVersion = Math.max(state.policyVersion, version);
  const open = new Set(past.open);
  if (limit?.metric === "concurrency") startCap(state, limit, version, open);
  else if (limit !== undefined) startBucket(state, limit, past, open, at);
  if (budget !== undefined) startAccount(state, budget, past, open, at);
  for (const rule of [limit && { limit }, budget && { budget }]) {
    if (rule === undefined) continue;
    const key = keyOf(rule);
    state.awaited.delete(key);
    if (past.complete !== true) continue;
    keepLatest(state.read, key, termsOf(rule).since ?? 0);
    if ("limit" in rule) dropFormer(state, rule.limit);
    else for (const [, account] of formerAccounts(state, rule.budget)) empty(state, account);
  }
}

function startCap(
  state: UserState,
  limit: LimitData,
  version: number,
  listed: ReadonlySet<string>,
): void {
  const key = bucketKey(limit);
  let open = 0;
  for (const [id, { caps }] of state.holds) {
    list(caps, key, listed.has(id));
    if (listed.has(id)) open += 1;
  }
  state.caps.set(key, { open, version, since: limit.since });
  noteOpen(state, key, open);
}

function startBucket(
  state: UserState,
  limit: LimitData,
  { moments = [], version }: Past,
  open: ReadonlySet<string>,
  at: number,
): void {
  const key = bucketKey(limit);
  const log = logOf(moments, at - limit.windowMs);
  const base = { ms: 0, part: 0 };
  const { metric, mode, windowMs, since } = limit;
  const terms = { metric, mode, limit: limit.limit, windowMs, version, since };
  state.buckets.set(key, { ...terms, log, base, tat: stack(base, log, limit) });
  for (const [id, { buckets }] of unsettled(state)) list(buckets, key, open.has(id));
}

function startAccount(
  state: UserState,
  budget: BudgetData,
  { settledNanos = 0, heldNanos = 0, version }: Past,
  open: ReadonlySet<string>,
  at: number,
): void {
  const key = accountKey(budget);
  dropOldAccounts(state, at);
  const { name, scope, period, periodKey, resetsAt, limitNanos, thresholds, atLimit } = budget;
  const terms = { name, scope, period, periodKey, resetsAt, limitNanos, thresholds, atLimit };
  const { since } = budget;
  const crossed = state.accounts.get(key)?.crossed ?? [];
  state.accounts.set(key, { ...terms, version, since, settledNanos, heldNanos, crossed });
  for (const [id, { accounts }] of unsettled(state)) list(accounts, key, open.has(id));
}

/** Buckets and caps that a rule counted in while it was another. */
function dropFormer(state: UserState, limit: LimitData): void {
  const { name, since } = limit;
  const family = pastKey("limit", limit);
  const kept = limit.metric === "concurrency" ? state.caps : state.buckets;
  for (const [key, former] of kept) {
    const isOfRule = key.startsWith(`${name}|`) && former.since !== since;
    if (!isOfRule || pastKey("limit", { name, scope: key.slice(name.length + 1) }) !== family) {
      continue;
    }
    kept.delete(key);
    for (const [, { buckets, caps }] of unsettled(state)) {
      list(limit.metric === "concurrency" ? caps : buckets, key, false);
    }
  }
}

/** The same of a budget's accounts of the period. */
function formerAccounts(state: UserState, budget: BudgetData): [string, Former][] {
  const family = pastKey("budget", budget);
  return [...state.accounts].filter(([, { name, scope, period, periodKey, since }]) => {
    const isPeriod = period === budget.period && periodKey === budget.periodKey;
    return isPeriod && since !== budget.since && pastKey("budget", { name, scope }) === family;
  });
}

type Former = UserState["accounts"] extends Map<string, infer A> ? A : never;

/** Nothing of a scope was picked: thresholds that were told stay told. */
function empty(state: UserState, account: Former): void {
  account.settledNanos = 0;
  account.heldNanos = 0;
  for (const [, { accounts }] of unsettled(state)) list(accounts, accountKey(account), false);
}

function keepLatest(book: Map<string, number>, key: string, since: number): void {
  book.delete(key);
  book.set(key, since);
  const [oldest] = book.keys();
  if (book.size > readRulesMax && oldest !== undefined) book.delete(oldest);
}

function list(keys: string[], key: string, isListed: boolean): void {
  const index = keys.indexOf(key);
  if (isListed && index < 0) keys.push(key);
  else if (!isListed && index >= 0) keys.splice(index, 1);
}

function logOf(moments: readonly (readonly [number, number])[], goneAt: number): UsageLog {
  const kept = moments.filter(([at]) => at > goneAt);
  const amounts = kept.map(([, amount]) => amount);
  return {
    at: kept.map(([at]) => at),
    lanes: [amounts],
    sums: [amounts.reduce((sum, amount) => sum + amount, 0)],
    head: 0,
    goneAt,
  };
}

/** Requests that have not come to their truth yet. */
export function unsettled(state: UserState): [string, Hold][] {
  const expired = [...state.expired].map(([id, { hold }]): [string, Hold] => [id, hold]);
  return [...state.holds, ...expired];
}
