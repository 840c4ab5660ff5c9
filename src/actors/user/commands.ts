/**
 * What the edge asks of a UserActor, and what it answers. These shapes cross an RPC between
 * versions of the Worker during a deploy: fields are added, never renamed.
 */
import type { RestorableApi } from "#actors/kit/point-in-time.ts";
import type { LeaseChildApi, RateChildApi } from "#actors/budget/api.ts";
import type { WrappedKey } from "#actors/kit/payload-key.ts";
import type { Price } from "#events/money.ts";
import type { LimitData, UserFact } from "#events/user-events.ts";
import type { PolicyWhen } from "#policy/document.ts";
import type { RulePicks } from "#policy/picks.ts";
import type { OpenCall } from "./cost-scan.ts";
import type { LeaseOpening } from "./lease-past.ts";
import type { ShadowAsk } from "./shadow.ts";

type DataOf<T extends UserFact["type"]> = Extract<UserFact, { type: T }>["data"];

/** Where the actor belongs: sent with every command, kept by the actor at its first. */
export interface Home {
  organisation: string;
  /** The actor's own name, which is its stream. */
  stream: string;
  /** The name of the ledger shard that collects this stream. */
  ledger: string;
}

/** Asks to let a request go to its provider, holding its worst case. Idempotent by request id. */
export interface AdmitCommand {
  home: Home;
  at: number;
  request: DataOf<"RequestAdmitted">;
  /** How many shards collect the organisation's streams: nodes of shared budgets have one too. */
  ledgerShards?: number;
  /** A verdict that stands already (DLP block, model not allowed): recorded as a refusal. */
  verdict?: { code: string; by?: string };
  /** What a draft in the shadow makes of it; recorded beside the decision, which it never changes. */
  shadow?: ShadowAsk;
  /** Of the same principal, booked before the request is decided: they save a round trip of their own. */
  settlements?: SettleCommand["settlement"][];
  /** Asks for the key that the request's texts are kept under. */
  wantsPayloadKey?: true;
  /** Of a member who is or was split: the most actors they ever had, this one among them. */
  actors?: number;
  /** What rules of the request pick that came lately: what they missed is counted once. */
  picks?: RulePicks;
}

/** How much of one limit or budget is left after the admitting transaction. */
export interface LimitStatus {
  name: string;
  metric: "requests" | "tokens" | "usd" | "concurrency";
  /** `budget` for budgets. */
  kind: "rate" | "budget" | "concurrency";
  limit: number;
  remaining: number;
  /** When more is available (for rates) or the period ends (for budgets), milliseconds. */
  resetsAt: number;
  windowMs: number;
}

/** The answer to `admit`. */
export type AdmitReply =
  | {
      outcome: "admitted";
      seq: number;
      holdNanos: number;
      limits: LimitStatus[];
      payloadKey?: WrappedKey;
    }
  | {
      outcome: "refused";
      seq: number;
      code: string;
      by?: string;
      retryAt?: number;
      limits: LimitStatus[];
    }
  /** The actor has seen a newer policy: load it and ask again. */
  | { outcome: "stale-policy"; need: number };

/** Books the true cost of a request. Idempotent by request id. */
export interface SettleCommand {
  home: Home;
  at: number;
  settlement: DataOf<"RequestSettled">;
}

/** Gives a hold back: no provider byte was sent. */
export interface ReleaseCommand {
  home: Home;
  at: number;
  requestId: string;
  reason: string;
}

/** Keeps a hold for longer, or raises what it holds; refused when it would not fit. */
export interface ExtendCommand {
  home: Home;
  at: number;
  requestId: string;
  deadlineAt: number;
  costNanos: number;
}

/** Refuses a key from here on, whatever caches say. */
export interface FenceKeyCommand {
  home: Home;
  at: number;
  command: string;
  keyId: string;
}

/** Writes down that somebody read the books. */
export interface RecordAccessCommand {
  home: Home;
  at: number;
  access: DataOf<"AccessRecorded">;
}

/** Says that a payload which a settlement names could not be stored. */
export interface LosePayloadCommand {
  home: Home;
  at: number;
  requestId: string;
  reason: string;
}

/** Destroys the key of the subject's kept texts. Idempotent by order. */
export interface EraseCommand {
  home: Home;
  at: number;
  command: string;
  /** The number of the order in the policy stream; orders of one organisation only grow. */
  order: number;
  /** Whether the subject has left the organisation. */
  former: boolean;
}

/** The event that proves an erasure. */
export interface ErasedReply {
  /** The event's id in the audit list. */
  event: string;
  stream: string;
  seq: number;
  at: number;
  keyId?: string;
}

/** Writes down what somebody thinks of the answer to one of the principal's requests. */
export interface GiveFeedbackCommand {
  home: Home;
  at: number;
  given: DataOf<"FeedbackGiven">;
}

/** Another price for calls admitted from `from` up to but not at `to`, milliseconds. */
export interface PriceOrder {
  /** The number of the order in the policy stream; each is through before the next begins. */
  order: number;
  model: string;
  provider?: string | undefined;
  from: number;
  to: number;
  price: Price;
}

/** Costs settled calls anew. Idempotent by order. */
export interface CorrectCostsCommand {
  order: PriceOrder;
  /** Where the call before this one stopped. */
  cursor?: CorrectCostsCursor;
  /** Only says what the order would change, and changes nothing. */
  dry?: true;
}

export interface CorrectCostsCursor {
  seq: number;
  open: OpenCall[];
  /** What a dry run has found so far. */
  found?: CostChange;
}

/** Calls whose cost changes: from what, to what. */
export interface CostChange {
  requests: number;
  oldNanos: number;
  newNanos: number;
}

/** `done` with all that the order changed here; else where to go on. */
export type CorrectCostsReply =
  | { done: true; requests: number; oldNanos: number; newNanos: number }
  | { done: false; cursor: CorrectCostsCursor };

/** Asks for what was spent before budgets counted it: they are told before the answer. */
export interface OpenLeasesCommand {
  home: Home;
  ledgerShards: number;
  /** The policy version that brought the budgets. */
  version: number;
  openings: readonly LeaseOpening[];
  /** Rates of several members that ask for what was used before they counted it. */
  rates?: readonly RateOpening[];
}

/** A rate of several members that is new, and what it picks where that is not all of its scope. */
export interface RateOpening {
  limit: LimitData;
  when?: PolicyWhen | undefined;
}

/** Where a principal stands under one budget, in a period that is not over. */
export interface BudgetStanding {
  budget: string;
  scope: string;
  period: "day" | "week" | "month";
  periodKey: string;
  resetsAt: number;
  /** Of a shared budget: what this principal was leased. */
  limitNanos: number;
  settledNanos: number;
  heldNanos: number;
  /** Of a shared budget: leased, and neither spent nor held. */
  leasedNanos?: number;
}

/** The RPC surface of a UserActor. */
export interface UserActorApi extends LeaseChildApi, RateChildApi, RestorableApi {
  admit(command: AdmitCommand): Promise<AdmitReply>;
  /** Several at once: the edge batches settlements of one principal. */
  settle(commands: readonly SettleCommand[]): Promise<void>;
  release(command: ReleaseCommand): Promise<void>;
  extend(command: ExtendCommand): Promise<{ ok: boolean }>;
  fenceKey(command: FenceKeyCommand): Promise<void>;
  openLeases(command: OpenLeasesCommand): Promise<void>;
  /** The member's keys that are refused here: what an actor of theirs that is new has to know. */
  fencedKeys(): Promise<string[]>;
  readBudgets(at: number): Promise<BudgetStanding[]>;
  recordAccess(command: RecordAccessCommand): Promise<void>;
  losePayload(command: LosePayloadCommand): Promise<void>;
  correctCosts(command: CorrectCostsCommand): Promise<CorrectCostsReply>;
  erase(command: EraseCommand): Promise<ErasedReply>;
  giveFeedback(command: GiveFeedbackCommand): Promise<void>;
  /** The key of that id, to read with; `null` once it is destroyed. */
  payloadKey(keyId: string): Promise<WrappedKey | null>;
}
