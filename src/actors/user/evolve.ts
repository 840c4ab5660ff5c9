/**
 * The fold: what each fact changes. Works from facts alone, never throws, changes the state in
 * place. A fact of a type that is not known here changes nothing but the count.
 */
import type { UserFact } from "#events/user-events.ts";
import { evolveCorrected } from "./correct.ts";
import { noteCrossing } from "./budgets.ts";
import { correctUse, noteRaise, noteUse, scopesOf, type UseDelta } from "./history.ts";
import { expiredMax, outcomesMax, quietMsMax, quietsMax, rememberMs } from "./limits.ts";
import { keepCap } from "./caps.ts";
import { keepAccount, keepBucket } from "./keep.ts";
import { evolvePast } from "./rule-past.ts";
import { leaseOpened } from "./lease-past.ts";
import {
  holdLeases,
  leaseDenied,
  leaseGranted,
  leaseReturned,
  moveLeases,
  notePrepaid,
} from "./leases.ts";
import { bookShared, noteOpen, rateDenied, rateLeased } from "./shared-rates.ts";
import { amend, amountOf, count } from "./rates.ts";
import {
  accountKey,
  bucketKey,
  quietKey,
  tokensBound,
  type DataOf,
  type Hold,
  type Outcome,
  type UserState,
} from "./state.ts";

export function evolve(state: UserState, fact: UserFact, at: number): UserState {
  state.seq++;
  if (at > state.lastAt) state.lastAt = at;
  switch (fact.type) {
    case "RequestAdmitted":
      admitted(state, fact.data, at);
      break;
    case "RequestRefused":
      refused(state, fact.data, at);
      break;
    case "RequestSettled":
      settled(state, fact.data, at);
      break;
    case "ExpiryCorrected":
      corrected(state, fact.data, at);
      break;
    case "RequestReleased":
      end(state, fact.data.requestId, { at, how: "released" }, 0, 0);
      break;
    case "HoldExpired":
      expired(state, fact.data, at);
      break;
    case "HoldExtended":
      extended(state, fact.data, at);
      break;
    case "SettlementOrphaned":
      remember(state, fact.data.requestId, { at, how: "orphaned" });
      break;
    case "ThresholdCrossed":
      noteCrossing(state, fact.data);
      break;
    case "LeaseGranted":
    case "LeaseOpened":
    case "LeaseReturned":
    case "LeaseDenied":
      leased(state, fact, at);
      break;
    case "RateLeased":
    case "RateDenied":
    case "RulePastCounted":
    case "RulePastAwaited":
      limited(state, fact, at);
      break;
    case "KeyFenced":
      state.fenced.add(fact.data.keyId);
      break;
    case "SubjectErased":
    case "CostCorrected":
      ordered(state, fact, at);
      break;
    case "RefusalsCounted":
    case "AccessRecorded":
    case "PayloadLost":
    case "FeedbackGiven":
  }
  return state;
}

/** What happens to permits of a shared rate, and to a rule that came late. */
function limited(
  state: UserState,
  fact: Extract<UserFact, { type: `Rate${string}` | `RulePast${string}` }>,
  at: number,
): void {
  if (fact.type === "RateLeased") rateLeased(state, fact.data, at);
  else if (fact.type === "RateDenied") rateDenied(state, fact.data, at);
  else evolvePast(state, fact, at);
}

/** What happens to a lease of a shared budget. */
function leased(
  state: UserState,
  fact: Extract<UserFact, { type: `Lease${string}` }>,
  at: number,
): void {
  if (fact.type === "LeaseGranted") leaseGranted(state, fact.data, at);
  else if (fact.type === "LeaseOpened") leaseOpened(state, fact.data, at);
  else if (fact.type === "LeaseReturned") leaseReturned(state, fact.data, at);
  else leaseDenied(state, fact.data, at);
}

/** Follows an order of the organisation. */
function ordered(
  state: UserState,
  fact: Extract<UserFact, { type: "SubjectErased" | "CostCorrected" }>,
  at: number,
): void {
  if (fact.type === "CostCorrected") return evolveCorrected(state, fact.data);
  state.erased = { order: fact.data.order, seq: state.seq, at };
}

function admitted(state: UserState, data: DataOf<"RequestAdmitted">, at: number): void {
  const { bound, requestId, deadlineAt, policyVersion: version } = data;
  state.policyVersion = Math.max(state.policyVersion, version);
  const tokens = tokensBound(bound);
  const scopes = scopesOf(data);
  const hold: Hold = {
    seq: state.seq,
    at,
    deadlineAt,
    costNanos: bound.costNanos,
    tokens,
    scopes,
    buckets: [],
    caps: [],
    accounts: [],
  };
  bookFormer(state, requestId);
  bookShared(state, data, at);
  for (const limit of [...data.limits, ...(data.sharedLimits ?? [])]) {
    const key = bucketKey(limit);
    if (limit.metric === "concurrency") {
      const cap = keepCap(state, limit, version);
      cap.open++;
      cap.version = version;
      noteOpen(state, key, cap.open);
      hold.caps.push(key);
      continue;
    }
    const bucket = keepBucket(state, limit, at, version);
    count(bucket, limit, amountOf(limit.metric, bound), at, version);
    if (limit.metric !== "requests") hold.buckets.push(key);
  }
  for (const budget of data.budgets) {
    keepAccount(state, budget, at, version).heldNanos += bound.costNanos;
    hold.accounts.push(accountKey(budget));
  }
  holdLeases(state, hold, data.shared ?? [], data.over ?? [], at);
  noteUse(state, scopes, at, tokens, bound.costNanos);
  state.holds.set(requestId, hold);
}

/** A request that both branches of a restored stream admitted: the first hold is booked in full. */
function bookFormer(state: UserState, requestId: string): void {
  const former = state.holds.get(requestId);
  if (former === undefined) return;
  leave(state, requestId, former, former.costNanos);
  notePrepaid(state, former, former.costNanos);
}

function refused(state: UserState, data: DataOf<"RequestRefused">, at: number): void {
  state.policyVersion = Math.max(state.policyVersion, data.policyVersion);
  const { code, by, scope, retryAt } = data;
  const outcome: Outcome = { at, how: "refused", seq: state.seq, code };
  if (by !== undefined) outcome.by = by;
  if (retryAt !== undefined) outcome.retryAt = retryAt;
  remember(state, data.requestId, outcome);
  if (data.given === true) return;
  for (const budget of data.budgets ?? []) keepAccount(state, budget, at, data.policyVersion);
  const limit = data.limits?.find((limit) => limit.name === by && limit.scope === scope);
  const windowMs = limit === undefined || limit.windowMs === 0 ? quietMsMax : limit.windowMs;
  if (state.quiets.size >= quietsMax) {
    for (const [key, until] of state.quiets) if (until <= at) state.quiets.delete(key);
    const [oldest] = state.quiets.keys();
    if (state.quiets.size >= quietsMax && oldest !== undefined) state.quiets.delete(oldest);
  }
  state.quiets.set(quietKey(data), at + Math.min(windowMs, quietMsMax));
}

function settled(state: UserState, data: DataOf<"RequestSettled">, at: number): void {
  const tokens = data.usage.inputTokens + data.usage.outputTokens;
  end(state, data.requestId, { at, how: "settled" }, tokens, data.costNanos);
}

/** Ends an open hold with what it truly used. */
function end(
  state: UserState,
  requestId: string,
  outcome: Outcome,
  tokens: number,
  costNanos: number,
): void {
  const hold = state.holds.get(requestId);
  if (hold === undefined) return;
  leave(state, requestId, hold, costNanos);
  notePrepaid(state, hold, costNanos);
  correctHold(state, hold, tokens, costNanos);
  remember(state, requestId, outcome);
}

/** Takes a hold off the open ones and books what it cost. */
function leave(state: UserState, requestId: string, hold: Hold, costNanos: number): void {
  state.holds.delete(requestId);
  for (const key of hold.caps) {
    const cap = state.caps.get(key);
    if (cap === undefined || cap.open === 0) continue;
    cap.open--;
    noteOpen(state, key, cap.open);
  }
  for (const key of hold.accounts) {
    const account = state.accounts.get(key);
    if (account === undefined) continue;
    account.heldNanos -= hold.costNanos;
    account.settledNanos += costNanos;
  }
  moveLeases(state, hold, -hold.costNanos, costNanos);
}

/** Puts the truth in place of the bound in every rate and in the past, at the moments it is booked to. */
function correctHold(state: UserState, hold: Hold, tokens: number, costNanos: number): void {
  const first = { tokens: tokens - hold.tokens, booked: costNanos - hold.costNanos };
  const { raises } = hold;
  // Hardly any hold was raised.
  if (raises === undefined) {
    return correctPart(state, hold, hold.at, { ...first, nanos: first.booked });
  }
  const parts = [{ at: hold.at, nanos: hold.costNanos }, ...raises];
  for (const raise of raises) if (parts[0] !== undefined) parts[0].nanos -= raise.nanos;
  let rest = costNanos;
  for (const [index, part] of parts.entries()) {
    const share = index === parts.length - 1 ? rest : Math.min(rest, part.nanos);
    rest -= share;
    const other = index === 0 ? first : { tokens: 0, booked: 0 };
    correctPart(state, hold, part.at, { ...other, nanos: share - part.nanos });
  }
}

function correctPart(state: UserState, hold: Hold, at: number, delta: UseDelta): void {
  for (const key of hold.buckets) {
    const bucket = state.buckets.get(key);
    if (bucket?.metric === "usd") amend(bucket, at, delta.nanos);
    else if (bucket?.metric === "tokens") amend(bucket, at, delta.tokens);
  }
  correctUse(state, hold.scopes, at, delta);
}

function expired(state: UserState, data: DataOf<"HoldExpired">, at: number): void {
  const hold = state.holds.get(data.requestId);
  if (hold === undefined) return;
  leave(state, data.requestId, hold, data.chargedNanos);
  for (const [requestId, old] of state.expired) {
    if (at - old.at <= rememberMs && state.expired.size < expiredMax) break;
    state.expired.delete(requestId);
    notePrepaid(state, old.hold, old.hold.costNanos);
    remember(state, requestId, { at: old.at, how: "settled" });
  }
  state.expired.set(data.requestId, { hold, at });
}

function corrected(state: UserState, data: DataOf<"ExpiryCorrected">, at: number): void {
  const { requestId, costNanos, usage } = data;
  const late = state.expired.get(requestId);
  if (late === undefined) return;
  state.expired.delete(requestId);
  for (const key of late.hold.accounts) {
    const account = state.accounts.get(key);
    if (account !== undefined) account.settledNanos += costNanos - late.hold.costNanos;
  }
  moveLeases(state, late.hold, 0, costNanos - late.hold.costNanos);
  notePrepaid(state, late.hold, costNanos);
  correctHold(state, late.hold, usage.inputTokens + usage.outputTokens, costNanos);
  remember(state, requestId, { at, how: "settled" });
}

/** Holds longer, or more; what is more is counted at the moment it is held. */
function extended(state: UserState, data: DataOf<"HoldExtended">, at: number): void {
  const hold = state.holds.get(data.requestId);
  if (hold === undefined) return;
  hold.deadlineAt = data.deadlineAt;
  const nanos = data.costNanos - hold.costNanos;
  if (nanos <= 0) return;
  hold.costNanos = data.costNanos;
  hold.raises = [...(hold.raises ?? []), { at, nanos }];
  for (const key of hold.accounts) {
    const account = state.accounts.get(key);
    if (account !== undefined) account.heldNanos += nanos;
  }
  moveLeases(state, hold, nanos, 0);
  for (const key of hold.buckets) {
    const bucket = state.buckets.get(key);
    if (bucket?.metric !== "usd") continue;
    count(bucket, { ...bucket, name: "", scope: "" }, nanos, at);
    const lease = state.rates.get(`usd|${key}`);
    if (lease !== undefined) lease.booked += nanos;
  }
  noteRaise(state, hold, at, nanos);
}

/** Remembers how a request ended, and forgets the oldest beyond the bounds. */
function remember(state: UserState, requestId: string, outcome: Outcome): void {
  const known = state.outcomes.size;
  state.outcomes.set(requestId, outcome);
  if (state.outcomes.size > known) state.outcomeIds.push(requestId);
  for (;;) {
    const oldest = state.outcomeIds[state.forgotten];
    if (oldest === undefined) break;
    const endedAt = state.outcomes.get(oldest)?.at ?? 0;
    if (state.outcomes.size <= outcomesMax && state.lastAt - endedAt <= rememberMs) break;
    state.outcomes.delete(oldest);
    state.forgotten++;
  }
  if (state.forgotten > 1_024) {
    state.outcomeIds.splice(0, state.forgotten);
    state.forgotten = 0;
  }
}
