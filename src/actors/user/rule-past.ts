/**
 * What a rule that picks some requests counts of those before it came.
 *
 * The stream is folded again, by the fold itself, as though the rule had been there: its bucket or
 * account is then what it would have been. That is recorded as an event, so that the state stays a
 * function of the facts.
 *
 * Invariants, each the title of a test:
 * - what a rule counts of its past is what it would have counted had it been there;
 * - a request that was open then is corrected, where it is counted, when it ends.
 */
import type { EventEnvelope } from "#events/envelope.ts";
import type { BudgetData, LimitData, UserFact } from "#events/user-events.ts";
import { cameAfter, type RulePicks } from "#policy/picks.ts";
import { compileWhen, type Condition } from "#policy/when.ts";
import { dropOldAccounts, startOf } from "./budgets.ts";
import { accountsMax, bucketsMax, holdMsMax } from "./limits.ts";
import { stack } from "./gcra.ts";
import {
  accountKey,
  bucketKey,
  type DataOf,
  type Hold,
  type RequestData,
  type UserState,
} from "./state.ts";
import { copyLane, type UsageLog } from "./usage-log.ts";

type Past = DataOf<"RulePastCounted">;

/** A rule whose past is to be read. */
export interface NewRule {
  /** Its bucket or account, and since when it is what it is. */
  key: string;
  rule: { limit: LimitData } | { budget: BudgetData };
  applies: Condition;
  /** What is counted is not before this. */
  startsAt: number;
}

/** The rules of a request that were not there before and whose past was not read yet. */
export function newRulesOf(
  state: UserState,
  request: RequestData,
  picks: RulePicks,
  at: number,
): NewRule[] {
  // A stale policy's rules are nobody's any more.
  if (request.policyVersion < state.policyVersion) return [];
  const found: NewRule[] = [];
  for (const limit of request.limits) {
    const when = limit.metric === "concurrency" ? undefined : picks.limits?.[limit.name];
    const startsAt = at - limit.windowMs + 1;
    if (when === undefined || isRead(state, { limit }) || !cameAfter(limit, startsAt - 1)) continue;
    const key = `${bucketKey(limit)}|${limit.since}`;
    found.push({ key, rule: { limit }, applies: compileWhen(when), startsAt });
  }
  for (const budget of request.budgets) {
    const when = picks.budgets?.[budget.name];
    const startsAt = startOf(budget);
    if (when === undefined || isRead(state, { budget }) || !cameAfter(budget, startsAt)) continue;
    const key = `${accountKey(budget)}|${budget.since}`;
    found.push({ key, rule: { budget }, applies: compileWhen(when), startsAt });
  }
  return found;
}

function isRead(state: UserState, { limit, budget }: Pick<Past, "limit" | "budget">): boolean {
  const rule = limit ?? budget;
  const kept =
    limit === undefined
      ? budget && state.accounts.get(accountKey(budget))
      : state.buckets.get(bucketKey(limit));
  return rule?.since !== undefined && kept?.since === rule.since;
}

/** Folds a stream again as though new rules had been there. Tell it the events from `from` on. */
export class PastScan {
  readonly #rules: readonly NewRule[];
  readonly #fold: (state: UserState, fact: UserFact, at: number) => UserState;
  #state: UserState;

  constructor(
    rules: readonly NewRule[],
    fold: (state: UserState, fact: UserFact, at: number) => UserState,
    empty: UserState,
  ) {
    this.#rules = rules;
    this.#fold = fold;
    this.#state = empty;
  }

  /** The first moment of which something may count: what a hold was raised by counts when it was. */
  get from(): number {
    const starts = this.#rules.map(({ rule, startsAt }) =>
      "limit" in rule && rule.limit.metric === "usd" ? startsAt - holdMsMax : startsAt,
    );
    return Math.min(...starts);
  }

  /** Reads the next event of the stream. */
  take(event: EventEnvelope): void {
    const fact = event as unknown as UserFact;
    if (fact.type === "RequestAdmitted") {
      const data = this.#under(fact.data, event.at);
      if (data !== undefined) this.#state = this.#fold(this.#state, { ...fact, data }, event.at);
    } else if (COUNTED.has(fact.type)) {
      this.#state = this.#fold(this.#state, fact, event.at);
    }
  }

  /** A request as it would have been admitted under the new rules; undefined when none picks it. */
  #under(data: RequestData, at: number): RequestData | undefined {
    const limits: LimitData[] = [];
    const budgets: BudgetData[] = [];
    for (const { rule, applies, startsAt } of this.#rules) {
      const { scope } = "limit" in rule ? rule.limit : rule.budget;
      if (!isIn(data, scope) || !applies(subjectOf(data))) continue;
      // As though it had always been there; what evens out is counted anew from the same moments.
      const always = { whole: false, since: 0 };
      if ("limit" in rule) limits.push({ ...rule.limit, ...always, mode: "sliding" });
      else if (at >= startsAt) budgets.push({ ...rule.budget, ...always });
    }
    if (limits.length + budgets.length === 0) return undefined;
    // Nothing else of it is counted.
    const { keyId: _key, team: _team, tags: _tags, route: _route, ...asked } = data;
    const { shared: _shared, sharedLimits: _limits, ...own } = asked;
    return { ...own, limits, budgets };
  }

  /** What each rule counts, for the command that records it. */
  counted(version: number): Past[] {
    return this.#rules.map(({ rule, startsAt }) => {
      if ("limit" in rule) {
        const key = bucketKey(rule.limit);
        const log = this.#state.buckets.get(key)?.log;
        const own = log && copyLane(log, 0, startsAt - 1);
        const moments = own?.at.map((at, index): [number, number] => {
          return [at, own.lanes[0]?.[index] ?? 0];
        });
        const open = this.#open(({ buckets }) => buckets.includes(key));
        return { version, limit: rule.limit, moments: moments ?? [], open };
      }
      const key = accountKey(rule.budget);
      const { settledNanos = 0, heldNanos = 0 } = this.#state.accounts.get(key) ?? {};
      const open = this.#open(({ accounts }) => accounts.includes(key));
      return { version, budget: rule.budget, settledNanos, heldNanos, open };
    });
  }

  #open(counts: (hold: Hold) => boolean): string[] {
    return unsettled(this.#state).flatMap(([id, hold]) => (counts(hold) ? [id] : []));
  }
}

/** What changes what an admitted request counts. */
const COUNTED: ReadonlySet<UserFact["type"]> = new Set([
  "RequestSettled",
  "RequestReleased",
  "HoldExtended",
  "HoldExpired",
  "ExpiryCorrected",
]);

/** Whether a recorded request belongs to a scope. */
function isIn(data: RequestData, scope: string): boolean {
  const colon = scope.indexOf(":");
  const value = scope.slice(colon + 1);
  switch (colon < 0 ? scope : scope.slice(0, colon)) {
    case "user":
      return true;
    case "key":
      return data.keyId === value;
    case "model":
      return data.model === value;
    case "tag":
      return data.tags?.includes(value) === true;
    case "ip":
      return data.ip === value;
    default:
      return false;
  }
}

/** Who asked, as it was recorded. What no record says (the session, the own tier) no rule asks here. */
function subjectOf(data: RequestData) {
  return {
    memberId: data.member,
    team: data.team,
    tiers: [],
    keyId: data.keyId,
    model: data.model,
    tags: data.tags ?? [],
    ip: data.ip,
    session: undefined,
    route: data.route?.name,
  };
}

/** Those pasts that are news and find room. */
export function decidePast(state: UserState, pasts: readonly Past[]): UserFact[] {
  return pasts
    .filter(({ version, limit, budget }) => {
      if (version < state.policyVersion || isRead(state, { limit, budget })) return false;
      return limit === undefined
        ? state.accounts.size < accountsMax
        : state.buckets.size < bucketsMax;
    })
    .map((data) => ({ type: "RulePastCounted", v: 1, data }));
}

/** The fold of it: the rule starts from what is told, whatever was counted under its name. */
export function evolvePast(state: UserState, past: Past, at: number): void {
  const { limit, budget, version } = past;
  state.policyVersion = Math.max(state.policyVersion, version);
  const open = new Set(past.open);
  if (limit !== undefined) {
    const key = bucketKey(limit);
    const log = logOf(past.moments ?? [], at - limit.windowMs);
    const base = { ms: 0, part: 0 };
    const { metric, mode, windowMs, since } = limit;
    const terms = { metric, mode, limit: limit.limit, windowMs, version, since };
    state.buckets.set(key, { ...terms, log, base, tat: stack(base, log, limit) });
    for (const [id, { buckets }] of unsettled(state)) list(buckets, key, open.has(id));
  }
  if (budget !== undefined) {
    const key = accountKey(budget);
    dropOldAccounts(state, at);
    const { name, scope, period, periodKey, resetsAt, limitNanos, thresholds, atLimit } = budget;
    state.accounts.set(key, {
      name,
      scope,
      period,
      periodKey,
      resetsAt,
      limitNanos,
      thresholds,
      atLimit,
      version,
      since: budget.since,
      settledNanos: past.settledNanos ?? 0,
      heldNanos: past.heldNanos ?? 0,
      crossed: state.accounts.get(key)?.crossed ?? [],
    });
    for (const [id, { accounts }] of unsettled(state)) list(accounts, key, open.has(id));
  }
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

function unsettled(state: UserState): [string, Hold][] {
  const expired = [...state.expired].map(([id, { hold }]): [string, Hold] => [id, hold]);
  return [...state.holds, ...expired];
}
