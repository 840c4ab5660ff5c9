/**
 * What happens to one budget above users, of a team or of an organisation: the events of a
 * BudgetActor's stream. Credit goes to children by totals that only rise, so that a message that is
 * lost, repeated or late changes nothing.
 */
import * as z from "zod";

const count = z.int().min(0);
const nanos = z.int().min(0);

/** One budget node in one period: what credit belongs to. */
export const LeaseRefData = z.strictObject({
  budget: z.string(),
  /** `organisation`, or `team:` and the team. */
  scope: z.string(),
  period: z.enum(["day", "week", "month"]),
  periodKey: z.string(),
  /** When the period ends, milliseconds. */
  resetsAt: count,
});
export type LeaseRefData = z.infer<typeof LeaseRefData>;

/** An amount that the parent of a budget counts for one of the budget's children already. */
export const PrepaidData = z.strictObject({ parent: z.string(), nanos });
export type PrepaidData = z.infer<typeof PrepaidData>;

/** What policy says of this budget, from this version on. Used by: audit. */
export const BudgetLimitSet = z.strictObject({
  type: z.literal("BudgetLimitSet"),
  v: z.literal(1),
  data: z.strictObject({
    budget: z.string(),
    scope: z.string(),
    version: count,
    limitNanos: nanos,
    thresholds: z.array(z.number()),
    /** The budget that this one leases its own credit from. */
    parent: z.string().optional(),
    /** Of one that picks some requests: since when it does so, milliseconds. */
    since: count.optional(),
  }),
});

/** The limit of a version holds: nothing is admitted above it any more. Used by: audit. */
export const BudgetLimitEffective = z.strictObject({
  type: z.literal("BudgetLimitEffective"),
  v: z.literal(1),
  data: z.strictObject({
    budget: z.string(),
    scope: z.string(),
    version: count,
    limitNanos: nanos,
  }),
});

/** Credit was leased to a child, which is a principal's stream or another budget's. Used by: audit. */
export const CreditGranted = z.strictObject({
  type: z.literal("CreditGranted"),
  v: z.literal(1),
  data: z.strictObject({
    lease: LeaseRefData,
    child: z.string(),
    /** All that this child was ever granted in the period. */
    grantedNanos: nanos,
    /** The size of this lease. */
    sizeNanos: nanos,
    /** The child's sequence number, so that a repeated message is granted once. */
    seq: count,
  }),
});

/** A child told what it has returned, spent and holds, in totals of the period. Used by: audit. */
export const CreditReturned = z.strictObject({
  type: z.literal("CreditReturned"),
  v: z.literal(1),
  data: z.strictObject({
    lease: LeaseRefData,
    child: z.string(),
    returnedNanos: nanos,
    usedNanos: nanos,
    heldNanos: nanos,
    /** All that it spent or held in the period before this budget counted it. */
    pastNanos: nanos.optional(),
    /** What of its spending the parent named here counts for it already, beside this budget. */
    prepaid: PrepaidData.optional(),
    /** The recall that this answers: the child spends nothing more without a new lease. */
    recall: count.optional(),
  }),
});

/** All credit out in a period is called back: the limit fell below it, or a parent asked. Used by: audit. */
export const RecallBegan = z.strictObject({
  type: z.literal("RecallBegan"),
  v: z.literal(1),
  data: z.strictObject({
    lease: LeaseRefData,
    recall: count.min(1),
    /** The parent's recall that this one carries on. */
    parentRecall: count.optional(),
  }),
});

/** This budget was leased credit by its parent. Used by: audit. */
export const NodeLeaseGranted = z.strictObject({
  type: z.literal("NodeLeaseGranted"),
  v: z.literal(1),
  data: z.strictObject({
    lease: LeaseRefData,
    grantedNanos: nanos,
    /** What the parent had left just then. */
    freeNanos: nanos,
  }),
});

/** This budget gives credit back to its parent. Used by: audit. */
export const NodeLeaseReturned = z.strictObject({
  type: z.literal("NodeLeaseReturned"),
  v: z.literal(1),
  data: z.strictObject({
    lease: LeaseRefData,
    grantedNanos: nanos,
    returnedNanos: nanos,
    /** The recall that this answers. */
    recall: count.optional(),
  }),
});

/** Credit that is out here is counted by a parent that never leased it: it is new. Used by: audit. */
export const NodeLeaseOpened = z.strictObject({
  type: z.literal("NodeLeaseOpened"),
  v: z.literal(1),
  data: z.strictObject({
    lease: LeaseRefData,
    parent: z.string(),
    /** All that was ever out here without a lease of that parent. */
    pastNanos: nanos,
  }),
});

/**
 * Everybody who may have spent before this budget counted has told so: from this version on its
 * books are whole. Used by: audit.
 */
export const BudgetPastCounted = z.strictObject({
  type: z.literal("BudgetPastCounted"),
  v: z.literal(1),
  data: z.strictObject({
    budget: z.string(),
    scope: z.string(),
    version: count,
    /** Of a member's own budget: the period for which all of the member's actors have told. */
    lease: LeaseRefData.optional(),
    /** Of a rate of several members: since when it is what they have told for, milliseconds. */
    since: count.optional(),
  }),
});

/** The known spend of a shared budget passed a share of its limit, once a period. Used by: audit, webhooks. */
export const BudgetThresholdCrossed = z.strictObject({
  type: z.literal("BudgetThresholdCrossed"),
  v: z.literal(1),
  data: z.strictObject({
    lease: LeaseRefData,
    threshold: z.number(),
    spentNanos: nanos,
    limitNanos: nanos,
  }),
});

/** A rate that several principals share, as its counter knows it. */
export const RateTermsData = z.strictObject({
  name: z.string(),
  /** `concurrency`: requests that are open at once, of a member of several parts. */
  metric: z.enum(["requests", "tokens", "usd", "concurrency"]),
  mode: z.enum(["sliding", "fixed"]),
  /** `organisation`, `team:` and the team, or `member:` and a principal of several parts. */
  scope: z.string(),
  /** Requests, tokens, nano-dollars or open requests. */
  limit: count,
  /** 0 for concurrency. */
  windowMs: count,
});
export type RateTermsData = z.infer<typeof RateTermsData>;

/**
 * A principal told the counter of a shared rate what it used in the window, and may book more.
 * Used by: audit.
 */
export const RatePermitted = z.strictObject({
  type: z.literal("RatePermitted"),
  v: z.literal(1),
  data: z.strictObject({
    rate: RateTermsData,
    /** The policy version that `rate` is of. */
    version: count,
    child: z.string(),
    /** The child's sequence number: older words of it count no more. */
    seq: count,
    /** All that it ever booked. */
    booked: count,
    /** What it used in the window: amounts, at moments by the counter's clock and never too early. */
    moments: z.array(z.strictObject({ at: count, amount: count })),
    /** All that it may ever book, and until when, milliseconds. */
    allowed: count,
    untilAt: count,
    /** How much was granted anew. */
    size: count,
  }),
});

export const BudgetFact = z.discriminatedUnion("type", [
  BudgetLimitSet,
  BudgetLimitEffective,
  CreditGranted,
  CreditReturned,
  RecallBegan,
  NodeLeaseGranted,
  NodeLeaseReturned,
  NodeLeaseOpened,
  BudgetPastCounted,
  BudgetThresholdCrossed,
  RatePermitted,
]);
/** Any fact of a shared budget's stream. */
export type BudgetFact = z.infer<typeof BudgetFact>;
