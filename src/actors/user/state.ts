/**
 * The state of one principal: everything that admission reads, folded from the stream's facts.
 *
 * Invariants: it is a function of the facts alone; it is bounded (`limits.ts`); amounts are
 * integers. Keys of buckets and accounts are made here and nowhere else.
 */
import type { LeaseRefData } from "#events/budget-events.ts";
import type { BudgetData, LimitData, UserFact } from "#events/user-events.ts";
import { localScope } from "#policy/split.ts";
import type { UsageLog } from "./usage-log.ts";

export type DataOf<T extends UserFact["type"]> = Extract<UserFact, { type: T }>["data"];
export type RequestData = DataOf<"RequestAdmitted">;
export type SettlementData = DataOf<"RequestSettled">;

/** What an admitted request holds, and where it is counted. */
export interface Hold {
  /** Number of its admission in the stream. */
  seq: number;
  /** When it was admitted: everything of it is booked to this moment and its periods. */
  at: number;
  deadlineAt: number;
  costNanos: number;
  /** What extensions added, each at its own moment: dollar limits count it there. */
  raises?: { at: number; nanos: number }[];
  tokens: number;
  /** Scopes whose past counts it. */
  scopes: string[];
  /** Buckets of token and dollar limits that its settlement corrects. */
  buckets: string[];
  /** Concurrency caps that it occupies. */
  caps: string[];
  /** Budget accounts that hold its cost. */
  accounts: string[];
  /** Leases of shared budgets that hold its cost. */
  leases?: string[];
}

/** Credit of one shared budget in one period. */
export interface Lease {
  ref: LeaseRefData;
  grantedNanos: number;
  returnedNanos: number;
  usedNanos: number;
  heldNanos: number;
  /** Of what is used and held: all that no grant was for, as it was before the budget counted. */
  pastNanos?: number;
  /** The budget that the node leases from, and what that counts for this principal already. */
  parent?: string;
  prepaidNanos?: number;
  /** Of the organisation's budget: what is used and held, by the team that it was spent in. */
  bySlice?: Record<string, number>;
  /** True after a recall, until the next grant. */
  recalled: boolean;
  /** The last grant's size: half of it gone, more is asked for ahead of need. */
  sizeNanos: number;
  /** What the node, and its parent, had left when they answered last. */
  freeNanos: number;
  parentFreeNanos?: number;
  usedAt: number;
  /** The node said no, or nothing: not asked again until then. */
  denied?: { reason: "exhausted" | "unavailable"; by: string; untilAt: number };
  /** Of a member's own budget: the policy version that the node was asked under. */
  version?: number;
  /** Of one whose past was read and taken over: since when it is what it is. */
  since?: number;
  /** For one of several members also a hash of what it picks, where nothing else is counted. */
  picks?: string;
}

/** Permits of one shared rate. */
export interface RateLease {
  /** The terms that they were granted under, and the policy version of those. */
  limit: LimitData;
  version: number;
  /** All that was ever booked, and all that may be until `untilAt`. */
  booked: number;
  allowed: number;
  untilAt: number;
  /** The last message that was answered, or that gave permits back. */
  seq: number;
  /** What was left when it was: half of it gone, more is asked for ahead of need. */
  size: number;
  /** What the counter had left when it answered last. */
  free: number;
  /** The counter said no, or nothing: not asked again until then. */
  denied?: { reason: "exhausted" | "unavailable"; untilAt: number; retryAt?: number };
}

/** How a request ended, remembered so that a repeated message changes nothing. */
export interface Outcome {
  at: number;
  how: "settled" | "released" | "refused" | "orphaned";
  /** Of a refusal: what was answered. */
  seq?: number;
  code?: string;
  by?: string;
  retryAt?: number;
}

/** One rate limit's memory: what it counted, and how the policy last described it. */
export interface Bucket {
  metric: LimitData["metric"];
  mode: LimitData["mode"];
  limit: number;
  windowMs: number;
  /** The policy under which it last counted. */
  version: number;
  /** Of a rule whose past was read from the stream: since when that rule has been what it is. */
  since?: number | undefined;
  log: UsageLog;
  /** Of `gcra`: the theoretical arrival time, milliseconds and a fraction in units of 1/limit. */
  tat: Moment;
  /** Of `gcra`: the same before the first moment of the log. */
  base: Moment;
}

/** A moment finer than a millisecond: `ms + part / limit`. */
export interface Moment {
  ms: number;
  part: number;
}

/** One budget in one period. */
export interface Account {
  name: string;
  scope: string;
  period: BudgetData["period"];
  periodKey: string;
  resetsAt: number;
  limitNanos: number;
  thresholds: readonly number[];
  atLimit: BudgetData["atLimit"];
  settledNanos: number;
  heldNanos: number;
  /** The policy under which it last counted. */
  version: number;
  /** As of a bucket. */
  since?: number | undefined;
  /** Shares whose crossing is recorded. */
  crossed: number[];
}

/** Open holds under a concurrency cap. */
export interface Cap {
  open: number;
  /** The policy under which it last counted. */
  version: number;
  /** As of a bucket. */
  since?: number | undefined;
}

export interface UserState {
  /** Events folded so far, which is the number of the last one. */
  seq: number;
  lastAt: number;
  /** The highest policy version seen. */
  policyVersion: number;
  /** The last erasure: its order in the policy stream, and its event here. */
  erased?: { order: number; seq: number; at: number };
  fenced: Set<string>;
  /** The last price correction: how far it is in this stream, and what it changed. */
  corrected?: {
    order: number;
    /** The last settlement that it corrected. */
    through: number;
    requests: number;
    oldNanos: number;
    newNanos: number;
  };
  holds: Map<string, Hold>;
  /** Holds that ended by time, charged in full, with the moment of that. */
  expired: Map<string, { hold: Hold; at: number }>;
  outcomes: Map<string, Outcome>;
  /** Their ids in order; the first `forgotten` are gone. */
  outcomeIds: string[];
  forgotten: number;
  buckets: Map<string, Bucket>;
  /** Open holds by concurrency cap. */
  caps: Map<string, Cap>;
  accounts: Map<string, Account>;
  leases: Map<string, Lease>;
  /** Permits of shared rates. */
  rates: Map<string, RateLease>;
  /** By scope: what was used over time, in the lanes of `history.ts`. */
  history: Map<string, UsageLog>;
  /** The last moment at which a scope's history was dropped for want of room. */
  historyDroppedAt: number;
  /** Rules all of whose past was read, or is awaited, and since when each is what it is. */
  read: Map<string, number>;
  awaited: Map<string, number>;
  /** Until when refusals alike are counted instead of recorded. */
  quiets: Map<string, number>;
}

export function initialState(): UserState {
  return {
    seq: 0,
    lastAt: 0,
    policyVersion: 0,
    fenced: new Set(),
    holds: new Map(),
    expired: new Map(),
    outcomes: new Map(),
    outcomeIds: [],
    forgotten: 0,
    buckets: new Map(),
    caps: new Map(),
    accounts: new Map(),
    leases: new Map(),
    rates: new Map(),
    history: new Map(),
    historyDroppedAt: -1,
    read: new Map(),
    awaited: new Map(),
    quiets: new Map(),
  };
}

/** A limit's bucket: its name and what it counts apart. Names hold no bar. */
export function bucketKey({ name, scope }: Pick<LimitData, "name" | "scope">): string {
  return keyOf(bucketKeys, name, scope, "", "");
}

/** The key of a member's own limit before several actors shared it; undefined for any other. */
export function keyBefore({ name, scope }: Pick<LimitData, "name" | "scope">): string | undefined {
  const local = localScope(scope);
  return local === undefined ? undefined : bucketKey({ name, scope: local });
}

/** A budget's account in one period. */
export function accountKey({
  name,
  scope,
  period,
  periodKey,
}: Pick<BudgetData, "name" | "scope" | "period" | "periodKey">): string {
  return keyOf(accountKeys, name, scope, period, periodKey);
}

/** Keys that were asked for before, by name: a dozen are for each request, and always the same. */
type Keys = Map<string, { scope: string; period: string; periodKey: string; key: string }[]>;

const bucketKeys: Keys = new Map();
const accountKeys: Keys = new Map();
/** Names, and keys of one name, that are kept: more than a policy and a few users' scopes need. */
const keyNamesMax = 256;
const keysMax = 16;

function keyOf(keys: Keys, name: string, scope: string, period: string, periodKey: string): string {
  let alike = keys.get(name);
  for (const one of alike ?? []) {
    const isIt = one.scope === scope && one.periodKey === periodKey && one.period === period;
    if (isIt) return one.key;
  }
  const key = period === "" ? `${name}|${scope}` : `${name}|${period}|${periodKey}|${scope}`;
  if (alike === undefined || alike.length >= keysMax) {
    if (keys.size >= keyNamesMax) keys.clear();
    keys.set(name, (alike = []));
  }
  alike.push({ scope, period, periodKey, key });
  return key;
}

/** A rule whose past is read from the stream: its name, and what it counts apart. */
export function pastKey(
  kind: "limit" | "budget",
  { name, scope }: { name: string; scope: string },
): string {
  const local = localScope(scope) ?? scope;
  const colon = local.indexOf(":");
  const prefix = scope.length - local.length;
  return `${kind}|${name}|${colon < 0 ? scope : scope.slice(0, prefix + colon)}`;
}

/** Refusals that count as alike. */
export function quietKey(refusal: {
  code: string;
  by?: string | undefined;
  scope?: string | undefined;
}): string {
  return `${refusal.code}|${refusal.by ?? ""}|${refusal.scope ?? ""}`;
}

/** Tokens that a request may use at most: what token limits count until it settles. */
export function tokensBound(bound: RequestData["bound"]): number {
  return bound.inputTokens + bound.outputTokens;
}
