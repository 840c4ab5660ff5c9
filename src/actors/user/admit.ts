/**
 * Admission: may this request go to a provider, and if not, what refuses it and until when.
 *
 * Invariants: `judge` is a pure function of the folded state and the recorded request, so any
 * decision can be made again from the log; the first refusal of a kind in its quiet time is a fact,
 * the others are counted; an older policy than the newest seen decides nothing.
 */
import type { BudgetData, LimitData, UserFact } from "#events/user-events.ts";
import { accountOf, affords, budgetLeft, crossings } from "./budgets.ts";
import { capOf } from "./caps.ts";
import { admittedAnswer, refusedAnswer, refusedData, type Added } from "./decision.ts";
import { isAmount } from "./holds.ts";
import { leaseKey, leaseRefOf } from "./leases.ts";
import { accountsMax, bucketsMax, leasesMax, openHoldsMax } from "./limits.ts";
import { amountOf, bucketOf, fits, left, retryAt } from "./rates.ts";
import { checkSharedBudgets, checkSharedRates, lackOf, type Short } from "./shared.ts";
import { judgeShared } from "./shadow-shared.ts";
import { judgeShadow, type ShadowAsk } from "./shadow.ts";
import { accountKey, bucketKey, quietKey, type RequestData, type UserState } from "./state.ts";

export interface Verdict {
  code: string;
  by?: string | undefined;
}

export interface Refusal extends Verdict {
  scope?: string | undefined;
  retryAt?: number | undefined;
  given?: boolean;
  /** Credit is short and its node was not asked yet: nothing is decided before it was. */
  short?: boolean;
}

export type Judgement =
  | { admits: true; left: number[]; over: string[] }
  | { admits: false; refusal: Refusal };

const codes = {
  requests: "rate_limited",
  tokens: "token_rate_limited",
  usd: "spend_rate_limited",
  concurrency: "concurrency_limited",
} as const;

/** A recorded request judged again, as `decideAdmit` does it, without the facts that it makes of it. */
export function judgeAgain(
  state: UserState,
  command: { request: RequestData; verdict?: Verdict | undefined },
  at: number,
): { type: "RequestAdmitted" | "RequestRefused"; answer: Added } | undefined {
  const { request, verdict } = command;
  if (isRepeat(state, request.requestId) || isStale(state, request)) return undefined;
  const judgement = judge(state, request, at, verdict);
  if (judgement.admits) return { type: "RequestAdmitted", answer: admittedAnswer(judgement) };
  const { refusal } = judgement;
  if (refusal.short === true || isQuiet(state, refusal, at)) return undefined;
  return { type: "RequestRefused", answer: refusedAnswer(refusal) };
}

/** What an admit command adds to the log; nothing when it repeats, is stale, or is only counted. */
export function decideAdmit(
  state: UserState,
  command: { request: RequestData; verdict?: Verdict; shadow?: ShadowAsk },
  at: number,
): UserFact[] {
  const { verdict, shadow } = command;
  if (isRepeat(state, command.request.requestId) || isStale(state, command.request)) return [];
  const judgement = judge(state, command.request, at, verdict);
  const request =
    shadow === undefined
      ? command.request
      : {
          ...command.request,
          shadow: judgeShadow(
            command.request,
            shadow,
            (request, verdict) => judge(state, request, at, verdict),
            (request) => judgeShared(state, { ...shadow, request }, at),
          ),
        };
  const passed = request.budgets.flatMap((budget) => crossedBefore(state, budget));
  if (judgement.admits) {
    const data = { ...request, ...admittedAnswer(judgement) };
    return [{ type: "RequestAdmitted", v: 1, data }, ...passed];
  }
  const { refusal } = judgement;
  if (refusal.short === true) return [];
  if (isQuiet(state, refusal, at)) return passed;
  return [{ type: "RequestRefused", v: 1, data: refusedData(request, refusal) }, ...passed];
}

export function isRepeat(state: UserState, requestId: string): boolean {
  return (
    state.holds.has(requestId) || state.outcomes.has(requestId) || state.expired.has(requestId)
  );
}

export function isStale(state: UserState, request: RequestData): boolean {
  return request.policyVersion < state.policyVersion;
}

/** Whether a refusal like this one is recorded already, so that it is only counted. */
export function isQuiet(state: UserState, refusal: Refusal, at: number): boolean {
  return refusal.given !== true && (state.quiets.get(quietKey(refusal)) ?? 0) > at;
}

/** Admits or refuses, in the promised order: verdict, key, concurrency, rates, budgets. */
export function judge(
  state: UserState,
  request: RequestData,
  at: number,
  verdict?: Verdict,
): Judgement {
  if (verdict !== undefined) return refuse({ code: verdict.code, by: verdict.by, given: true });
  const { keyId, limits, budgets, bound, policyVersion: version } = request;
  if (keyId !== undefined && state.fenced.has(keyId))
    return refuse({ code: "key_revoked", by: keyId });
  const fault = faultOf(state, request);
  if (fault !== undefined) return refuse(fault);
  const left: number[] = [];
  const over: string[] = [];
  const refusals: Refusal[] = [];
  let full: Refusal | undefined;
  for (const limit of limits) {
    const verdict =
      limit.metric === "concurrency"
        ? checkCap(state, limit, version)
        : checkRate(state, limit, version, bound, at);
    if (typeof verdict === "number") left.push(verdict);
    else if (limit.metric === "concurrency") full ??= verdict;
    else refusals.push(verdict);
  }
  if (full !== undefined) return refuse(full);
  const rates = checkSharedRates(state, request, at);
  refusals.push(...rates.refusals);
  for (const budget of budgets) {
    const verdict = checkBudget(state, budget, version, bound.costNanos, over);
    if (typeof verdict === "number") left.push(verdict);
    else refusals.push(verdict);
  }
  const shared = checkSharedBudgets(state, request, at, over);
  left.push(...shared.left);
  refusals.push(...shared.refusals);
  left.push(...rates.left);
  if (refusals.length === 0) return { admits: true, left, over };
  // What is refused for sure needs nobody to be asked.
  const sure = refusals.filter(({ short }) => short !== true);
  const [first] = sure.length > 0 ? sure : refusals;
  return first === undefined
    ? { admits: true, left, over }
    : refuse({ ...first, retryAt: latest(sure) });
}

function refuse(refusal: Refusal): Judgement {
  return { admits: false, refusal };
}

/** All must pass, so the last of them decides when; never, when one of them never does. */
function latest(refusals: readonly Refusal[]): number | undefined {
  let at = 0;
  for (const { retryAt } of refusals) {
    if (retryAt === undefined) return undefined;
    at = Math.max(at, retryAt);
  }
  return at === 0 ? undefined : at;
}

function checkCap(state: UserState, limit: LimitData, version: number): number | Refusal {
  const { open } = capOf(state, limit, version);
  if (open < limit.limit) return limit.limit - open - 1;
  return { code: codes.concurrency, by: limit.name, scope: limit.scope };
}

function checkRate(
  state: UserState,
  limit: LimitData,
  version: number,
  bound: RequestData["bound"],
  at: number,
): number | Refusal {
  const bucket = bucketOf(state, limit, at, version);
  const amount = amountOf(limit.metric, bound);
  if (fits(bucket, limit, amount, at)) return left(bucket, limit, amount, at);
  const { name: by, scope, metric } = limit;
  return { code: codes[metric], by, scope, retryAt: retryAt(bucket, limit, amount, at) };
}

function checkBudget(
  state: UserState,
  budget: BudgetData,
  version: number,
  costNanos: number,
  over: string[],
): number | Refusal {
  const account = accountOf(state, budget, version);
  if (affords(account, budget, costNanos)) return budgetLeft(account, budget, costNanos);
  if (budget.atLimit === "allow") {
    over.push(budget.name);
    return 0;
  }
  const { name: by, scope, limitNanos, resetsAt } = budget;
  const code = budget.atLimit === "downgrade" ? "budget_downgrade" : "budget_exceeded";
  return { code, by, scope, retryAt: costNanos > limitNanos ? undefined : resetsAt };
}

/** What must be asked of others before this request can be decided; undefined when nothing must. */
export function shortOf(
  state: UserState,
  request: RequestData,
  at: number,
  verdict?: Verdict,
): Short | undefined {
  const isAlone = request.shared === undefined && request.sharedLimits === undefined;
  if (isAlone || isRepeat(state, request.requestId) || isStale(state, request)) return undefined;
  const judgement = judge(state, request, at, verdict);
  if (judgement.admits || judgement.refusal.short !== true) return undefined;
  return lackOf(state, request, at);
}

function crossedBefore(state: UserState, budget: BudgetData): UserFact[] {
  const account = state.accounts.get(accountKey(budget));
  // Nothing is a share of what cannot be counted.
  return account === undefined || !isAmount(budget.limitNanos)
    ? []
    : crossings(account, budget, account.settledNanos);
}

/** What cannot be counted, or finds no room to be counted in. */
function faultOf(state: UserState, request: RequestData): Refusal | undefined {
  const { bound, limits, budgets, deadlineAt } = request;
  const { inputTokens, outputTokens, costNanos } = bound;
  if (!isAmount(inputTokens) || !isAmount(outputTokens) || !isAmount(costNanos)) {
    return { code: "invalid_limits", by: "bound" };
  }
  if (!isAmount(deadlineAt)) return { code: "invalid_limits", by: "deadlineAt" };
  for (const limit of [...limits, ...(request.sharedLimits ?? [])]) {
    const isCap = limit.metric === "concurrency";
    if (!isAmount(limit.limit) || !(isCap || (isAmount(limit.windowMs) && limit.windowMs > 0))) {
      return { code: "invalid_limits", by: limit.name };
    }
    const full = !isCap && state.buckets.size >= bucketsMax && !state.buckets.has(bucketKey(limit));
    if (full) return { code: codes[limit.metric], by: limit.name };
  }
  for (const budget of budgets) {
    if (!isAmount(budget.limitNanos)) return { code: "invalid_limits", by: budget.name };
    const full = state.accounts.size >= accountsMax && !state.accounts.has(accountKey(budget));
    if (full) return { code: "budget_exceeded", by: budget.name };
  }
  for (const budget of request.shared ?? []) {
    if (!isAmount(budget.limitNanos)) return { code: "invalid_limits", by: budget.name };
    const isNew = !state.leases.has(leaseKey(leaseRefOf(budget)));
    if (isNew && state.leases.size >= leasesMax)
      return { code: "budget_exceeded", by: budget.name };
  }
  if (state.holds.size >= openHoldsMax) return { code: codes.concurrency, by: "open-requests" };
  return undefined;
}
