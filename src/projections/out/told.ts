/**
 * What of an event leaves the gateway: a list of fields by type. What is not listed is not told.
 *
 * Invariants: no secret, hash of a secret or rule text is listed; a field that may be personal goes
 * out only as the sink's `tell` says, members else under their pseudonyms.
 */
import type { EventEnvelope } from "#events/envelope.ts";
import type { Sink, Topic } from "#policy/sinks.ts";
import { memberOfScope } from "#policy/split.ts";
import { topicsOf } from "./topics.ts";

/**
 * `plain` goes out as it is, `member` under a pseudonym, as does whose budget a `scope` or a `lease` is
 * of; the rest with `tell` only.
 */
type Kind = "plain" | "member" | "scope" | "lease" | "members" | "addresses" | "metadata";

/** What a sink may be told in clear, and the names that members have outside. */
export interface Telling {
  tell: Sink["tell"];
  readonly pseudonym: (member: string) => string;
}

/** An event as it goes out. */
export interface ToldEvent {
  /** Stream, epoch and number: the same however often it is sent. */
  id: string;
  time: string;
  type: string;
  v: number;
  topics: readonly Topic[];
  organisation: string;
  stream: string;
  epoch: number;
  seq: number;
  /** That of the recorded event, by which it is found in the archive. */
  hash: string;
  /** Who caused it; absent for the system. */
  member?: string;
  keyId?: string;
  data: Record<string, unknown>;
}

function fields(
  plain: string,
  rest: Partial<Record<Exclude<Kind, "plain">, string>> = {},
): ReadonlyMap<string, Kind> {
  return new Map(
    Object.entries({ plain, ...rest }).flatMap(([kind, names]) =>
      names.split(" ").map((name) => [name, kind as Kind] as const),
    ),
  );
}

const asked =
  "requestId keyId team tier ownTier action dialect model stream policyVersion policyHash priceBook findings guard unsearched chain route bound accounting deadlineAt left over";
const person = {
  member: "member",
  addresses: "ip userAgent",
  metadata: "resource metadata tags session",
};
const ended =
  "requestId outcome attempts provider servedModel usage costNanos estimated overrunNanos cache savedNanos finish findings guard status latencyMs firstByteMs";
const threshold = "budget period periodKey threshold spentNanos limitNanos";
const credit = "grantedNanos returnedNanos recall";
const lease = { lease: "lease" };
const node = { scope: "scope" };

const TOLD: Record<string, ReadonlyMap<string, Kind>> = {
  RequestAdmitted: fields(asked, person),
  RequestRefused: fields(`${asked} code by retryAt given`, person),
  RefusalsCounted: fields("code by count firstAt lastAt sampleRequestIds", { member: "member" }),
  RequestSettled: fields(ended),
  RequestReleased: fields("requestId reason"),
  HoldExtended: fields("requestId deadlineAt costNanos"),
  HoldExpired: fields("requestId chargedNanos"),
  ExpiryCorrected: fields(`${ended} refundNanos`),
  CostCorrected: fields(
    "order requestId settlement team keyId route admittedAt bookedNanos oldNanos newNanos parts",
    { member: "member", metadata: "tags" },
  ),
  SubjectErased: fields("order keyId former"),
  SettlementOrphaned: fields("requestId costNanos"),
  ThresholdCrossed: fields(threshold, { members: "scope" }),
  BudgetThresholdCrossed: fields(threshold, lease),
  LeaseGranted: fields(`${credit} freeNanos parentFreeNanos`, lease),
  LeaseOpened: fields(
    "version startsAt parent usedNanos heldNanos bySlice below prepaidNanos recalled since open before",
    lease,
  ),
  LeaseReturned: fields(credit, lease),
  LeaseDenied: fields("reason by untilAt", lease),
  BudgetLimitSet: fields("budget version limitNanos thresholds parent since", node),
  BudgetLimitEffective: fields("budget version limitNanos", node),
  CreditGranted: fields(`${credit} child sizeNanos seq`, lease),
  CreditReturned: fields(`${credit} child usedNanos heldNanos pastNanos prepaid`, lease),
  RecallBegan: fields("recall parentRecall", lease),
  NodeLeaseGranted: fields(`${credit} freeNanos`, lease),
  NodeLeaseReturned: fields(credit, lease),
  NodeLeaseOpened: fields("parent pastNanos", lease),
  BudgetPastCounted: fields("budget version since", { ...node, ...lease }),
  RateLeased: fields("version seq allowed untilAt free"),
  RateDenied: fields("reason untilAt retryAt"),
  RatePermitted: fields("version child seq booked allowed untilAt size"),
  PayloadLost: fields("requestId", { metadata: "reason" }),
  RulePastCounted: fields("version settledNanos heldNanos open complete"),
  RulePastAwaited: fields("version events"),
  KeyFenced: fields("keyId"),
  FeedbackGiven: fields("requestId feedback score", { member: "member", metadata: "metadata" }),
  AccessRecorded: fields("requestId action", {
    member: "member",
    addresses: "ip userAgent",
    metadata: "resource",
  }),
  OrganisationFounded: fields("organisation ledgerShards"),
  MemberSet: fields("role tier team", { member: "id", members: "name", metadata: "tags" }),
  MemberRemoved: fields("", { member: "id" }),
  KeyIssued: fields("keyId expiresAt", { member: "member", metadata: "label" }),
  KeyRevoked: fields("keyId", { metadata: "reason" }),
  PolicyPublished: fields("version hash restores proposal", {
    member: "proposedBy",
    metadata: "comment",
  }),
  PolicyProposed: fields("base hash restores", { member: "member", metadata: "comment" }),
  ProposalWithdrawn: fields("proposal", { metadata: "reason" }),
  PolicyInForce: fields("version"),
  BudgetLimitsEffective: fields("version budgets rates"),
  ErasureOrdered: fields("", { member: "member", metadata: "reason" }),
  ErasureCarriedOut: fields("order stream event seq at keyId", { member: "member" }),
  PriceCorrectionOrdered: fields("model provider from to price", { metadata: "reason" }),
  PriceCorrectionApplied: fields("order principals requests oldNanos newNanos"),
  ShadowStarted: fields("base hash", { member: "member", metadata: "comment" }),
  ShadowStopped: fields("draft", { metadata: "reason" }),
  SavedViewSet: fields("lastMs", { member: "member", metadata: "name filter" }),
  SavedViewDeleted: fields("", { member: "member", metadata: "name" }),
  RestoreOrdered: fields("stream to bookmark loseUncollected", {
    member: "member",
    members: "actor",
    metadata: "reason",
  }),
  RestoreEnded: fields("order outcome code bookmark undo beforeSeq restoredSeq seq", {
    members: "actor",
  }),
  ViewsDiffered: fields("shard at events differences", { metadata: "first" }),
  CommandRefused: fields("command code", { metadata: "message" }),
  StreamForked: fields("restored ledger own carried"),
};

const NOTHING: ReadonlyMap<string, Kind> = new Map();

/** An event as a sink is told it. */
export function tellEvent(event: EventEnvelope, telling: Telling): ToldEvent {
  const { stream, epoch, seq, type, v, organisation, hash } = event;
  const { member, keyId } = event.cause;
  const listed = Object.hasOwn(TOLD, type) ? (TOLD[type] ?? NOTHING) : NOTHING;
  const data: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(event.data as Record<string, unknown>)) {
    const kind = listed.get(name);
    const shown = kind && toldAs(kind, value, telling);
    if (shown !== undefined) data[name] = shown;
  }
  return {
    id: `${stream}/${epoch}/${seq}`,
    time: new Date(event.at).toISOString(),
    type,
    v,
    topics: topicsOf(event),
    organisation,
    stream,
    epoch,
    seq,
    hash,
    ...(member === undefined ? {} : { member: nameOf(member, telling) }),
    ...(keyId === undefined ? {} : { keyId }),
    data,
  };
}

/** A field as a sink is told it; undefined for one that it is not told. */
function toldAs(kind: Kind, value: unknown, telling: Telling): unknown {
  if (kind === "plain") return value;
  if (kind === "member") return typeof value === "string" ? nameOf(value, telling) : undefined;
  if (kind === "scope") return typeof value === "string" ? scopeOf(value, telling) : undefined;
  if (kind === "lease") {
    const ref = value as { scope?: unknown };
    return { ...ref, scope: scopeOf(String(ref.scope), telling) };
  }
  return telling.tell.includes(kind) ? value : undefined;
}

/** Whose budget it is: of a member of several actors no more than who that is. */
function scopeOf(scope: string, telling: Telling): string {
  const member = memberOfScope(scope);
  if (member === undefined || telling.tell.includes("members")) return scope;
  return `member:${nameOf(member, telling)}`;
}

/** A member as a sink knows them. */
export function nameOf(member: string, { tell, pseudonym }: Telling): string {
  return tell.includes("members") ? member : pseudonym(member);
}
