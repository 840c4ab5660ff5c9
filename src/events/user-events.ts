/**
 * What happens to one principal's calls: the events of a UserActor's stream.
 *
 * Two fat events a request, `RequestAdmitted` and `RequestSettled`, because rows written dominate
 * the bill. No event holds a prompt, an answer, a matched secret or a key: only counts, lengths,
 * hashes and names that policy gave.
 */
import * as z from "zod";
import { LeaseDenied, LeaseGranted, LeaseOpened, LeaseReturned } from "./lease-events.ts";
import { CostCorrected, PriceData } from "./correction-events.ts";
import { GuardData } from "./guard-events.ts";
import { PayloadData, PayloadLost, SubjectErased, TokensData } from "./payload-events.ts";
import { AccessRecorded, FeedbackGiven } from "./reader-events.ts";
import { UnsearchedData } from "./entity-events.ts";
import { ShadowAnswerData, ShadowData } from "./shadow-events.ts";

const count = z.int().min(0);
const nanos = z.int().min(0);

/** What was found in a text: never the text. */
export const FindingData = z.strictObject({
  rule: z.string(),
  detector: z.string(),
  action: z.enum(["off", "warn", "redact", "mask", "tokenize", "block"]),
  enforced: z.boolean(),
  direction: z.enum(["prompt", "answer"]),
  channel: z.string(),
  count,
  lengths: z.array(count),
});
export type FindingData = z.infer<typeof FindingData>;

/** Tokens of one answer; the optional counts are parts of the first two. */
export const UsageData = z.strictObject({
  inputTokens: count,
  outputTokens: count,
  cachedReadTokens: count.optional(),
  cacheWrite5mTokens: count.optional(),
  cacheWrite1hTokens: count.optional(),
  reasoningTokens: count.optional(),
  /** How long the model ran, milliseconds, where its provider says so. */
  runMs: count.optional(),
});

/** Who asked, for what, from where: the part of a request that audit views show. */
export const AskedData = z.strictObject({
  /** UUIDv7, so that ids sort by time; the caller sees it in `x-request-id`. */
  requestId: z.string(),
  member: z.string(),
  keyId: z.string().optional(),
  team: z.string().optional(),
  tier: z.string(),
  /** The member's own tier: another serves after a downgrade. Without it, nobody knows. */
  ownTier: z.string().optional(),
  /** The session or run that the caller named; known to be none where `ownTier` is there. */
  session: z.string().optional(),
  /** What is done, `chat.completion` and the like, or the caller's `x-tallygate-action`. */
  action: z.string(),
  /** What it is done to: the caller's `x-tallygate-resource`. */
  resource: z.string().optional(),
  /** The caller's own flat metadata. */
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  /** What the caller's limits by tag count it under: a limit made later counts it too. */
  tags: z.array(z.string()).optional(),
  dialect: z.string(),
  model: z.string(),
  stream: z.boolean(),
  ip: z.string().optional(),
  userAgent: z.string().optional(),
  policyVersion: count,
  policyHash: z.string(),
  priceBook: z.string(),
  /** SHA-256 of the prompt as it was sent on, hex. */
  promptHash: z.string(),
  findings: z.array(FindingData),
  guard: GuardData.optional(),
  /** The prompt was not searched for all that rules look for; it went on where policy says so. */
  unsearched: UnsearchedData.optional(),
});
export type AskedData = z.infer<typeof AskedData>;

/** A rate limit or cap as it applied to one request. `scope` is the bucket it was counted in. */
export const LimitData = z.strictObject({
  name: z.string(),
  metric: z.enum(["requests", "tokens", "usd", "concurrency"]),
  mode: z.enum(["sliding", "fixed", "gcra"]),
  scope: z.string(),
  /** Requests, tokens, nano-dollars or open requests. */
  limit: count,
  /** 0 for concurrency. */
  windowMs: count,
  /**
   * True when it counts every request of its scope, so that what was used while it was not in the
   * policy is known; without it, it may be meant for some of them (a model, a key).
   */
  whole: z.boolean().optional(),
  /** Since when it has been so, milliseconds: what was used before may be its past. */
  since: count.optional(),
});
export type LimitData = z.infer<typeof LimitData>;

/** A budget as it applied to one request. */
export const BudgetData = z.strictObject({
  name: z.string(),
  scope: z.string(),
  period: z.enum(["day", "week", "month"]),
  /** The period's first day in the organisation's time zone, as in `2026-11-01`. */
  periodKey: z.string(),
  limitNanos: nanos,
  /** When the period starts, milliseconds. Without it the start is taken an hour too early. */
  startsAt: count.optional(),
  /** When the period ends, milliseconds. */
  resetsAt: count,
  thresholds: z.array(z.number()),
  atLimit: z.enum(["block", "downgrade", "allow"]),
  /** True when it counts every request of its scope, as for limits. */
  whole: z.boolean().optional(),
  /** As for limits. */
  since: count.optional(),
});
export type BudgetData = z.infer<typeof BudgetData>;

/** A budget above one principal as it applied to one request: credit is leased from its node. */
export const SharedBudgetData = BudgetData.extend({
  /** The budget that this one leases from: what is held here is held there too. */
  parent: BudgetData.optional(),
});
export type SharedBudgetData = z.infer<typeof SharedBudgetData>;

/** How the chain of a request was picked, so that the pick can be made again. */
export const RouteData = z.strictObject({
  /** The route of the policy that took it; absent where the tier's own candidates serve. */
  name: z.string().optional(),
  /** How candidates of one priority were put in order, other than the document's. */
  balance: z.enum(["weight", "latency"]).optional(),
  /** How fast each `provider/model` had answered lately, as the isolate saw it, milliseconds. */
  latencyMs: z.record(z.string(), count).optional(),
  /** How many answers the hold covers, where more than one may be paid for. */
  answers: count.min(1).optional(),
});
export type RouteData = z.infer<typeof RouteData>;

/** What a request asks to hold, and the limits and budgets that were in force for it. */
const HoldAskedData = z.strictObject({
  chain: z.array(z.strictObject({ provider: z.string(), model: z.string() })),
  route: RouteData.optional(),
  limits: z.array(LimitData),
  budgets: z.array(BudgetData),
  /** Budgets of the caller's team and organisation. */
  shared: z.array(SharedBudgetData).optional(),
  /** Rates that count several principals together: permits are leased from their counters. */
  sharedLimits: z.array(LimitData).optional(),
  /** The most this request may use. */
  bound: z.strictObject({ inputTokens: count, outputTokens: count, costNanos: nanos }),
  accounting: z.enum(["strict", "estimate"]),
  /** When the hold expires unless settled or extended, milliseconds. */
  deadlineAt: count,
});

/** A request may go to a provider; its worst case is held. Used by: audit, usage. */
export const RequestAdmitted = z.strictObject({
  type: z.literal("RequestAdmitted"),
  v: z.literal(1),
  data: AskedData.extend({
    ...HoldAskedData.shape,
    /** What is left of each limit, budget, shared budget and its parent, and of each shared rate. */
    left: z.array(count).optional(),
    /** Budgets that it passed, which policy allows. */
    over: z.array(z.string()).optional(),
    /** What the draft in the shadow would have made of it, where there is one. */
    shadow: ShadowData.optional(),
  }),
});

/**
 * A request was turned away; nothing was held. It carries what was asked, so that the decision can
 * be made again. Used by: audit, usage.
 */
export const RequestRefused = z.strictObject({
  type: z.literal("RequestRefused"),
  v: z.literal(1),
  data: AskedData.extend({
    ...HoldAskedData.partial().shape,
    code: z.string(),
    /** The limit, budget or rule that refused. */
    by: z.string().optional(),
    /** The bucket of that limit or budget. */
    scope: z.string().optional(),
    /** The first moment at which the same request could pass, milliseconds. */
    retryAt: count.optional(),
    /** True when the verdict stood before the actor was asked (a DLP block, a model not allowed). */
    given: z.boolean().optional(),
    /** What the draft in the shadow would have made of it, where there is one. */
    shadow: ShadowData.optional(),
  }),
});

/** More refusals like one that is already recorded, within the same window. Used by: audit, usage. */
export const RefusalsCounted = z.strictObject({
  type: z.literal("RefusalsCounted"),
  v: z.literal(1),
  data: z.strictObject({
    code: z.string(),
    by: z.string(),
    member: z.string(),
    count: count.min(1),
    firstAt: count,
    lastAt: count,
    sampleRequestIds: z.array(z.string()),
  }),
});

/** One call to one provider. */
export const AttemptData = z.strictObject({
  provider: z.string(),
  model: z.string(),
  /** The alias of the credential, where policy lists some; `caller` for the caller's own key. */
  credential: z.string().max(64).optional(),
  /** HTTP status; 0 when no answer came. */
  status: count,
  code: z.string().optional(),
  latencyMs: count,
  usage: UsageData.optional(),
  price: PriceData.optional(),
  costNanos: nanos,
  /** `guard`: the guard's second stage, which answers no caller; its tokens are not the request's. */
  role: z.literal("guard").optional(),
});
export type AttemptData = z.infer<typeof AttemptData>;

/** A request ended and its true cost is booked in place of its hold. Used by: audit, usage, cost. */
export const RequestSettled = z.strictObject({
  type: z.literal("RequestSettled"),
  v: z.literal(1),
  data: z.strictObject({
    requestId: z.string(),
    outcome: z.enum(["completed", "failed", "aborted", "blocked", "cut"]),
    attempts: z.array(AttemptData),
    provider: z.string().optional(),
    servedModel: z.string().optional(),
    usage: UsageData,
    costNanos: nanos,
    /** True when the provider reported no usage and it was bounded from what was seen. */
    estimated: z.boolean(),
    /** What `estimate` accounting let past the hold. */
    overrunNanos: nanos,
    cache: z.enum(["hit", "miss", "off"]),
    /** For a hit: what the answer cost when a provider gave it. */
    savedNanos: nanos.optional(),
    finish: z.string().optional(),
    findings: z.array(FindingData),
    /** The guard's last word, where a second classifier was asked under the hold. */
    guard: GuardData.optional(),
    /** SHA-256 of the answer as the caller got it, hex. */
    answerHash: z.string().optional(),
    /** What was kept of prompt and answer; absent when policy keeps nothing. */
    payload: PayloadData.optional(),
    /** What was kept so that a later turn gives values back which the caller does not send again. */
    tokens: TokensData.optional(),
    /** What the rules of the draft in the shadow would have made of the answer. */
    shadow: ShadowAnswerData.optional(),
    status: count,
    latencyMs: count,
    firstByteMs: count.optional(),
  }),
});

/** A hold was given back: no provider was reached. Used by: audit, usage. */
export const RequestReleased = z.strictObject({
  type: z.literal("RequestReleased"),
  v: z.literal(1),
  data: z.strictObject({ requestId: z.string(), reason: z.string() }),
});

/** A long request keeps its hold for longer, or holds more. Used by: audit. */
export const HoldExtended = z.strictObject({
  type: z.literal("HoldExtended"),
  v: z.literal(1),
  data: z.strictObject({ requestId: z.string(), deadlineAt: count, costNanos: nanos }),
});

/** No settlement came in time: the worst case is charged until one does. Used by: audit, usage, cost. */
export const HoldExpired = z.strictObject({
  type: z.literal("HoldExpired"),
  v: z.literal(1),
  data: z.strictObject({ requestId: z.string(), chargedNanos: nanos }),
});

/**
 * A settlement came after the hold had expired: the books take the true cost. Used by: audit, usage,
 * cost.
 */
export const ExpiryCorrected = z.strictObject({
  type: z.literal("ExpiryCorrected"),
  v: z.literal(1),
  data: RequestSettled.shape.data.extend({ refundNanos: nanos }),
});

/** A settlement for a request that nobody admitted; no money moves. Used by: audit. */
export const SettlementOrphaned = z.strictObject({
  type: z.literal("SettlementOrphaned"),
  v: z.literal(1),
  data: z.strictObject({ requestId: z.string(), costNanos: nanos }),
});

/** A budget's spend passed a share of its limit, once per period and share. Used by: audit, webhooks. */
export const ThresholdCrossed = z.strictObject({
  type: z.literal("ThresholdCrossed"),
  v: z.literal(1),
  data: z.strictObject({
    budget: z.string(),
    scope: z.string(),
    period: z.enum(["day", "week", "month"]).optional(),
    periodKey: z.string(),
    threshold: z.number(),
    spentNanos: nanos,
    limitNanos: nanos,
  }),
});

/** How much may be booked under a shared rate until when: permits came, or went back. Used by: audit. */
export const RateLeased = z.strictObject({
  type: z.literal("RateLeased"),
  v: z.literal(1),
  data: z.strictObject({
    limit: LimitData,
    /** The policy version that `limit` is of. */
    version: count,
    /** The message that this answers, by its place in this stream: older answers count no more. */
    seq: count,
    /** All that may ever be booked, in the limit's unit. */
    allowed: count,
    /** When that ends, milliseconds. */
    untilAt: count,
    /** What the counter had left just then. */
    free: count.optional(),
  }),
});

/** The counter of a shared rate had no permits, or did not answer: not asked again until then. Used by: audit. */
export const RateDenied = z.strictObject({
  type: z.literal("RateDenied"),
  v: z.literal(1),
  data: z.strictObject({
    limit: LimitData,
    reason: z.enum(["exhausted", "unavailable"]),
    untilAt: count,
    /** When the same request would pass if nothing else happened, milliseconds. */
    retryAt: count.optional(),
  }),
});

/**
 * What a rule that picks some of its scope's requests (one model, some keys, an address) counts of
 * those that came before it, read from the stream when the rule is first met. It starts from that, and
 * from no more. Used by: nothing but the fold.
 */
export const RulePastCounted = z.strictObject({
  type: z.literal("RulePastCounted"),
  v: z.literal(1),
  data: z.strictObject({
    version: count,
    /** Of a rate limit: the limit, and its use in the window, moments in order; of a cap without. */
    limit: LimitData.optional(),
    moments: z
      .array(z.tuple([count, z.int()]))
      .max(4_096)
      .optional(),
    /** Of a budget: the budget in its period, what was booked and what is held. */
    budget: BudgetData.optional(),
    settledNanos: nanos.optional(),
    heldNanos: nanos.optional(),
    /** Requests that have not come to their truth yet: it corrects what is counted here. */
    open: z.array(z.string()).max(4_096),
    /** True when all that the rule counts apart was read: what was not told has no past. */
    complete: z.boolean().optional(),
  }),
});

/**
 * A rule's past is too long to be read while a request waits: until `RulePastCounted` tells it, the
 * rule counts all that its scope used. Used by: nothing but the fold.
 */
export const RulePastAwaited = z.strictObject({
  type: z.literal("RulePastAwaited"),
  v: z.literal(1),
  data: z.strictObject({
    version: count,
    limit: LimitData.optional(),
    budget: BudgetData.optional(),
    /** How many events are to be read. */
    events: count,
  }),
});

/** From here on a key is refused whatever caches say. Used by: audit. */
export const KeyFenced = z.strictObject({
  type: z.literal("KeyFenced"),
  v: z.literal(1),
  data: z.strictObject({ keyId: z.string() }),
});

export const UserFact = z.discriminatedUnion("type", [
  RequestAdmitted,
  RequestRefused,
  RefusalsCounted,
  RequestSettled,
  RequestReleased,
  HoldExtended,
  HoldExpired,
  ExpiryCorrected,
  SettlementOrphaned,
  ThresholdCrossed,
  LeaseGranted,
  LeaseOpened,
  LeaseReturned,
  LeaseDenied,
  RateLeased,
  RateDenied,
  RulePastCounted,
  RulePastAwaited,
  KeyFenced,
  AccessRecorded,
  PayloadLost,
  SubjectErased,
  FeedbackGiven,
  CostCorrected,
]);
/** Any fact of a user's stream. */
export type UserFact = z.infer<typeof UserFact>;
