/**
 * Buckets and accounts as the fold keeps them: what is new or was away starts from its
 * scope's past, and the requests that are still open there correct it when they end.
 */
import type { BudgetData, LimitData } from "#events/user-events.ts";
import { accountOf, adoptBudget, dropOldAccounts, isUnder, startOf } from "./budgets.ts";
import { isAwaited, isKept, lacksPast, usedScopeOf } from "./history.ts";
import { bucketsMax } from "./limits.ts";
import { bucketOf, shorten } from "./rates.ts";
import {
  accountKey,
  bucketKey,
  keyBefore,
  type Account,
  type Bucket,
  type Hold,
  type UserState,
} from "./state.ts";

/** Keeps a bucket; one that is new is corrected by the earlier requests that it counts. */
export function keepBucket(
  state: UserState,
  limit: LimitData,
  at: number,
  version: number,
): Bucket {
  const key = bucketKey(limit);
  const bucket = bucketOf(state, limit, at, version);
  const isKnown = state.buckets.get(key) === bucket;
  if (isKnown && (limit.whole !== true || bucket.version >= version)) return bucket;
  if (isKnown) shorten(bucket, limit, at);
  if (!state.buckets.has(key) && state.buckets.size >= bucketsMax / 2) dropIdle(state, at);
  state.buckets.set(key, bucket);
  if (bucket.metric === "requests") return bucket;
  const before = keyBefore(limit);
  if (!lacksPast(state, "limit", limit, at - limit.windowMs)) {
    if (before === undefined) return bucket;
    for (const { buckets } of unsettled(state)) {
      if (buckets.includes(before) && !buckets.includes(key)) buckets.push(key);
    }
    return bucket;
  }
  const local = usedScopeOf(limit.scope);
  const scope = !isKept(local) && isAwaited(state, "limit", limit) ? "user" : local;
  for (const hold of unsettled(state)) {
    if (hold.scopes.includes(scope) && !hold.buckets.includes(key)) hold.buckets.push(key);
  }
  return bucket;
}

function* unsettled(state: UserState): Generator<Hold> {
  yield* state.holds.values();
  for (const { hold } of state.expired.values()) yield hold;
}

/** Buckets whose last use has left their window say nothing. */
function dropIdle(state: UserState, at: number): void {
  for (const [key, bucket] of state.buckets) {
    if (bucket.mode === "gcra" && bucket.tat.ms >= at) continue;
    if ((bucket.log.at.at(-1) ?? 0) <= at - bucket.windowMs) state.buckets.delete(key);
  }
}

export function keepAccount(
  state: UserState,
  budget: BudgetData,
  at: number,
  version: number,
): Account {
  const key = accountKey(budget);
  const account = accountOf(state, budget, version);
  const isKnown = state.accounts.get(key) === account;
  if (!isKnown || (budget.whole === true && account.version < version)) {
    dropOldAccounts(state, at);
    state.accounts.set(key, account);
    const startsAt = startOf(budget);
    const lacks = lacksPast(state, "budget", budget, startsAt);
    for (const hold of lacks ? unsettled(state) : []) {
      if (isUnder(hold, budget, startsAt) && !hold.accounts.includes(key)) hold.accounts.push(key);
    }
  }
  adoptBudget(account, budget, version);
  return account;
}
