/**
 * One shard of an organisation's ledger: collects streams, keeps the views, feeds live tails.
 *
 * Invariants: a batch is taken wholly or not at all, with its views, in one transaction; a stream
 * is gapless and chained; the views equal the fold of the log; one ledger serves one organisation;
 * no event leaves the log before the archive has it.
 */
import type { Connection } from "#actors/kit/actor.ts";
import type { Env } from "#actors/kit/env.ts";
import type { TakenBack } from "#actors/kit/point-in-time.ts";
import { RestorableActor } from "#actors/kit/restorable-actor.ts";
import type { SealedEvent } from "#events/envelope.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import type {
  AuditPage,
  AuditQuery,
  BudgetSumsAnswer,
  BudgetSumsQuery,
  SumsAnswer,
  SumsQuery,
} from "#projections/queries.ts";
import type { ShadowRow } from "#projections/shadow.ts";
import type { Evidence } from "#projections/verify/evidence.ts";
import type { ActorThen } from "#projections/replay/actor.ts";
import type { ExplainedDecision, PrincipalState } from "#projections/replay/principal.ts";
import { viewsAt } from "#projections/replay/views.ts";
import {
  TAIL_PATH,
  type ArchiveStatus,
  type ExportedViews,
  type IngestCommand,
  type IngestReply,
  type LedgerApi,
  type LedgerFault,
  type RawEventsQuery,
  type RebuildReport,
  type SelfAuditStatus,
} from "./api.ts";
import { Archivist } from "./archivist.ts";
import { budgetSumsOf } from "./budget-query.ts";
import type { EvidenceQuery, ListEvidenceQuery } from "./evidence.ts";
import { Faults } from "./faults.ts";
import { Intake } from "./intake.ts";
import {
  archiveDelayMs,
  archiveRetryMs,
  auditStepMs,
  historyEventsMax,
  principalsMax,
  rawEventsMax,
} from "./limits.ts";
import { Log } from "./log.ts";
import { Meta } from "./meta.ts";
import type { MemberEvidencePage, MemberEvidenceQuery } from "./member-evidence.ts";
import { auditEntry, auditPage } from "./queries.ts";
import { SelfAudit } from "./self-audit.ts";
import { tellerOf } from "./teller.ts";
import { openRetention } from "./open-retention.ts";
import type { Retention } from "./retention.ts";
import { shadowRows } from "./shadow-query.ts";
import { ShardViews } from "./shard-views.ts";
import type { Courier } from "./sinks/courier.ts";
import { openCourier } from "./sinks/open.ts";
import {
  retrySink,
  sinkLetters,
  sinkStatus,
  type SinkLetter,
  type SinkStatus,
} from "./sinks/report.ts";
import type { SinkStore } from "./sinks/store.ts";
import { CountingSql } from "./sql.ts";
import { sumsOf } from "./sums-query.ts";
import type { TailState } from "./tail.ts";
import { Tails } from "./tails.ts";
import { openWitnesses } from "./open-witnesses.ts";
import type { Witnesses } from "./witnesses.ts";
import { streamSplitEvents, type SplitEventsQuery } from "./split-events.ts";
import { streamWhatIf, type WhatIfQuery } from "./what-if.ts";
import { actorIn, explainIn, principalIn, type ActorQuery } from "./past.ts";

export class LedgerActor extends RestorableActor implements LedgerApi {
  readonly #sql: CountingSql;
  readonly #log: Log;
  readonly #faults: Faults;
  readonly #views: ShardViews;
  readonly #intake: Intake;
  readonly #selfAudit: SelfAudit;
  readonly #tails = new Tails(() => this.getConnections<TailState>());
  /** Writes the log to R2. */
  readonly archivist: Archivist;
  /** Carries the log to the policy's sinks. */
  readonly courier: Courier;
  readonly #sinks: SinkStore;
  /** Asks witnesses to cosign. */
  readonly witnesses: Witnesses;
  /** Lets old segments go. */
  readonly retention: Retention;
  #alarmAt = Infinity;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const sql = new CountingSql(ctx.storage.sql);
    const meta = new Meta(sql);
    const log = new Log(sql);
    const faults = new Faults(sql);
    const atomically = <T>(work: () => T): T => ctx.storage.transactionSync(work);
    const shard = ctx.id.name ?? ctx.id.toString();
    const organisation = (): string | undefined => meta.get("organisation");
    this.archivist = new Archivist(sql, log, {
      shard,
      organisation,
      signingKey: env.TALLYGATE_SIGNING_KEY,
      bucket: env.ARCHIVE,
      atomically,
      onConflict: (message) =>
        faults.note({ stream: "", epoch: 0, seq: 0, kind: "mismatch", message }),
      onWritten: () => faults.resolveArchive(),
    });
    const eventsFrom = (pos: number, limit: number) => this.archivist.eventsFrom(pos, limit);
    const archivedFrom = (pos: number, limit: number) => this.archivist.archivedFrom(pos, limit);
    const { base } = this.archivist;
    const sources = { eventsFrom, archivedFrom, base };
    this.#views = new ShardViews({ sql, meta, log, faults, atomically, ...sources });
    const tell = tellerOf(env, shard, organisation);
    this.#selfAudit = new SelfAudit({ meta, log, views: this.#views, faults, tell });
    this.#intake = new Intake({ meta, log, views: this.#views, faults });
    const entry = (id: string) => auditEntry(this.#views.sql, id) ?? undefined;
    const { archivist } = this;
    const sinks = openCourier(env, { shard, sql, log, archivist, organisation, entry });
    this.courier = sinks.courier;
    this.#sinks = sinks.store;
    this.witnesses = openWitnesses(env, { sql, meta, archivist, faults });
    const mine = { shard, sql, meta, archivist, organisation, atomically };
    this.retention = openRetention(env, { ...mine, sinks: sinks.store, views: this.#views });
    this.#sql = sql;
    this.#log = log;
    this.#faults = faults;
    // What the log no longer has is in the archive, which takes time: the alarm sees to it.
    if (!this.#views.isWhole) this.#wakeBy(Date.now());
    void this.#keepAlarm();
  }

  /**
   * Sees to an alarm for what waited while the actor slept. One that is set stays: to set it anew
   * while it wakes the actor would put it off, each time, for ever.
   */
  async #keepAlarm(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) !== null) return;
    if (this.archivist.pending) this.#wakeBy(Date.now() + archiveDelayMs);
    if (this.courier.pending) this.#wakeBy(Date.now() + this.courier.delayMs);
    if (this.#selfAudit.pending) this.#wakeBy(Date.now() + auditStepMs);
    // Old segments go by the calendar, whether or not anybody writes.
    if (this.#log.size > 0) this.#wakeBy(Math.max(this.retention.dueAt, Date.now()));
  }

  /** Rows written since this actor woke: what it costs. */
  get rowsWritten(): number {
    return this.#sql.rowsWritten;
  }

  /** Streams send it again what it lacks. */
  async takeBack(): Promise<TakenBack> {
    return { restoredSeq: this.eventsKept, seq: this.eventsKept };
  }

  protected override get eventsKept(): number {
    return this.#log.size;
  }

  async ingest(command: IngestCommand): Promise<IngestReply> {
    this.refuseIfLeaving();
    const { reply, entries } = this.ctx.storage.transactionSync(() => this.#intake.take(command));
    this.#tails.send(entries);
    if (this.archivist.pending) this.#wakeBy(Date.now() + archiveDelayMs);
    if (reply.outcome === "ok") this.#wakeBy(Date.now() + this.courier.delayMs);
    return reply;
  }

  async principals({ after, limit }: { after: string; limit: number }): Promise<string[]> {
    return this.#log.streams("u_", after, Math.min(Math.max(limit, 1), principalsMax));
  }

  async auditEvents(query: AuditQuery): Promise<AuditPage> {
    return auditPage(this.#views.sql, query);
  }

  async auditEntry(id: string): Promise<AuditEntry | null> {
    return auditEntry(this.#views.sql, id);
  }

  async usage(query: SumsQuery): Promise<SumsAnswer> {
    return sumsOf(this.#views.sql, "usage", query);
  }

  async costs(query: SumsQuery): Promise<SumsAnswer> {
    return sumsOf(this.#views.sql, "costs", query);
  }

  async budgetSums(query: BudgetSumsQuery): Promise<BudgetSumsAnswer> {
    return budgetSumsOf(this.#views.sql, query);
  }

  async shadow(draft: number): Promise<ShadowRow[]> {
    return shadowRows(this.#views.sql, draft);
  }

  async archiveNow(): Promise<ArchiveStatus> {
    while (this.archivist.pending) {
      const next = await this.archivist.run(Date.now());
      if (next > Date.now()) break;
    }
    return this.archiveStatus();
  }

  async archiveStatus(): Promise<ArchiveStatus> {
    const { cosigned } = this.witnesses;
    const trouble = this.retention.trouble ?? this.witnesses.trouble;
    return this.archivist.status({
      ...(trouble === undefined ? {} : { trouble }),
      ...(cosigned === undefined ? {} : { cosigned: [cosigned] }),
    });
  }

  async evidence(query: EvidenceQuery): Promise<Evidence> {
    await this.archiveNow();
    return this.archivist.evidence(query);
  }

  listEvidence(query: ListEvidenceQuery): Promise<Evidence> {
    return this.archivist.listEvidence(query);
  }

  async memberEvidence(query: MemberEvidenceQuery): Promise<MemberEvidencePage> {
    if (query.from.n === 0 && query.from.index === 0) await this.archiveNow();
    return this.archivist.memberEvidence(query);
  }

  explain(query: { stream: string; seq: number }): Promise<ExplainedDecision | null> {
    return explainIn(this.archivist, query);
  }

  principalAt(query: ActorQuery): Promise<PrincipalState> {
    return principalIn(this.archivist, query);
  }

  actorAt(query: ActorQuery): Promise<ActorThen | null> {
    return actorIn(this.archivist, query);
  }

  async viewsAt(at: number): Promise<ExportedViews> {
    const { base } = this.archivist;
    const lines = base.standing === undefined ? undefined : base.lines();
    return viewsAt(this.archivist.everyEvent(), at, lines);
  }

  async whatIf(query: WhatIfQuery): Promise<ReadableStream<Uint8Array>> {
    const { base } = this.archivist;
    const lines = base.standing === undefined ? undefined : base.lines();
    return streamWhatIf(query, this.archivist.everyEvent(), this.#log.size, lines);
  }

  async splitEvents(query: SplitEventsQuery): Promise<ReadableStream<Uint8Array>> {
    const { base } = this.archivist;
    const lines = base.standing === undefined ? undefined : base.lines();
    return streamSplitEvents(query, this.archivist.everyEvent(), lines);
  }

  async exportViews(): Promise<ExportedViews> {
    return { position: this.#log.size, sums: this.#views.rows("sums") };
  }

  override async onAlarm(): Promise<void> {
    this.#alarmAt = Infinity;
    // One bounded part an alarm, so that collecting goes on.
    if (!this.#views.isWhole) this.#wakeBy(await this.#views.catchUp(Date.now()));
    this.#wakeBy(await this.archivist.run(Date.now()));
    if (this.archivist.pending) this.#wakeBy(Date.now() + archiveDelayMs);
    this.#wakeBy(await this.#selfAudit.step(Date.now()));
    this.#wakeBy(await this.witnesses.step(Date.now()).catch(() => Date.now() + archiveRetryMs));
    if (this.#views.isWhole) this.#wakeBy(await this.retention.step(Date.now()));
    // Last, since a slow sink may take its time: everybody else has had theirs. It reads the views.
    if (this.#views.isWhole) this.#wakeBy(await this.courier.run());
  }

  async sinks(): Promise<SinkStatus[]> {
    return sinkStatus(this.#sinks, this.#log.size);
  }

  async sinkLetters(sink: string): Promise<SinkLetter[]> {
    return sinkLetters(this.#sinks, sink, (pos, limit) => this.archivist.eventsFrom(pos, limit));
  }

  async retrySink(sink: string): Promise<number> {
    const marked = retrySink(this.#sinks, sink);
    this.#wakeBy(Date.now());
    return marked;
  }

  async rawEvents(query: RawEventsQuery): Promise<SealedEvent[]> {
    const limit = Math.min(Math.max(query.limit, 1), rawEventsMax);
    return this.#log.read(query.stream, query.from, limit);
  }

  history({ stream, from, limit }: RawEventsQuery): Promise<readonly SealedEvent[]> {
    return this.archivist.historyOf(stream, from, Math.min(Math.max(limit, 1), historyEventsMax));
  }

  async faults(): Promise<LedgerFault[]> {
    return this.#faults.list();
  }

  async selfAudit(): Promise<SelfAuditStatus> {
    return this.#selfAudit.status();
  }

  async rebuildViews(): Promise<RebuildReport> {
    // If the actor dies meanwhile, the alarm goes on.
    this.#wakeBy(Date.now() + auditStepMs);
    const report = await this.#selfAudit.rebuild(Date.now());
    if (this.#selfAudit.pending) this.#wakeBy(Date.now());
    return report;
  }

  protected override accepts(request: Request): boolean {
    const upgrade = request.headers.get("upgrade")?.toLowerCase() === "websocket";
    return upgrade && new URL(request.url).pathname === TAIL_PATH;
  }

  override onConnect(connection: Connection): void {
    this.#tails.open(connection);
  }

  /** A tail only listens. */
  override onMessage(): void {}

  override onClose(connection: Connection): void {
    this.#tails.forget(connection);
  }

  override onError(connection: Connection): void {
    this.#tails.forget(connection);
  }

  #wakeBy(at: number): void {
    if (at >= this.#alarmAt) return;
    this.#alarmAt = at;
    void this.ctx.storage.setAlarm(at);
  }
}
