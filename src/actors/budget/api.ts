/**
 * What children and the policy ask of a BudgetActor, and what it asks of its children. Every amount
 * is a total of its period that only rises, so messages may be lost, repeated and reordered. These
 * shapes cross an RPC between versions of the Worker: fields are added, never renamed.
 */
import type { RestorableApi } from "#actors/kit/point-in-time.ts";
import type { StreamHome } from "#actors/kit/home.ts";
import type { LeaseRefData, PrepaidData, RateTermsData } from "#events/budget-events.ts";
import type { LimitData, SharedBudgetData } from "#events/user-events.ts";
import type { PolicyWhen } from "#policy/document.ts";

export type LeaseRef = LeaseRefData;

/** What a child says of its lease. */
export interface LeaseTotals {
  /** The most it has seen granted. */
  grantedNanos: number;
  returnedNanos: number;
  usedNanos: number;
  heldNanos: number;
  /** Of what is used and held: all that no grant was for, as it was before the budget counted. */
  pastNanos?: number;
  /** What of it the budget's parent counts for this child already. */
  prepaid?: PrepaidData;
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
  /** Of a member's own budget: the most actors the member ever had, and what it picks if it is new. */
  actors?: number;
  when?: PolicyWhen;
}

export type RenewReply =
  | Renewed
  /** Of a member's own budget: a grant was not heard, and may be of an older version; it goes back. */
  | { outcome: "again"; grantedNanos: number };

/** What a budget decided. */
export type Renewed =
  | { outcome: "granted"; grantedNanos: number; freeNanos: number; parentFreeNanos?: number }
  /** `by` is the budget that has nothing left, or could not be reached. */
  | { outcome: "exhausted" | "unavailable"; grantedNanos: number; by: string };

export interface ReturnCommand {
  /** Sent with what was spent before, which may be the first that the budget hears. */
  home?: StreamHome;
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
  /** Of one that picks some requests: since when it does so, milliseconds. */
  since?: number;
  /** Where collected streams go, so that the parent can be told. */
  ledgerShards?: number;
  /** True once everybody who may have spent before this version has told the budget. */
  counted?: boolean;
}

export interface LimitReply {
  effective: boolean;
  version: number;
  /** False while the budget does not know what was spent before it counted. */
  counted: boolean;
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

/** What was used at a moment. */
export interface Moment {
  at: number;
  amount: number;
}

/** What a principal says of its part in a shared rate; it stands in place of what it said before. */
export interface RateWord {
  /** Its last event: older words count no more. */
  seq: number;
  /** Its clock when it said so, milliseconds. */
  sentAt: number;
  /** All that it ever booked, in the rate's unit. */
  booked: number;
  /**
   * What it keeps of its permits: the others are given up, with those of answers that are under way.
   * Without it nothing is given up.
   */
  kept?: number;
  /** What it used in the window by its own clock, in order. */
  moments: Moment[];
}

/** Asks the counter of a shared rate for permits. */
export interface RateAsk {
  home: StreamHome;
  child: string;
  rate: RateTermsData;
  /** The same as the policy says it, for the other actors of a member, and what it picks if it is new. */
  limit?: LimitData;
  when?: PolicyWhen;
  version: number;
  word: RateWord;
  /** So much must be left to book, and with so much all who wait can be admitted. */
  need: number;
  demand: number;
  /** Of a member's own rate: the most actors the member ever had, and how many shards collect. */
  actors?: number;
  ledgerShards?: number;
}

/** What a principal used in the window before a rate counted it. */
export interface TellRateCommand {
  home: StreamHome;
  child: string;
  rate: RateTermsData;
  version: number;
  word: RateWord;
}

/** What policy says of a shared rate at one version. */
export interface SetRateCommand {
  home: StreamHome;
  rate: RateTermsData;
  version: number;
  /** Since when it has been what it is, milliseconds: others may have used it before. */
  since: number;
  /** True once everybody who may have used it before that has told the counter. */
  counted?: boolean;
}

/** All that may be booked, and for how long from `sentAt` on. */
export type RateReply =
  | { outcome: "granted"; allowed: number; validMs: number; free: number }
  /** `waitMs`: when the need would be met if nothing else happened. */
  | { outcome: "exhausted"; waitMs?: number }
  /** The child said something newer meanwhile. */
  | { outcome: "again" };

/** What a parent asks of its children: UserActors and BudgetActors alike. */
export interface LeaseChildApi {
  recallLease(command: RecallCommand): Promise<LeaseTotals>;
  /** Tells the totals and changes nothing. */
  readLease(lease: LeaseRef): Promise<LeaseTotals>;
}

/** What a counter asks of those who share its rate: to give back what they do not use. */
export interface RateChildApi {
  recallRate(rate: RateTermsData): Promise<RateWord>;
  /** Tells what was used in the window; from here on nothing is admitted under an older policy. */
  openRate(command: OpenRateCommand): Promise<RateWord>;
}

export interface OpenRateCommand {
  home: StreamHome;
  rate: RateTermsData;
  limit?: LimitData;
  when?: PolicyWhen;
  /** The policy version that the counter is asked under. */
  version: number;
}

/** A budget in a period, or a rate, as a draft in the shadow has it. */
export type ShadowItem =
  | { kind: "budget"; lease: LeaseRef }
  | { kind: "rate"; rate: RateTermsData };

/** What a member used of an item, for a draft in the shadow: it moves nothing. */
export interface ShadowWord {
  /** The draft's number. */
  draft: number;
  child: string;
  item: ShadowItem;
  /** The member's clock when it said so, milliseconds. */
  sentAt: number;
  /** Of a budget: spent and held in the period. Without it the member only asks. */
  nanos?: number;
  /** Of a rate: what was used in the window, in order. */
  moments?: Moment[];
}

/** The RPC surface of a BudgetActor. */
export interface BudgetActorApi extends LeaseChildApi, RestorableApi {
  askRate(ask: RateAsk): Promise<RateReply>;
  /** False when there is no room to count another principal. */
  tellRate(command: TellRateCommand): Promise<boolean>;
  /** Idempotent; says whether nothing is admitted above the rate any more. */
  setRate(command: SetRateCommand): Promise<LimitReply>;
  renew(command: RenewCommand): Promise<RenewReply>;
  returnLease(command: ReturnCommand): Promise<void>;
  /** Says what others used, or null of a draft that is over; no event and no credit comes of it. */
  tellShadow(word: ShadowWord): Promise<number | null>;
  /** Idempotent by version; says whether the limit is effective. */
  setLimit(command: SetLimitCommand): Promise<LimitReply>;
  /** The periods that are not over at `at`, the children asked, at most some of them. */
  status(at: number): Promise<NodeStatus[]>;
}
