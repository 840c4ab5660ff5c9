/** The RPC surface of a LedgerActor: collects streams, answers questions about them. */
import type { RestorableApi } from "#actors/kit/point-in-time.ts";
import type { Head, SealedEvent } from "#events/envelope.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import type { ShadowRow } from "#projections/shadow.ts";
import type { Evidence } from "#projections/verify/evidence.ts";
import type { EvidenceQuery, ListEvidenceQuery } from "./evidence.ts";
import type { MemberEvidencePage, MemberEvidenceQuery } from "./member-evidence.ts";
import type { SinkLetter, SinkStatus } from "./sinks/report.ts";
import type { SplitEventsQuery } from "./split-events.ts";
import type { WhatIfQuery } from "./what-if.ts";
import type { ActorThen } from "#projections/replay/actor.ts";
import type { ExplainedDecision, PrincipalState, Until } from "#projections/replay/principal.ts";
import type {
  AuditPage,
  AuditQuery,
  BudgetSumsAnswer,
  BudgetSumsQuery,
  SumsAnswer,
  SumsQuery,
} from "#projections/queries.ts";

/** A run of one stream, in order. */
export interface IngestCommand {
  organisation: string;
  stream: string;
  epoch: number;
  events: readonly SealedEvent[];
}

/**
 * `ok` with the ledger's head, which is behind an actor's or, when that was restored, ahead of it;
 * `need` names the next event the ledger lacks; `fork`: the event is not the one that it has.
 */
export type IngestReply =
  | { outcome: "ok"; head: Head }
  | { outcome: "need"; seq: number }
  | { outcome: "fork"; seq: number; message: string };

/** The RPC surface that other actors use. */
export interface LedgerIngestApi extends RestorableApi {
  ingest(command: IngestCommand): Promise<IngestReply>;
  /** The streams of principals after a name, in order. */
  principals(query: { after: string; limit: number }): Promise<string[]>;
  /** A stream's events from a number on, of every epoch, wherever they are: for who was restored. */
  history(query: RawEventsQuery): Promise<readonly SealedEvent[]>;
}

/** Asks for a stream's events as they were sealed. */
export interface RawEventsQuery {
  stream: string;
  /** The first event's number. */
  from: number;
  limit: number;
}

/** Something that needs a human: a stream that does not fit its history, an event no view can read. */
export interface LedgerFault {
  stream: string;
  epoch: number;
  seq: number;
  kind: "fork" | "malformed" | "mismatch";
  message: string;
  /** When it was first seen, milliseconds. */
  at: number;
}

/** What a rebuild found: `differences` counts the rows that only the old or the new views had. */
export interface RebuildReport {
  events: number;
  differences: number;
  /** View and key of the first of them. */
  first?: string;
}

/** How the shard's audits of itself went. */
export interface SelfAuditStatus {
  /** The last that ended, when, and what it found. */
  last?: { at: number; events: number; differences: number; first?: string | undefined };
  /** The one that is under way. */
  running?: { events: number; of: number };
  nextAt?: number;
  /** Views of a newer version are being folded: nobody reads them meanwhile. */
  rebuilding?: true;
  /** Why it does not go on, when that is so. */
  trouble?: string;
}

/** How far the archive is. */
export interface ArchiveStatus {
  /** Segments that are kept, and events in them. */
  segments: number;
  archived: number;
  /** Events that the shard has taken. */
  events: number;
  /** Where retention let segments go: the base that stands for them, and until when they were. */
  first?: number;
  since?: number;
  /** Every base that there is, by the number of segments that it stands for. */
  bases?: number[];
  /** The segment whose checkpoint witnesses cosigned last. */
  cosigned?: number[];
  /** Why nothing is written, when that is so. */
  trouble?: string;
}

/** A shard's sums by hour as they were when the log had `position` events: every row, in order. */
export interface ExportedViews {
  position: number;
  sums: Record<string, string | number | null>[];
}

/** What the edge asks on behalf of auditors, admins and members. All answers are bounded. */
export interface LedgerQueryApi {
  auditEvents(query: AuditQuery): Promise<AuditPage>;
  auditEntry(id: string): Promise<AuditEntry | null>;
  usage(query: SumsQuery): Promise<SumsAnswer>;
  costs(query: SumsQuery): Promise<SumsAnswer>;
  budgetSums(query: BudgetSumsQuery): Promise<BudgetSumsAnswer>;
  /** What a draft in the shadow would have changed, by rule and member. */
  shadow(draft: number): Promise<ShadowRow[]>;
  rawEvents(query: RawEventsQuery): Promise<SealedEvent[]>;
  faults(): Promise<LedgerFault[]>;
  /** Folds the whole log into fresh tables, compares them with the live ones, swaps. */
  rebuildViews(): Promise<RebuildReport>;
  selfAudit(): Promise<SelfAuditStatus>;
  /** Archives what waits, now; answers where that stands. */
  archiveNow(): Promise<ArchiveStatus>;
  archiveStatus(): Promise<ArchiveStatus>;
  /** Events with their proofs; those that the archive does not have yet are left out. */
  evidence(query: EvidenceQuery): Promise<Evidence>;
  /** The same for several entries; what waits is not archived first. */
  listEvidence(query: ListEvidenceQuery): Promise<Evidence>;
  /** A bounded part of what a stream has, with proofs; what waits is archived before the first. */
  memberEvidence(query: MemberEvidenceQuery): Promise<MemberEvidencePage>;
  /** A recorded decision, made again from the events before it; null when it is none. */
  explain(query: { stream: string; seq: number }): Promise<ExplainedDecision | null>;
  /** A principal as they were. */
  principalAt(query: { stream: string; until: Until }): Promise<PrincipalState>;
  /** A shared budget, a shared rate's counter or the policy as it was; null for another stream. */
  actorAt(query: { stream: string; until: Until }): Promise<ActorThen | null>;
  /** The sums as they were at a moment (milliseconds, inclusive), folded anew. */
  viewsAt(at: number): Promise<ExportedViews>;
  /** Recorded requests under a draft: lines of JSON, `WhatIfFrame` each. Cancelled by not reading on. */
  whatIf(query: WhatIfQuery): Promise<ReadableStream<Uint8Array>>;
  /** What the streams of split members recorded, in the order of time: lines, `SplitFrame` each. */
  splitEvents(query: SplitEventsQuery): Promise<ReadableStream<Uint8Array>>;
  /** The sums as of this moment. */
  exportViews(): Promise<ExportedViews>;
  /** How far each sink is. */
  sinks(): Promise<SinkStatus[]>;
  /** The oldest events that a sink refused. */
  sinkLetters(sink: string): Promise<SinkLetter[]>;
  /** Sends a sink what it refused once more, and tries it now; says how many events. */
  retrySink(sink: string): Promise<number>;
}

/** All of it. */
export interface LedgerApi extends LedgerIngestApi, LedgerQueryApi {}

/** Where a live tail connects, and the query parameter that carries its filter as JSON. */
export const TAIL_PATH = "/tail";
export const TAIL_FILTER_PARAM = "filter";
