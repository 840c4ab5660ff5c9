/**
 * Budgets and rates of one member whom several actors serve. Unlike those of a team they were that
 * member's alone before, so nothing is granted under a policy version before every actor of the
 * member has told what it used, and admits nothing under an older one.
 */
import type { BudgetFact, LeaseRefData, RateTermsData } from "#events/budget-events.ts";
import { localScope } from "#policy/split.ts";
import type { RenewCommand } from "./api.ts";
import { accountOf } from "./preview.ts";
import type { Account, BudgetState } from "./state.ts";

/** Whether an actor of the member may have spent what is not known here. */
export function lacksMember({ lease, countedVersion = -1 }: Account, version: number): boolean {
  return localScope(lease.scope) !== undefined && countedVersion < version;
}

/**
 * All that was granted to the actor that asks, when it has not heard of some of it: that may be credit
 * of an older version, which is worth nothing now.
 */
export function unheardBy(
  { child, totals, budget }: RenewCommand,
  { children }: Account,
): number | undefined {
  const { grantedNanos = 0 } = children.get(child) ?? {};
  const isOwn = localScope(budget.scope) !== undefined;
  return isOwn && grantedNanos > totals.grantedNanos ? grantedNanos : undefined;
}

/** Every actor of the member has told of the period. */
export function countMember(
  state: BudgetState,
  lease: LeaseRefData,
  version: number,
): BudgetFact[] {
  const { budget, scope } = lease;
  if (!lacksMember({ ...accountOf(state, lease), lease }, version)) return [];
  return [{ type: "BudgetPastCounted", v: 1, data: { budget, scope, version, lease } }];
}

/**
 * The same of a rate, whose counter knows one window only; of one of several members, `since` when it
 * is what everybody has told of.
 */
export function countRate(
  state: BudgetState,
  { name: budget, scope }: RateTermsData,
  { version, since }: { version: number; since?: number },
): BudgetFact[] {
  if (since === undefined ? state.countedVersion >= version : state.rate.countedSince === since) {
    return [];
  }
  const data = { budget, scope, version };
  return [
    { type: "BudgetPastCounted", v: 1, data: since === undefined ? data : { ...data, since } },
  ];
}
