/** What happens to an organisation's rules, members and keys: the events of a PolicyActor's stream. */
import * as z from "zod";
import { PriceData } from "./correction-events.ts";
import { RestoreEnded, RestoreOrdered } from "./restore-events.ts";
import { ShadowStarted, ShadowStopped } from "./shadow-events.ts";
import { SavedViewDeleted, SavedViewSet } from "./view-events.ts";

const count = z.int().min(0);

/** What a member may do: `member` calls models, `auditor` reads the books, `admin` does all. */
export const Role = z.enum(["admin", "auditor", "member"]);
export type Role = z.infer<typeof Role>;

/** A member as the organisation knows them. */
export const MemberData = z.strictObject({
  id: z.string(),
  role: Role,
  tier: z.string(),
  team: z.string().optional(),
  tags: z.array(z.string()).optional(),
  name: z.string().optional(),
});
export type MemberData = z.infer<typeof MemberData>;

/** An organisation begins; the number of ledger shards is fixed for its life. */
export const OrganisationFounded = z.strictObject({
  type: z.literal("OrganisationFounded"),
  v: z.literal(1),
  data: z.strictObject({ organisation: z.string(), ledgerShards: count.min(1) }),
});

/** A member joins, or changes role, tier, team or tags; the whole of it is the new truth. */
export const MemberSet = z.strictObject({
  type: z.literal("MemberSet"),
  v: z.literal(1),
  data: MemberData,
});

/** A member leaves; their keys are revoked in the same transaction. */
export const MemberRemoved = z.strictObject({
  type: z.literal("MemberRemoved"),
  v: z.literal(1),
  data: z.strictObject({ id: z.string() }),
});

/** What a key may be for: model calls, reading the record, or everything an admin does. */
export const KeyAccess = z.enum(["inference", "audit", "admin"]);
export type KeyAccess = z.infer<typeof KeyAccess>;

const names = z.array(z.string().min(1).max(200)).min(1).max(64).optional();

/** What narrows a key to less than its member may do; a list that is absent narrows nothing. */
export const KeyScopeData = z.strictObject({
  /** Patterns of models, as the policy's lists have them. */
  models: names,
  /** Tiers that may serve. */
  tiers: names,
  /** Routes that may take its requests; one that no route takes is refused. */
  routes: names,
  /** What it is for. */
  access: z.array(KeyAccess).min(1).max(3).optional(),
  /** Addresses, or ranges of them as in 10.0.0.0/8, that it may be used from. */
  ips: names,
});
export type KeyScopeData = z.infer<typeof KeyScopeData>;

/** A key exists; only the SHA-256 of its secret is kept. */
export const KeyIssued = z.strictObject({
  type: z.literal("KeyIssued"),
  v: z.literal(1),
  data: z.strictObject({
    keyId: z.string(),
    member: z.string(),
    label: z.string(),
    secretHash: z.string(),
    expiresAt: count.optional(),
    /** What it is narrowed to; absent where it may do what its member may. */
    scope: KeyScopeData.optional(),
  }),
});

/** A key is refused from here on. */
export const KeyRevoked = z.strictObject({
  type: z.literal("KeyRevoked"),
  v: z.literal(1),
  data: z.strictObject({ keyId: z.string(), reason: z.string() }),
});

/** A policy version is decided; it is in force for all once `PolicyInForce` follows. */
export const PolicyPublished = z.strictObject({
  type: z.literal("PolicyPublished"),
  v: z.literal(1),
  data: z.strictObject({
    version: count.min(1),
    /** SHA-256 of the document's canonical JSON, hex. */
    hash: z.string(),
    document: z.record(z.string(), z.unknown()),
    comment: z.string(),
    /** The version whose document this brings back. */
    restores: count.optional(),
    /** The event that proposed it, where the policy before it asked for a second approval. */
    proposal: count.min(1).optional(),
    proposedBy: z.string().optional(),
    /** What the scan of each rule's own pattern costs, by rule; left out where no rule has one. */
    patternCosts: z.record(z.string(), z.enum(["small", "medium", "large"])).optional(),
  }),
});

/** A version is proposed: it waits for another admin. Its number is that of this event. */
export const PolicyProposed = z.strictObject({
  type: z.literal("PolicyProposed"),
  v: z.literal(1),
  data: z.strictObject({
    /** The version that it changes; once another is published, the proposal is void. */
    base: count,
    hash: z.string(),
    document: z.record(z.string(), z.unknown()),
    comment: z.string(),
    restores: count.optional(),
    member: z.string(),
  }),
});

/** A proposal is taken back by who made it, or turned down by another admin. */
export const ProposalWithdrawn = z.strictObject({
  type: z.literal("ProposalWithdrawn"),
  v: z.literal(1),
  data: z.strictObject({ proposal: count.min(1), reason: z.string() }),
});

/** No call starts under an older version any more. */
export const PolicyInForce = z.strictObject({
  type: z.literal("PolicyInForce"),
  v: z.literal(1),
  data: z.strictObject({ version: count.min(1) }),
});

/** The limits of a version hold at every shared budget: nothing is admitted above them any more. */
export const BudgetLimitsEffective = z.strictObject({
  type: z.literal("BudgetLimitsEffective"),
  v: z.literal(1),
  data: z.strictObject({
    version: count.min(1),
    budgets: z.array(z.strictObject({ budget: z.string(), scope: z.string(), limitNanos: count })),
    /** Rates of several members that came within their window: `usd` ones in nano-dollars. */
    rates: z
      .array(z.strictObject({ rate: z.string(), scope: z.string(), limit: count }))
      .max(1_000)
      .optional(),
  }),
});

/** A member's kept texts are to become unreadable; tried until `ErasureCarriedOut` follows. */
export const ErasureOrdered = z.strictObject({
  type: z.literal("ErasureOrdered"),
  v: z.literal(1),
  data: z.strictObject({ member: z.string(), reason: z.string() }),
});

/** The subject's own actor has destroyed the key: names the event in its stream that proves it. */
export const ErasureCarriedOut = z.strictObject({
  type: z.literal("ErasureCarriedOut"),
  v: z.literal(1),
  data: z.strictObject({
    /** The number of the order in this stream. */
    order: count.min(1),
    member: z.string(),
    /** The subject's stream, and the event `SubjectErased` in it. */
    stream: z.string(),
    event: z.string(),
    seq: count.min(1),
    /** When the key was destroyed, milliseconds. */
    at: count,
    /** The key that is gone; absent where no text was ever kept under one. */
    keyId: z.string().optional(),
  }),
});

/** Settled calls are to be costed anew under another price; tried until `PriceCorrectionApplied`. */
export const PriceCorrectionOrdered = z.strictObject({
  type: z.literal("PriceCorrectionOrdered"),
  v: z.literal(1),
  data: z.strictObject({
    model: z.string(),
    /** By its name in the policy; every provider's when absent. */
    provider: z.string().optional(),
    /** Calls admitted from the first moment up to but not at the second, milliseconds. */
    from: count,
    to: count,
    price: PriceData,
    reason: z.string(),
  }),
});

/** Every principal's calls are costed anew: each that changed has its `CostCorrected`. */
export const PriceCorrectionApplied = z.strictObject({
  type: z.literal("PriceCorrectionApplied"),
  v: z.literal(1),
  data: z.strictObject({
    /** The number of the order in this stream. */
    order: count.min(1),
    /** Those who had calls that changed, and how many. */
    principals: count,
    requests: count,
    /** The sum of those calls before, and after. */
    oldNanos: count,
    newNanos: count,
  }),
});

/**
 * A shard's views were not the fold of its log: its audit of itself found so, or a rebuild did, which
 * mended it. Told at least once.
 */
export const ViewsDiffered = z.strictObject({
  type: z.literal("ViewsDiffered"),
  v: z.literal(1),
  data: z.strictObject({
    shard: z.string().max(200),
    /** When it was found, milliseconds. */
    at: count,
    /** How many events the shard had. */
    events: count,
    /** Rows that only the views or only the fold had; one that differs is two. */
    differences: count.min(1),
    /** The view and the key of the first of them. */
    first: z.string().max(1_000),
  }),
});

/** An admin's command was turned away: refusals are recorded like deeds. */
export const CommandRefused = z.strictObject({
  type: z.literal("CommandRefused"),
  v: z.literal(1),
  data: z.strictObject({ command: z.string(), code: z.string(), message: z.string() }),
});

export const PolicyFact = z.discriminatedUnion("type", [
  OrganisationFounded,
  MemberSet,
  MemberRemoved,
  KeyIssued,
  KeyRevoked,
  PolicyPublished,
  PolicyProposed,
  ProposalWithdrawn,
  PolicyInForce,
  BudgetLimitsEffective,
  ErasureOrdered,
  ErasureCarriedOut,
  PriceCorrectionOrdered,
  PriceCorrectionApplied,
  ViewsDiffered,
  ShadowStarted,
  ShadowStopped,
  SavedViewSet,
  SavedViewDeleted,
  RestoreOrdered,
  RestoreEnded,
  CommandRefused,
]);
/** Any fact of an organisation's policy stream. */
export type PolicyFact = z.infer<typeof PolicyFact>;
