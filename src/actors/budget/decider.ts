/**
 * The decider of one shared budget, of a team or an organisation: escrow, with credit in place of
 * usage reports.
 *
 * Invariants, each a property test:
 * - what is out never passes the limit at a grant, nor what the parent has leased to this budget;
 * - a message that is lost, repeated or late leaves credit idle and never makes any;
 * - time takes nothing back: credit returns when its child says so;
 * - after `BudgetLimitEffective` nothing is out above that limit, or everybody who has credit out
 *   has answered a recall and spends nothing more without a new grant;
 * - a policy version is never followed by an older one.
 */
import type { Decider } from "#actors/kit/decider.ts";
import type { BudgetFact, LeaseRefData, RateTermsData } from "#events/budget-events.ts";
import { localScope } from "#policy/split.ts";
import type { LeaseTotals } from "./api.ts";
import { freeIn, leftIn } from "./free.ts";
import { countMember, countRate, lacksMember } from "./member.ts";
import { crossings } from "./crossings.ts";
import { isScarce, leaseSize } from "./lease-size.ts";
import { accountsMax, childrenMax, idleMs } from "./limits.ts";
import { decideRate, type RateCommand } from "./rate-decider.ts";
import { accountOf, copyOf, fold, openOwn } from "./preview.ts";
import { fromSnapshot, toSnapshot } from "./snapshot.ts";
import {
  emptyChild,
  evolve,
  initialState,
  outOf,
  ownSpare,
  periodIn,
  type Account,
  type BudgetState,
} from "./state.ts";

/** What policy says of the budget at one version. */
export interface LimitTerms {
  budget: string;
  scope: string;
  version: number;
  limitNanos: number;
  thresholds: readonly number[];
  parent?: string | undefined;
  /** Of one that picks some requests: since when it does so, milliseconds. */
  since?: number | undefined;
}

/** What a BudgetActor decides about. `at` is milliseconds since 1970, UTC. */
export type BudgetCommand =
  | {
      type: "renew";
      at: number;
      child: string;
      lease: LeaseRefData;
      terms: LimitTerms;
      seq: number;
      totals: LeaseTotals;
      needNanos: number;
      demandNanos: number;
    }
  /** A child's totals: a return, or the answer to a recall. */
  | {
      type: "report";
      at: number;
      child: string;
      lease: LeaseRefData;
      totals: LeaseTotals;
      recall?: number | undefined;
    }
  | { type: "set-limit"; at: number; terms: LimitTerms }
  /** Everybody who may have spent before that version has told so. */
  | { type: "count-past"; at: number; version: number }
  /** All actors of a member have told what they spent in the period, and follow that version. */
  | { type: "count-member"; at: number; lease: LeaseRefData; version: number }
  /** The same for a member's own rate. */
  | { type: "count-rate"; at: number; rate: RateTermsData; version: number; since?: number }
  /** What is out here, and no lease of the parent covers, is told to the parent as past. */
  | { type: "open-own"; at: number; lease: LeaseRefData }
  | RateCommand
  /** The parent calls everything back. */
  | { type: "recall"; at: number; lease: LeaseRefData; parentRecall: number }
  | {
      type: "lease-granted";
      at: number;
      lease: LeaseRefData;
      grantedNanos: number;
      freeNanos: number;
    }
  /** Gives unused credit back to the parent. */
  | {
      type: "return-own";
      at: number;
      lease: LeaseRefData;
      grantedNanos: number;
      recall?: number | undefined;
    };

/** What happens because of a command. Pure, total. */
export function decide(state: BudgetState, command: BudgetCommand): BudgetFact[] {
  const at = Math.max(command.at, state.lastAt);
  switch (command.type) {
    case "renew":
      return decideRenew(state, command, at);
    case "report":
      return decideReport(state, command, at);
    case "set-limit":
      return setLimit(state, command.terms);
    case "count-past":
      return countPast(state, command.version, at);
    case "count-member":
      return countMember(state, command.lease, command.version);
    case "count-rate":
      return countRate(state, command.rate, command);
    case "open-own":
      return openOwn(state, command.lease);
    case "rate":
      return decideRate(state.rate, command, at);
    case "recall": {
      const account = state.accounts.get(periodIn(command.lease));
      if (account === undefined || command.parentRecall <= account.parentRecall) return [];
      return [recallBegan(account, command.parentRecall)];
    }
    case "lease-granted": {
      const { lease, grantedNanos, freeNanos } = command;
      const known = accountOf(state, lease).own.grantedNanos;
      if (!isAmount(grantedNanos) || grantedNanos <= known) return [];
      return [{ type: "NodeLeaseGranted", v: 1, data: { lease, grantedNanos, freeNanos } }];
    }
    case "return-own":
    default:
      return returnOwn(state, command);
  }
}

/** Children that have credit out and have not answered the last recall. */
export function unanswered(account: Account): string[] {
  const names: string[] = [];
  for (const [name, child] of account.children) {
    if (outOf(child) > 0 && child.recall < account.recall) names.push(name);
  }
  return names;
}

/** Accounts whose credit out is above the limit while somebody has not answered. */
export function overdrawn(state: BudgetState): Account[] {
  return [...state.accounts.values()].filter(
    (account) => account.outstandingNanos > state.limitNanos && unanswered(account).length > 0,
  );
}

/** When unused credit goes back to the parent, milliseconds. */
export function idleAt(state: BudgetState): number | undefined {
  let next = Infinity;
  for (const account of state.accounts.values()) {
    if (ownSpare(account) > 0) next = Math.min(next, account.grantedAt + idleMs);
  }
  return next === Infinity ? undefined : next;
}

function decideRenew(
  state: BudgetState,
  command: Extract<BudgetCommand, { type: "renew" }>,
  at: number,
): BudgetFact[] {
  const { lease, child: name, totals, terms, seq } = command;
  const facts = setLimit(state, terms);
  if (!isReadable(totals) || !isAmount(command.needNanos) || !isAmount(command.demandNanos)) {
    return facts;
  }
  if (!hasRoomFor(state, lease, name)) return facts;
  // The limit and the totals of this very message count already.
  let next = fold(copyOf(state, lease), facts, at);
  const reported = decideReport(next, { ...command, type: "report" }, at);
  facts.push(...reported);
  next = fold(next, reported, at);
  const account = accountOf(next, lease);
  const child = account.children.get(name) ?? emptyChild();
  // A message that was answered before: its grant stands, and another one would be a second.
  if (seq <= child.seq) return facts;
  // What the member's other actors spent has to be known first.
  if (lacksMember(account, terms.version)) return facts;
  // For a member's request of an older version also its own limit holds.
  const isOwn = localScope(lease.scope) !== undefined;
  const limitNanos = isOwn ? Math.min(next.limitNanos, terms.limitNanos) : next.limitNanos;
  next = { ...next, limitNanos };
  const free = freeIn(next, account);
  const exactly = isScarce(leftIn(next, account), limitNanos);
  const size = leaseSize(child, account.active, free, exactly, command, at);
  if (size <= 0) return facts;
  const grantedNanos = child.grantedNanos + size;
  const data = { lease, child: name, grantedNanos, sizeNanos: size, seq };
  return [...facts, { type: "CreditGranted", v: 1, data }];
}

function decideReport(
  state: BudgetState,
  command: Extract<BudgetCommand, { type: "report" }>,
  at: number,
): BudgetFact[] {
  const { lease, child: name, totals, recall } = command;
  const account = accountOf(state, lease);
  const known = account.children.get(name);
  const isFirst = known === undefined && totals.pastNanos === undefined;
  if (isFirst || !hasRoomFor(state, lease, name) || !isReadable(totals)) return [];
  const child = known ?? emptyChild();
  const pastNanos = Math.max(totals.pastNanos ?? 0, child.pastNanos);
  // Nobody returns what was never granted; an answer to a recall counts once all grants are in it.
  const returnedNanos = Math.min(
    Math.max(totals.returnedNanos, child.returnedNanos),
    child.grantedNanos + pastNanos,
  );
  const answers = recall !== undefined && totals.grantedNanos >= child.grantedNanos;
  const { usedNanos, heldNanos, prepaid } = totals;
  const isPrepaid =
    prepaid?.parent === state.leasedFrom && (prepaid?.nanos ?? 0) > child.prepaidNanos;
  const isNews =
    returnedNanos > child.returnedNanos ||
    pastNanos > child.pastNanos ||
    isPrepaid ||
    usedNanos !== child.usedNanos ||
    heldNanos !== child.heldNanos;
  const facts: BudgetFact[] = [];
  if (isNews || (answers && recall > child.recall)) {
    const data: Returned = {
      lease: account.lease,
      child: name,
      returnedNanos,
      usedNanos,
      heldNanos,
    };
    if (pastNanos > 0) data.pastNanos = pastNanos;
    if (prepaid !== undefined) data.prepaid = prepaid;
    if (answers) data.recall = recall;
    facts.push({ type: "CreditReturned", v: 1, data });
  }
  const next = fold(copyOf(state, lease), facts, at);
  const later = [...passedNow(state, next, lease), ...crossings(next, accountOf(next, lease))];
  return [...facts, ...later, ...effective(fold(next, later, at))];
}

type Returned = Extract<BudgetFact, { type: "CreditReturned" }>["data"];

/** A past that is told may be more than the limit leaves: then all credit out is called back. */
function passedNow(before: BudgetState, after: BudgetState, lease: LeaseRefData): BudgetFact[] {
  const { limitNanos, version } = after;
  const account = accountOf(after, lease);
  const wasOver = accountOf(before, lease).outstandingNanos > limitNanos;
  if (version < 0 || wasOver || account.outstandingNanos <= limitNanos) return [];
  return [recallBegan(account)];
}

/** Takes over what a newer policy version says, and calls credit back that is above it. */
function setLimit(state: BudgetState, terms: LimitTerms): BudgetFact[] {
  const { budget, scope, version, limitNanos, parent, since } = terms;
  if (version <= state.version || !isAmount(limitNanos)) return [];
  const data: Extract<BudgetFact, { type: "BudgetLimitSet" }>["data"] = {
    budget,
    scope,
    version,
    limitNanos,
    thresholds: [...terms.thresholds],
  };
  if (parent !== undefined) data.parent = parent;
  if (since !== undefined) data.since = since;
  const facts: BudgetFact[] = [{ type: "BudgetLimitSet", v: 1, data }];
  const over = [...state.accounts.values()].filter(
    (account) => account.outstandingNanos > limitNanos,
  );
  for (const account of over) facts.push(recallBegan(account));
  const waits = over.some((account) => account.active > 0);
  if (!waits && isCounted(state, facts)) facts.push(isEffective(terms));
  return facts;
}

/** Whether all that was spent is known, once these facts are folded. */
function isCounted(state: BudgetState, facts: readonly BudgetFact[]): boolean {
  const next = fold({ ...state, accounts: new Map() }, facts, state.lastAt);
  return next.countedVersion >= next.version;
}

function countPast(state: BudgetState, version: number, at: number): BudgetFact[] {
  if (version !== state.version || version <= state.countedVersion) return [];
  const { budget, scope } = state;
  const fact: BudgetFact = { type: "BudgetPastCounted", v: 1, data: { budget, scope, version } };
  return [fact, ...effective(fold({ ...state }, [fact], at))];
}

function recallBegan(account: Account, parentRecall?: number): BudgetFact {
  const data = { lease: account.lease, recall: account.recall + 1 };
  return {
    type: "RecallBegan",
    v: 1,
    data: parentRecall === undefined ? data : { ...data, parentRecall },
  };
}

function effective(state: BudgetState): BudgetFact[] {
  if (state.effectiveVersion >= state.version || state.countedVersion < state.version) return [];
  if (overdrawn(state).length > 0) return [];
  return [isEffective(state)];
}

function isEffective({ budget, scope, version, limitNanos }: LimitTerms | BudgetState): BudgetFact {
  return { type: "BudgetLimitEffective", v: 1, data: { budget, scope, version, limitNanos } };
}

function returnOwn(
  state: BudgetState,
  command: Extract<BudgetCommand, { type: "return-own" }>,
): BudgetFact[] {
  const { lease, recall } = command;
  const account = accountOf(state, lease);
  const { own } = account;
  const grantedNanos = Math.max(
    own.grantedNanos,
    isAmount(command.grantedNanos) ? command.grantedNanos : 0,
  );
  const spare = ownSpare({ ...account, own: { ...own, grantedNanos } });
  const returnedNanos = own.returnedNanos + Math.max(spare, 0);
  const isNews = returnedNanos > own.returnedNanos || grantedNanos > own.grantedNanos;
  if (!isNews && (recall === undefined || own.recalled)) return [];
  const data = { lease, grantedNanos, returnedNanos };
  return [
    { type: "NodeLeaseReturned", v: 1, data: recall === undefined ? data : { ...data, recall } },
  ];
}

function hasRoomFor(state: BudgetState, lease: LeaseRefData, child: string): boolean {
  const account = state.accounts.get(periodIn(lease));
  if (account === undefined) return state.accounts.size < accountsMax;
  return account.children.has(child) || account.children.size < childrenMax;
}

function isReadable(totals: LeaseTotals): boolean {
  const { prepaid, ...amounts } = totals;
  return isAmount(prepaid?.nanos ?? 0) && Object.values(amounts).every(isAmount);
}

function isAmount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

export const budgetDecider: Decider<BudgetState, BudgetCommand, BudgetFact> = {
  initialState,
  decide,
  evolve,
  snapshotVersion: 3,
  toSnapshot,
  fromSnapshot,
};
