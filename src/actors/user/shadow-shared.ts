/**
 * Budgets and rates of teams and the organisation under the draft in the shadow: what this principal
 * used of them by its own books, beside what others did, as their node told.
 *
 * Invariants: nothing is asked for, held or booked; what is not known is never taken for room.
 */
import { windowStart } from "#actors/kit/windows.ts";
import type { Moment, ShadowItem } from "#actors/budget/api.ts";
import type { BudgetData, LimitData, SharedBudgetData } from "#events/user-events.ts";
import { localScope } from "#policy/split.ts";
import { startOf } from "./budgets.ts";
import { bookedSince, hasPast, laneOf, pastScopeOf } from "./history.ts";
import { leaseKey, leaseRefOf } from "./leases.ts";
import { amountOf } from "./rates.ts";
import { bucketKey, type RequestData, type UserState } from "./state.ts";
import type { UsageLog } from "./usage-log.ts";
import { rateTermsOf } from "#policy/shared.ts";

/** What others used of each item of a draft, by its key; absent where nobody has told. */
export type Others = Readonly<Record<string, number>>;

/** What of a draft's request is shared. */
export interface SharedAsk {
  shared?: readonly SharedBudgetData[] | undefined;
  sharedLimits?: readonly LimitData[] | undefined;
}

/** One budget or rate that others use too, and what this principal used of it. */
export interface SharedPart {
  item: ShadowItem;
  /** Nano-dollars of the period, or moments of the window; undefined where that is not known. */
  mine: { nanos: number } | { moments: Moment[] } | undefined;
}

interface Verdict {
  code: string;
  by: string;
}

const codes = {
  requests: "rate_limited",
  tokens: "token_rate_limited",
  usd: "spend_rate_limited",
  concurrency: "concurrency_limited",
} as const;

/** Every shared budget with the one above it, and every shared rate but caps, which nobody counts. */
export function partsOf(state: UserState, ask: SharedAsk, at: number): SharedPart[] {
  return [
    ...budgetsOf(ask).map((budget): SharedPart => {
      const nanos = spentUnder(state, budget);
      const item: ShadowItem = { kind: "budget", lease: leaseRefOf(budget) };
      return { item, mine: nanos === undefined ? undefined : { nanos } };
    }),
    ...ratesOf(ask).map((limit): SharedPart => {
      const moments = momentsUnder(state, limit, at);
      const item: ShadowItem = { kind: "rate", rate: rateTermsOf(limit) };
      return { item, mine: moments && { moments } };
    }),
  ];
}

/** What the draft would decide, as far as it is known: a refusal, or whether something is not. */
export function judgeShared(
  state: UserState,
  ask: SharedAsk & { others?: Others | undefined; request: Pick<RequestData, "bound"> },
  at: number,
): { refusal?: Verdict; unknown: boolean } {
  const { others = {}, request } = ask;
  const { bound } = request;
  let unknown = (ask.sharedLimits ?? []).some(({ metric }) => metric === "concurrency");
  let refusal: Verdict | undefined;
  const weigh = (key: string, mine: number | undefined, amount: number, limit: number): boolean => {
    const theirs = others[key];
    if (amount === 0) return true;
    if (mine === undefined || theirs === undefined) unknown = true;
    // What is known alone may be too much.
    return (mine ?? 0) + (theirs ?? 0) + amount <= limit;
  };
  for (const limit of ratesOf(ask)) {
    const used = momentsUnder(state, limit, at)?.reduce((sum, { amount }) => sum + amount, 0);
    const key = keyOf({ kind: "rate", rate: rateTermsOf(limit) });
    if (weigh(key, used, amountOf(limit.metric, bound), limit.limit)) continue;
    refusal ??= { code: codes[limit.metric], by: limit.name };
  }
  for (const budget of budgetsOf(ask)) {
    const key = keyOf({ kind: "budget", lease: leaseRefOf(budget) });
    if (weigh(key, spentUnder(state, budget), bound.costNanos, budget.limitNanos)) continue;
    if (budget.atLimit === "allow") continue;
    const code = budget.atLimit === "downgrade" ? "budget_downgrade" : "budget_exceeded";
    refusal ??= { code, by: budget.name };
  }
  return refusal === undefined ? { unknown } : { refusal, unknown };
}

/** The item's key: its name, scope and unit, and of a budget the period. */
export function keyOf(item: ShadowItem): string {
  if (item.kind === "budget") return `budget ${leaseKey(item.lease)}`;
  return `rate ${item.rate.metric} ${bucketKey(item.rate)}`;
}

function budgetsOf({ shared = [] }: SharedAsk): BudgetData[] {
  return shared.flatMap(({ parent, ...budget }) =>
    parent === undefined ? [budget] : [budget, parent],
  );
}

function ratesOf({ sharedLimits = [] }: SharedAsk): LimitData[] {
  return sharedLimits.filter(({ metric }) => metric !== "concurrency");
}

/** Spent and held in the budget's period: by its lease, or by what its scope spent. */
function spentUnder(state: UserState, budget: BudgetData): number | undefined {
  const lease = state.leases.get(leaseKey(leaseRefOf(budget)));
  if (lease !== undefined) return lease.usedNanos + lease.heldNanos;
  const startsAt = startOf(budget);
  if (!hasPast(budget, startsAt)) return 0;
  return bookedSince(state, pastOf(budget), startsAt);
}

/** What was used in the window, by the rate's own bucket, or by what its scope used. */
function momentsUnder(state: UserState, limit: LimitData, at: number): Moment[] | undefined {
  const { metric, mode, windowMs } = limit;
  const after = mode === "fixed" ? windowStart(at, windowMs) - 1 : at - windowMs;
  const bucket = state.buckets.get(bucketKey(limit));
  if (bucket?.metric === metric && bucket.windowMs >= windowMs) {
    return momentsIn(bucket.log, 0, after);
  }
  // One that picks some requests would have to read them all again.
  if (limit.whole !== true) return undefined;
  const log = state.history.get(pastOf(limit));
  return log === undefined ? [] : momentsIn(log, laneOf[metric], after);
}

function pastOf({ scope }: { scope: string }): string {
  // Of a member who is split each actor tells its own part.
  return scope === "organisation" ? "user" : (localScope(scope) ?? pastScopeOf({ scope }));
}

function momentsIn(log: UsageLog, lane: number, after: number): Moment[] {
  const moments: Moment[] = [];
  const amounts = log.lanes[lane] ?? [];
  for (let i = log.at.length - 1; i >= log.head && (log.at[i] ?? 0) > after; i -= 1) {
    const amount = Math.max(amounts[i] ?? 0, 0);
    if (amount > 0) moments.push({ at: log.at[i] ?? 0, amount });
  }
  return moments.reverse();
}
