/**
 * What children and the policy ask of a BudgetActor, and what it asks of its children. Every amount
 * is a total of its period that only rises, so messages may be lost, repeated and reordered. These
 * shapes cross an RPC between versions of the Worker: fields are added, never renamed.
 */
import type { StreamHome } from "#actors/kit/home.ts";
import type { LeaseRefData } from "#events/budget-events.ts";
import type { SharedBudgetData } from "#events/user-events.ts";

export type LeaseRef = LeaseRefData;

/** What a child says of its lease. */
export interface LeaseTotals {
  /** The most it has seen granted. */
  grantedNanos: number;
  returnedNanos: number;
  usedNanos: number;
  heldNanos: number;
}

/** Asks for credit. */
export interface RenewCommand {
  home: StreamHome;
  ledgerShards: number;
  /** The child's stream, which is its actor's name. */
  child: string;
  budget: SharedBudgetData;
  /** The policy version that `budget` is of. */
  version: number;
  /** The child's last event: a message that comes twice is granted once. */
  seq: number;
  totals: LeaseTotals;
  /** Without this much nothing can be admitted. */
  needNanos: number;
  /** With this much all who wait can be admitted. */
  demandNanos: number;
}

export type RenewReply =
  | { outcome: "granted"; grantedNanos: number; freeNanos: number; parentFreeNanos?: number }
  /** `by` is the budget that has nothing left, or could not be reached. */
  | { outcome: "exhausted" | "unavailable"; grantedNanos: number; by: string };

export interface ReturnCommand {
  child: string;
  lease: LeaseRef;
  totals: LeaseTotals;
}

export interface SetLimitCommand {
  home: StreamHome;
  budget: string;
  scope: string;
  version: number;
  limitNanos: number;
  thresholds: readonly number[];
  parent?: string;
}

/** Calls a lease back. The child returns what it does not hold, durably, before it answers. */
export interface RecallCommand {
  lease: LeaseRef;
  /** All that was granted: a grant that is still on its way is returned too. */
  grantedNanos: number;
  /** A number when nothing may be spent any more without a new lease; absent for idle credit. */
  recall?: number;
}

/** Where a budget stands in one period. */
export interface NodeStatus {
  lease: LeaseRef;
  limitNanos: number;
  version: number;
  effectiveVersion: number;
  settledNanos: number;
  heldNanos: number;
  /** Leased to children and neither spent nor held. */
  leasedNanos: number;
  /** True when every child was asked just now; else the last known word of some counts. */
  complete: boolean;
}

/** What a parent asks of its children: UserActors and BudgetActors alike. */
export interface LeaseChildApi {
  recallLease(command: RecallCommand): Promise<LeaseTotals>;
  /** Tells the totals and changes nothing. */
  readLease(lease: LeaseRef): Promise<LeaseTotals>;
}

/** The RPC surface of a BudgetActor. */
export interface BudgetActorApi extends LeaseChildApi {
  renew(command: RenewCommand): Promise<RenewReply>;
  returnLease(command: ReturnCommand): Promise<void>;
  /** Idempotent by version; says whether the limit is effective. */
  setLimit(command: SetLimitCommand): Promise<{ effective: boolean; version: number }>;
  /** The periods that are not over at `at`, the children asked, at most some of them. */
  status(at: number): Promise<NodeStatus[]>;
}
