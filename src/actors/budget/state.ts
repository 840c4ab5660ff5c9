/**
 * What a shared budget knows: its limit, and who has how much credit in which period.
 *
 * Invariants: a function of the facts alone; totals of a child only rise; `outstandingNanos` is the
 * sum over its children of what they were granted and have not returned.
 */
import type { BudgetFact, LeaseRefData } from "#events/budget-events.ts";
import { accountKeepMs, accountsMax } from "./limits.ts";
import { evolveRate, initialRate, type RateState } from "./rate-state.ts";

/** The version of an organisation's first policy: nobody has spent before it. */
const firstVersion = 1;

export interface Child {
  grantedNanos: number;
  returnedNanos: number;
  /** As it told last. */
  usedNanos: number;
  heldNanos: number;
  /** What it spent and held before this budget counted, and what of it the parent counts already. */
  pastNanos: number;
  prepaidNanos: number;
  /** The sequence number of its last grant. */
  seq: number;
  /** When it was granted last, and how much. */
  grantedAt: number;
  sizeNanos: number;
  /** The last recall that it answered. */
  recall: number;
}

/** Credit leased from the parent. */
export interface OwnLease {
  grantedNanos: number;
  returnedNanos: number;
  /** What was out here before the parent counted it, as the parent is told. */
  pastNanos: number;
  /** True after a recall: nothing is passed on before a new grant. */
  recalled: boolean;
  /** What the parent had left when it granted last. */
  freeNanos: number;
}

export interface Account {
  lease: LeaseRefData;
  children: Map<string, Child>;
  outstandingNanos: number;
  /** Children with credit out. */
  active: number;
  usedNanos: number;
  /** What the parent counts for children of this budget already. */
  prepaidNanos: number;
  own: OwnLease;
  /** The same from budgets that were its parent before, by name. */
  former: Record<string, OwnLease>;
  /** The last recall of all credit, and the parent's that it carried on. */
  recall: number;
  parentRecall: number;
  crossed: number[];
  /** When credit last went out. */
  grantedAt: number;
  /** Of a member's own budget: the version through which all of the member's actors have told. */
  countedVersion?: number;
}

export interface BudgetState {
  /** Events folded so far. */
  seq: number;
  lastAt: number;
  version: number;
  limitNanos: number;
  thresholds: readonly number[];
  parent: string | undefined;
  /** The last parent that there was: what is leased is that one's. */
  leasedFrom: string | undefined;
  budget: string;
  scope: string;
  /** The version whose limit is effective. */
  effectiveVersion: number;
  /** The version through which all that was spent is known here. */
  countedVersion: number;
  /** Of a budget that picks some requests: since when it does so, milliseconds. */
  since?: number | undefined;
  accounts: Map<string, Account>;
  /** Of the counter of a shared rate, which has no accounts. */
  rate: RateState;
}

export function initialState(): BudgetState {
  return {
    seq: 0,
    lastAt: 0,
    version: -1,
    limitNanos: 0,
    thresholds: [],
    parent: undefined,
    leasedFrom: undefined,
    budget: "",
    scope: "",
    effectiveVersion: -1,
    countedVersion: -1,
    accounts: new Map(),
    rate: initialRate(),
  };
}

/** The account of a lease: its period. */
export function periodIn({ period, periodKey }: LeaseRefData): string {
  return `${period}|${periodKey}`;
}

export function emptyAccount(lease: LeaseRefData): Account {
  return {
    lease,
    children: new Map(),
    outstandingNanos: 0,
    active: 0,
    usedNanos: 0,
    prepaidNanos: 0,
    own: emptyOwn(),
    former: {},
    recall: 0,
    parentRecall: 0,
    crossed: [],
    grantedAt: 0,
  };
}

function emptyOwn(): OwnLease {
  return { grantedNanos: 0, returnedNanos: 0, pastNanos: 0, recalled: false, freeNanos: 0 };
}

export function emptyChild(): Child {
  return {
    grantedNanos: 0,
    returnedNanos: 0,
    usedNanos: 0,
    heldNanos: 0,
    pastNanos: 0,
    prepaidNanos: 0,
    seq: -1,
    grantedAt: 0,
    sizeNanos: 0,
    recall: 0,
  };
}

/** What a child has out: granted, or spent before it was, and not returned. */
export function outOf(child: Child): number {
  return child.grantedNanos + child.pastNanos - child.returnedNanos;
}

/** Credit of one's own, leased from the parent, that no child has. Can be negative: then it is owed. */
export function ownSpare({ own, prepaidNanos, outstandingNanos }: Account): number {
  const { grantedNanos, pastNanos, returnedNanos } = own;
  return grantedNanos + pastNanos + prepaidNanos - returnedNanos - outstandingNanos;
}

/** The fold. Never throws; changes the state in place. */
export function evolve(state: BudgetState, fact: BudgetFact, at: number): BudgetState {
  state.seq++;
  if (at > state.lastAt) state.lastAt = at;
  switch (fact.type) {
    case "BudgetLimitSet":
      limitSet(state, fact.data);
      break;
    case "BudgetPastCounted":
      pastCounted(state, fact.data, at);
      break;
    case "BudgetLimitEffective":
      state.effectiveVersion = fact.data.version;
      break;
    case "CreditGranted":
      granted(state, fact.data, at);
      break;
    case "CreditReturned":
      returned(state, fact.data, at);
      break;
    case "RecallBegan": {
      const account = keepAccount(state, fact.data.lease, at);
      account.recall = fact.data.recall;
      account.parentRecall = fact.data.parentRecall ?? account.parentRecall;
      break;
    }
    case "NodeLeaseGranted": {
      const { own } = keepAccount(state, fact.data.lease, at);
      own.grantedNanos = Math.max(own.grantedNanos, fact.data.grantedNanos);
      own.freeNanos = fact.data.freeNanos;
      own.recalled = false;
      break;
    }
    case "NodeLeaseOpened": {
      const { own } = keepAccount(state, fact.data.lease, at);
      own.pastNanos = Math.max(own.pastNanos, fact.data.pastNanos);
      break;
    }
    case "NodeLeaseReturned": {
      const { own } = keepAccount(state, fact.data.lease, at);
      own.grantedNanos = Math.max(own.grantedNanos, fact.data.grantedNanos);
      own.returnedNanos = Math.max(own.returnedNanos, fact.data.returnedNanos);
      if (fact.data.recall !== undefined) own.recalled = true;
      break;
    }
    case "BudgetThresholdCrossed":
      keepAccount(state, fact.data.lease, at).crossed.push(fact.data.threshold);
      break;
    case "RatePermitted":
      evolveRate(state.rate, fact.data, at);
      break;
  }
  return state;
}

function pastCounted(
  state: BudgetState,
  { lease, version, since }: Extract<BudgetFact, { type: "BudgetPastCounted" }>["data"],
  at: number,
): void {
  if (since !== undefined) state.rate.countedSince = since;
  if (lease === undefined) state.countedVersion = Math.max(state.countedVersion, version);
  else keepAccount(state, lease, at).countedVersion = version;
}

function limitSet(
  state: BudgetState,
  data: Extract<BudgetFact, { type: "BudgetLimitSet" }>["data"],
): void {
  const { budget, scope, version, limitNanos, thresholds, parent, since } = data;
  if (parent !== undefined && parent !== state.leasedFrom) leaseFrom(state, parent);
  // The first policy has no past, and one that follows on another and picks the same misses nothing.
  const isSame = version === state.version + 1 && since === state.since;
  const follows = isSame && state.countedVersion === state.version;
  if (follows || version === firstVersion) state.countedVersion = version;
  Object.assign(state, { budget, scope, version, limitNanos, thresholds, parent, since });
}

/** What one parent leased and counts is nothing to another. */
function leaseFrom(state: BudgetState, parent: string): void {
  for (const account of state.accounts.values()) {
    if (state.leasedFrom !== undefined) account.former[state.leasedFrom] = account.own;
    account.own = { ...(account.former[parent] ?? emptyOwn()) };
    delete account.former[parent];
    account.prepaidNanos = 0;
    for (const [name] of account.children) {
      const child = account.children.get(name);
      if (child !== undefined) child.prepaidNanos = 0;
    }
  }
  state.leasedFrom = parent;
}

function granted(
  state: BudgetState,
  data: Extract<BudgetFact, { type: "CreditGranted" }>["data"],
  at: number,
): void {
  const account = keepAccount(state, data.lease, at);
  const child = keepChild(account, data.child);
  const before = outOf(child);
  child.grantedNanos = Math.max(child.grantedNanos, data.grantedNanos);
  child.seq = Math.max(child.seq, data.seq);
  child.grantedAt = at;
  child.sizeNanos = data.sizeNanos;
  account.grantedAt = at;
  note(account, before, outOf(child));
}

function returned(
  state: BudgetState,
  data: Extract<BudgetFact, { type: "CreditReturned" }>["data"],
  at: number,
): void {
  const account = keepAccount(state, data.lease, at);
  const child = keepChild(account, data.child);
  const before = outOf(child);
  child.returnedNanos = Math.max(child.returnedNanos, data.returnedNanos);
  child.pastNanos = Math.max(child.pastNanos, data.pastNanos ?? 0);
  if (data.prepaid !== undefined && data.prepaid.parent === state.leasedFrom) {
    const more = Math.max(data.prepaid.nanos - child.prepaidNanos, 0);
    child.prepaidNanos += more;
    account.prepaidNanos += more;
  }
  account.usedNanos += data.usedNanos - child.usedNanos;
  child.usedNanos = data.usedNanos;
  child.heldNanos = data.heldNanos;
  child.recall = Math.max(child.recall, data.recall ?? 0);
  note(account, before, outOf(child));
}

function note(account: Account, before: number, after: number): void {
  account.outstandingNanos += after - before;
  account.active += Number(after > 0) - Number(before > 0);
}

function keepChild(account: Account, name: string): Child {
  let child = account.children.get(name);
  if (child === undefined) {
    child = emptyChild();
    account.children.set(name, child);
  }
  return child;
}

function keepAccount(state: BudgetState, lease: LeaseRefData, at: number): Account {
  const key = periodIn(lease);
  let account = state.accounts.get(key);
  if (account === undefined) {
    if (state.accounts.size >= accountsMax / 2) dropOld(state, at);
    account = emptyAccount(lease);
    state.accounts.set(key, account);
  }
  return account;
}

function dropOld(state: BudgetState, at: number): void {
  for (const [key, { lease }] of state.accounts) {
    if (lease.resetsAt + accountKeepMs < at) state.accounts.delete(key);
  }
}
