/**
 * Holds: from admission to the one thing that ends each of them.
 *
 * Invariants, each the title of a property test:
 * - every admitted request ends in exactly one settlement, release or expiry, with one effect;
 * - a late settlement corrects an expiry once, within 48 hours;
 * - a repeated message changes nothing, and an unknown one moves no money.
 */
import type { UserFact } from "#events/user-events.ts";
import { affords, crossings } from "./budgets.ts";
import { spendable } from "./leases.ts";
import { expiriesPerCommandMax, holdMsMax, rememberMs } from "./limits.ts";
import { fits } from "./rates.ts";
import { bookable } from "./shared-rates.ts";
import type { Hold, SettlementData, UserState } from "./state.ts";

/** Books the true cost of a request. */
export function decideSettle(state: UserState, settlement: SettlementData, at: number): UserFact[] {
  const decided = settle(state, settlement, at);
  if (decided === undefined) return [];
  const { fact, hold, moved } = decided;
  return hold === undefined ? [fact] : [fact, ...passed(state, [[hold, moved]])];
}

/** A settlement's own fact, and what it moves of which hold that may pass a threshold; nothing of a repeat. */
export function settle(
  state: UserState,
  settlement: SettlementData,
  at: number,
): { fact: UserFact; hold?: Hold; moved: number } | undefined {
  const { requestId } = settlement;
  const hold = state.holds.get(requestId);
  if (hold !== undefined) {
    const data = sound(settlement, hold);
    return { fact: { type: "RequestSettled", v: 1, data }, hold, moved: data.costNanos };
  }
  const expired = state.expired.get(requestId);
  if (expired !== undefined && at - expired.at <= rememberMs) {
    const data = sound(settlement, expired.hold);
    const refundNanos = Math.max(expired.hold.costNanos - data.costNanos, 0);
    const moved = data.costNanos - expired.hold.costNanos;
    const fact: UserFact = { type: "ExpiryCorrected", v: 1, data: { ...data, refundNanos } };
    return moved > 0 ? { fact, hold: expired.hold, moved } : { fact, moved };
  }
  const { costNanos } = settlement;
  const known = state.outcomes.get(requestId)?.how;
  if (known === "settled" || known === "orphaned" || (known !== undefined && costNanos === 0)) {
    return undefined;
  }
  const amount = isAmount(costNanos) ? costNanos : 0;
  const data = { requestId, costNanos: amount };
  return { fact: { type: "SettlementOrphaned", v: 1, data }, moved: 0 };
}

/** Gives a hold back. Nothing when there is none. */
export function decideRelease(state: UserState, requestId: string, reason: string): UserFact[] {
  if (!state.holds.has(requestId)) return [];
  return [{ type: "RequestReleased", v: 1, data: { requestId, reason } }];
}

/** Keeps a hold longer, or raises it where every budget and dollar limit has room; else nothing. */
export function decideExtend(
  state: UserState,
  command: { requestId: string; deadlineAt: number; costNanos: number },
  at: number,
): UserFact[] {
  const hold = state.holds.get(command.requestId);
  if (hold === undefined || !isAmount(command.costNanos)) return [];
  const latest = Math.min(command.deadlineAt, at + holdMsMax);
  const deadlineAt = Math.max(hold.deadlineAt, Number.isSafeInteger(latest) ? latest : 0);
  const costNanos = Math.max(hold.costNanos, command.costNanos);
  const more = costNanos - hold.costNanos;
  if (more > 0 && !hasRoom(state, hold, more, at)) return [];
  if (more === 0 && deadlineAt === hold.deadlineAt) return [];
  const { requestId } = command;
  return [{ type: "HoldExtended", v: 1, data: { requestId, deadlineAt, costNanos } }];
}

/** Whether an extension has nothing left to do. */
export function isExtended(
  state: UserState,
  command: { requestId: string; deadlineAt: number; costNanos: number },
): boolean {
  const hold = state.holds.get(command.requestId);
  return hold !== undefined && hold.costNanos >= command.costNanos;
}

/** Ends the holds whose time is over: each is charged in full until its settlement comes. */
export function decideExpire(state: UserState, at: number): UserFact[] {
  const facts: UserFact[] = [];
  const charged: [Hold, number][] = [];
  for (const [requestId, hold] of state.holds) {
    if (hold.deadlineAt > at) continue;
    const chargedNanos = hold.costNanos;
    facts.push({ type: "HoldExpired", v: 1, data: { requestId, chargedNanos } });
    charged.push([hold, chargedNanos]);
    if (charged.length >= expiriesPerCommandMax) break;
  }
  return [...facts, ...passed(state, charged)];
}

/** When the next hold expires. */
export function nextDeadline(state: UserState): number | undefined {
  let next = Infinity;
  for (const { deadlineAt } of state.holds.values()) if (deadlineAt < next) next = deadlineAt;
  return next === Infinity ? undefined : next;
}

export function isAmount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** A settlement that can be booked: a cost that is no amount charges the hold and says so. */
function sound(settlement: SettlementData, hold: Hold): SettlementData {
  const { costNanos } = settlement;
  if (!isAmount(costNanos)) {
    return { ...settlement, costNanos: hold.costNanos, overrunNanos: 0, estimated: true };
  }
  const overrunNanos = Math.max(costNanos - hold.costNanos, 0);
  if (overrunNanos === settlement.overrunNanos) return settlement;
  return { ...settlement, overrunNanos };
}

/** The thresholds that these bookings pass. */
function passed(state: UserState, bookings: readonly (readonly [Hold, number])[]): UserFact[] {
  const settled = new Map<string, number>();
  for (const [hold, nanos] of bookings) {
    for (const key of hold.accounts) {
      const account = state.accounts.get(key);
      if (account === undefined) continue;
      settled.set(key, (settled.get(key) ?? account.settledNanos) + nanos);
    }
  }
  const facts: UserFact[] = [];
  for (const [key, nanos] of settled) {
    const account = state.accounts.get(key);
    if (account !== undefined) facts.push(...crossings(account, account, nanos));
  }
  return facts;
}

function hasRoom(state: UserState, hold: Hold, more: number, at: number): boolean {
  for (const key of hold.accounts) {
    const account = state.accounts.get(key);
    if (account === undefined || account.atLimit === "allow") continue;
    if (!affords(account, account, more)) return false;
  }
  for (const key of hold.leases ?? []) {
    const lease = state.leases.get(key);
    if (lease === undefined || spendable(lease) < more) return false;
  }
  for (const key of hold.buckets) {
    const bucket = state.buckets.get(key);
    if (bucket?.metric !== "usd") continue;
    const lease = state.rates.get(`usd|${key}`);
    if (lease !== undefined) {
      if (bookable(lease, state.policyVersion, at) < more) return false;
      continue;
    }
    const { metric, mode, limit, windowMs } = bucket;
    if (!fits(bucket, { name: "", scope: "", metric, mode, limit, windowMs }, more, at)) {
      return false;
    }
  }
  return true;
}
