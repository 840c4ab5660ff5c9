/**
 * The audit view: one row a request, assembled from its events, and one for every act and read.
 *
 * Keyed by request id (UUIDv7), so the primary key is the order of the list and no index is needed.
 */
import { canonicalJson } from "#events/canonical.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import { parseJson } from "#events/parse-json.ts";
import type { AttemptData, FindingData, UserFact } from "#events/user-events.ts";
import { idOfEvent, dlpResult, type AuditAttempt, type AuditEntry } from "./audit-entry.ts";
import { actOf } from "./audit-acts.ts";
import { guardBlocked } from "./blocked.ts";
import { countedIn } from "./budgets.ts";
import { addFeedback } from "./audit-feedback.ts";
import type { Change, Projection, Table } from "./projection.ts";

type DataOf<T extends UserFact["type"]> = Extract<UserFact, { type: T }>["data"];

/** What an event adds to an entry. */
export interface AuditPatch {
  /** The entry's beginning, where there is none yet. */
  base: Pick<AuditEntry, "id" | "kind" | "at" | "user" | "action" | "outcome">;
  /** Fields that the event settles. */
  set: { [K in keyof AuditEntry]?: AuditEntry[K] | undefined };
  findings: readonly FindingData[];
  /** What somebody said of the answer, and when. */
  feedback?: { given: DataOf<"FeedbackGiven">; at: number } | undefined;
  source: { stream: string; epoch: number; seq: number };
}

const text = (name: string, optional = true) => ({ name, type: "TEXT" as const, optional });

export const auditTable: Table<AuditEntry, AuditPatch> = {
  name: "audit",
  key: ["id"],
  // The columns that filters use come first; the entry itself is last, as it may overflow a page.
  columns: [
    text("id", false),
    { name: "at", type: "INTEGER" },
    text("user", false),
    text("team"),
    text("modelAsked"),
    text("modelServed"),
    text("provider"),
    text("action", false),
    text("resource"),
    text("dlp", false),
    text("outcome", false),
    text("code"),
    text("route"),
    text("keyId"),
    text("tags"),
    { name: "costNanos", type: "INTEGER", optional: true },
    { name: "latencyMs", type: "INTEGER", optional: true },
    text("entry", false),
  ],
  fromRow: (row) => parseJson(String(row["entry"])) as AuditEntry,
  toRow: (entry) => ({
    id: entry.id,
    at: entry.at,
    user: entry.user,
    team: entry.team ?? null,
    modelAsked: entry.modelAsked ?? null,
    modelServed: entry.modelServed ?? null,
    provider: entry.provider ?? null,
    action: entry.action,
    resource: entry.resource ?? null,
    dlp: entry.dlp,
    outcome: entry.outcome,
    code: entry.code ?? null,
    route: entry.route ?? null,
    keyId: entry.keyId ?? null,
    tags: entry.tags === undefined ? null : canonicalJson(entry.tags),
    costNanos: entry.costNanos ?? null,
    latencyMs: entry.latencyMs ?? null,
    entry: canonicalJson(entry),
  }),
  combine: combineEntry,
};

function combineEntry(entry: AuditEntry | undefined, patch: AuditPatch): AuditEntry {
  const { stream, epoch, seq } = patch.source;
  const before = entry ?? {
    ...patch.base,
    dlp: "none" as const,
    findings: [],
    source: { stream, epoch, seqs: [] },
  };
  const findings = [...before.findings, ...patch.findings];
  const after: Record<string, unknown> = { ...before };
  for (const [field, value] of Object.entries(patch.set)) {
    if (value !== undefined) after[field] = value;
  }
  if (patch.feedback !== undefined) {
    const { given, at } = patch.feedback;
    after["feedback"] = addFeedback(before.feedback, given, at);
  }
  after["findings"] = findings;
  after["dlp"] = dlpResult(findings);
  after["source"] = { ...before.source, seqs: [...before.source.seqs, seq] };
  return after as unknown as AuditEntry;
}

/** The request an event belongs to; `undefined` for those that belong to none. */
export function requestIdOf(event: EventEnvelope): string | undefined {
  const id = (event.data as { requestId?: unknown }).requestId;
  return typeof id === "string" ? id : undefined;
}

type Draft = Partial<Omit<AuditPatch, "base" | "source">> & { base?: Partial<AuditPatch["base"]> };

/** Credit that moves between a budget and its users is bookkeeping: in the log, not in the list. */
type Told = Exclude<
  UserFact["type"],
  | "LeaseGranted"
  | "LeaseOpened"
  | "LeaseReturned"
  | "LeaseDenied"
  | "RateLeased"
  | "RateDenied"
  | "RulePastCounted"
  | "RulePastAwaited"
>;

const handlers: { [T in Told]: (data: DataOf<T>, event: EventEnvelope) => Draft } = {
  RequestAdmitted: (data, event) =>
    asked(data, event, { outcome: "admitted", budgets: countedIn(data) }),
  RequestRefused: (data, event) =>
    asked(data, event, { outcome: "refused", code: data.code, by: data.by }),
  RefusalsCounted: (data) => ({
    base: { kind: "refusals", user: data.member, action: "requests.refused", outcome: "refused" },
    set: {
      code: data.code,
      by: data.by,
      count: data.count,
      metadata: {
        firstAt: data.firstAt,
        lastAt: data.lastAt,
        sampleRequestIds: data.sampleRequestIds.join(" "),
      },
    },
  }),
  RequestSettled: settled,
  RequestReleased: (data) => ({ set: { outcome: "released", code: data.reason, costNanos: 0 } }),
  HoldExtended: () => ({}),
  HoldExpired: (data) => ({ set: { outcome: "expired", costNanos: data.chargedNanos } }),
  ExpiryCorrected: (data) => {
    const draft = settled(data);
    return { ...draft, set: { ...draft.set, refundNanos: data.refundNanos } };
  },
  PayloadLost: (data) => ({ set: { payloadLost: data.reason } }),
  CostCorrected: ({ newNanos: costNanos, bookedNanos, order: correction }) => ({
    set: { costNanos, bookedNanos, correction },
  }),
  SubjectErased: (data) => ({
    base: { kind: "act", action: "subject.erased", outcome: "completed" },
    set: { resource: data.keyId, metadata: { order: data.order } },
  }),
  FeedbackGiven: (given, { at }) => ({ feedback: { given, at } }),
  SettlementOrphaned: (data) => ({
    base: { outcome: "orphaned" },
    set: { metadata: { orphanCostNanos: data.costNanos } },
  }),
  ThresholdCrossed: (data) => ({
    base: { kind: "act", action: "budget.threshold", outcome: "completed" },
    set: {
      resource: data.budget,
      metadata: {
        scope: data.scope,
        periodKey: data.periodKey,
        threshold: data.threshold,
        spentNanos: data.spentNanos,
        limitNanos: data.limitNanos,
      },
    },
  }),
  KeyFenced: (data) => ({
    base: { kind: "act", action: "key.fenced", outcome: "completed" },
    set: { resource: data.keyId },
  }),
  AccessRecorded: (data) => ({
    base: { kind: "access", user: data.member, action: data.action, outcome: "completed" },
    set: { resource: data.resource, ip: data.ip, userAgent: data.userAgent },
  }),
};

function asked(
  data: DataOf<"RequestAdmitted"> | DataOf<"RequestRefused">,
  event: EventEnvelope,
  set: AuditPatch["set"],
): Draft {
  const { keyId, team, tier, tags, action, resource, metadata, dialect, ip } = data;
  const { userAgent, guard, policyVersion, policyHash, priceBook, promptHash, shadow } = data;
  const { unsearched } = data;
  const who = { user: data.member, keyId, team, tier, tags, ip, userAgent };
  const what = {
    action,
    resource,
    metadata,
    dialect,
    modelAsked: data.model,
    route: data.route?.name,
  };
  const rules = { policyVersion, policyHash, priceBook, promptHash, guard, unsearched, shadow };
  return {
    findings: data.findings,
    set: { at: event.at, streaming: data.stream, ...who, ...what, ...rules, ...set },
  };
}

function attemptOf(attempt: AttemptData): AuditAttempt {
  const { provider, model, credential, status, code, latencyMs, costNanos, role } = attempt;
  const shown: AuditAttempt = { provider, model, status, latencyMs, costNanos };
  if (credential !== undefined) shown.credential = credential;
  if (code !== undefined) shown.code = code;
  if (role !== undefined) shown.role = role;
  return shown;
}

function settled(data: DataOf<"RequestSettled">): Draft {
  const { outcome, provider, usage, costNanos, estimated, cache, finish, answerHash } = data;
  const { status, latencyMs, firstByteMs, savedNanos, payload, guard } = data;
  const why = guardBlocked(data) ? { code: "guard_blocked", by: "prompt-guard" } : {};
  const ended = {
    payload,
    tokens: data.tokens,
    shadowAnswer: data.shadow,
    outcome,
    status,
    finish,
    cache,
    answerHash,
    savedNanos,
    latencyMs,
    firstByteMs,
    guard,
    ...why,
  };
  const answer = { provider, modelServed: data.servedModel, costNanos, estimated };
  const tokens = {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cachedTokens: usage.cachedReadTokens ?? 0,
  };
  return {
    findings: data.findings,
    set: { ...answer, ...ended, ...tokens, attempts: data.attempts.map(attemptOf) },
  };
}

function fold(event: EventEnvelope): readonly Change[] {
  const known = Object.hasOwn(handlers, event.type);
  const handler = handlers[event.type as Told] as (data: object, event: EventEnvelope) => Draft;
  const draft: Draft | undefined = known ? handler(event.data, event) : actOf(event);
  if (draft === undefined) return [];
  const id = requestIdOf(event) ?? idOfEvent(event.at, event.hash);
  const patch: AuditPatch = {
    base: {
      id,
      kind: "request",
      at: event.at,
      user: event.cause.member ?? "",
      action: "",
      outcome: "admitted",
      ...draft.base,
    },
    set: draft.set ?? {},
    findings: draft.findings ?? [],
    ...(draft.feedback === undefined ? {} : { feedback: draft.feedback }),
    source: { stream: event.stream, epoch: event.epoch, seq: event.seq },
  };
  return [{ table: auditTable.name, key: [id], patch }];
}

/** What happened, one line each. */
export const audit: Projection = { name: "audit", version: 4, tables: [auditTable], fold };
