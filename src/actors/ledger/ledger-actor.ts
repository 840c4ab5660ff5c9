/**
 * One shard of an organisation's ledger: collects streams, keeps the views, feeds live tails.
 *
 * Invariants: a batch is taken wholly or not at all, with its views, in one transaction; a stream
 * is gapless and chained; the views equal the fold of the log; one ledger serves one organisation;
 * no event leaves the log before the archive has it.
 */
import { Actor, type Connection } from "#actors/kit/actor.ts";
import type { Env } from "#actors/kit/env.ts";
import { unseal, type EventEnvelope, type SealedEvent } from "#events/envelope.ts";
import { upcast } from "#events/upcast.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { costColumns } from "#projections/cost.ts";
import { requestIdsOf, viewsVersion, type Workbench } from "#projections/fold-batch.ts";
import type { AuditPage, AuditQuery, SumsAnswer, SumsQuery } from "#projections/queries.ts";
import type { Evidence } from "#projections/verify/evidence.ts";
import {
  explainDecision,
  stateUntil,
  type ExplainedDecision,
  type PrincipalState,
  type Until,
} from "#projections/replay/principal.ts";
import { viewsAt } from "#projections/replay/views.ts";
import { usageColumns } from "#projections/usage.ts";
import {
  TAIL_FILTER_PARAM,
  TAIL_PATH,
  type ArchiveStatus,
  type ExportedViews,
  type IngestCommand,
  type IngestReply,
  type LedgerApi,
  type LedgerFault,
  type RawEventsQuery,
  type RebuildReport,
} from "./api.ts";
import { Archivist } from "./archivist.ts";
import type { EvidenceQuery } from "./evidence.ts";
import { Faults } from "./faults.ts";
import { planIngest } from "./ingest.ts";
import { archiveDelayMs, rawEventsMax, rebuildEventsMax, tailsMax } from "./limits.ts";
import { Log } from "./log.ts";
import { auditEntry, auditPage, sumsOf } from "./queries.ts";
import { CountingSql } from "./sql.ts";
import { parseTailFilter, TailPace, type TailState } from "./tail.ts";
import { Views } from "./views.ts";
import { streamWhatIf, type WhatIfQuery } from "./what-if.ts";

const META =
  "CREATE TABLE IF NOT EXISTS meta (k TEXT PRIMARY KEY, v TEXT NOT NULL) STRICT, WITHOUT ROWID";

export class LedgerActor extends Actor implements LedgerApi {
  readonly #sql: CountingSql;
  readonly #log: Log;
  readonly #views: Views;
  readonly #faults: Faults;
  readonly #pace = new TailPace();
  /** Writes the log to R2. */
  readonly archivist: Archivist;
  #alarmAt = Infinity;
  /** False while views of a newer version wait to be folded from the archive. */
  #viewsAreWhole = true;
  #rebuilding: Promise<RebuildReport> | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = new CountingSql(ctx.storage.sql);
    this.#sql.run(META);
    this.#log = new Log(this.#sql);
    this.#faults = new Faults(this.#sql);
    this.archivist = new Archivist(this.#sql, this.#log, {
      shard: ctx.id.name ?? ctx.id.toString(),
      organisation: () => this.#meta("organisation"),
      signingKey: env.TALLYGATE_SIGNING_KEY,
      bucket: env.ARCHIVE,
      atomically: (work) => ctx.storage.transactionSync(work),
      onConflict: (message) => this.#fault("", 0, 0, "mismatch", message),
    });
    const stale = this.#meta("views") !== viewsVersion;
    // Tables of an older version may have another shape, so they go before the new ones are made.
    if (stale) ctx.storage.transactionSync(() => this.#discardViews());
    this.#views = new Views(this.#sql);
    if (stale && this.#log.completeFrom > 0) {
      // What the log no longer has is in the archive, which takes time: the alarm sees to it.
      this.#viewsAreWhole = false;
      this.#wakeBy(Date.now());
    } else if (stale) {
      ctx.storage.transactionSync(() => {
        this.#foldLog(this.#views, 0);
        this.#setMeta("views", viewsVersion);
      });
    }
    if (this.archivist.pending) this.#wakeBy(Date.now() + archiveDelayMs);
  }

  /** Rows written since this actor woke: what it costs. */
  get rowsWritten(): number {
    return this.#sql.rowsWritten;
  }

  async ingest(command: IngestCommand): Promise<IngestReply> {
    const { reply, entries } = this.ctx.storage.transactionSync(() => this.#take(command));
    this.#sendToTails(entries);
    if (this.archivist.pending) this.#wakeBy(Date.now() + archiveDelayMs);
    return reply;
  }

  async auditEvents(query: AuditQuery): Promise<AuditPage> {
    return auditPage(this.#viewsSql(), query);
  }

  async auditEntry(id: string): Promise<AuditEntry | null> {
    return auditEntry(this.#viewsSql(), id);
  }

  async usage(query: SumsQuery): Promise<SumsAnswer> {
    return sumsOf(this.#viewsSql(), "usage", usageColumns, query);
  }

  async costs(query: SumsQuery): Promise<SumsAnswer> {
    return sumsOf(this.#viewsSql(), "cost", costColumns, query);
  }

  async archiveNow(): Promise<ArchiveStatus> {
    while (this.archivist.pending) {
      const next = await this.archivist.run(Date.now());
      if (next > Date.now()) break;
    }
    return this.archivist.status();
  }

  async archiveStatus(): Promise<ArchiveStatus> {
    return this.archivist.status();
  }

  async evidence(query: EvidenceQuery): Promise<Evidence> {
    await this.archiveNow();
    return this.archivist.evidence(query);
  }

  async explain({
    stream,
    seq,
  }: {
    stream: string;
    seq: number;
  }): Promise<ExplainedDecision | null> {
    return (await explainDecision(this.archivist.eventsOf(stream), seq)) ?? null;
  }

  async principalAt({ stream, until }: { stream: string; until: Until }): Promise<PrincipalState> {
    return stateUntil(this.archivist.eventsOf(stream), until);
  }

  async viewsAt(at: number): Promise<ExportedViews> {
    return viewsAt(this.archivist.everyEvent(), at);
  }

  async whatIf(query: WhatIfQuery): Promise<ReadableStream<Uint8Array>> {
    return streamWhatIf(query, this.archivist.everyEvent(), this.#log.size);
  }

  async exportViews(): Promise<ExportedViews> {
    this.#viewsSql();
    const [cost, usage] = ["cost", "usage"].map((name) => this.#views.rows(name));
    return { position: this.#log.size, cost: [...(cost ?? [])], usage: [...(usage ?? [])] };
  }

  override async onAlarm(): Promise<void> {
    this.#alarmAt = Infinity;
    if (!this.#viewsAreWhole) await this.rebuildViews();
    this.#wakeBy(await this.archivist.run(Date.now()));
    if (this.archivist.pending) this.#wakeBy(Date.now() + archiveDelayMs);
  }

  async rawEvents(query: RawEventsQuery): Promise<SealedEvent[]> {
    const limit = Math.min(Math.max(query.limit, 1), rawEventsMax);
    return this.#log.read(query.stream, query.from, limit);
  }

  async faults(): Promise<LedgerFault[]> {
    return this.#faults.list();
  }

  rebuildViews(): Promise<RebuildReport> {
    this.#rebuilding ??= this.#rebuild().finally(() => (this.#rebuilding = undefined));
    return this.#rebuilding;
  }

  async #rebuild(): Promise<RebuildReport> {
    new Views(this.#sql, "_next").drop();
    const fresh = new Views(this.#sql, "_next");
    // What was trimmed comes from the archive, while live views go on; the rest in one transaction.
    const from = this.#log.completeFrom;
    let archived = 0;
    for await (const events of this.archivist.eventsBefore(from)) {
      this.ctx.storage.transactionSync(() => this.#foldInto(fresh, events));
      archived += events.length;
    }
    // Trimming went on meanwhile: then the archive has more than was read of it.
    if (this.#log.completeFrom > from) return this.#rebuild();
    return this.ctx.storage.transactionSync(() => {
      const events = archived + this.#foldLog(fresh, from);
      const differences = this.#viewsAreWhole ? this.#views.differences(fresh) : 0;
      if (differences > 0) {
        this.#fault("", 0, 0, "mismatch", `${differences} rows differed from the fold of the log`);
      }
      this.#views.replaceWith(fresh);
      this.#setMeta("views", viewsVersion);
      this.#viewsAreWhole = true;
      return { events, differences };
    });
  }

  protected override accepts(request: Request): boolean {
    const upgrade = request.headers.get("upgrade")?.toLowerCase() === "websocket";
    return upgrade && new URL(request.url).pathname === TAIL_PATH;
  }

  override onConnect(connection: Connection): void {
    const query = new URL(connection.uri ?? "https://ledger/").searchParams;
    const filter = parseTailFilter(query.get(TAIL_FILTER_PARAM));
    if (filter === undefined) return connection.close(1008, "not a filter");
    if ([...this.getConnections()].length > tailsMax) {
      return connection.close(1013, "too many live tails; try again later");
    }
    connection.setState({ filter } satisfies TailState);
  }

  /** A tail only listens. */
  override onMessage(): void {}

  override onClose(connection: Connection): void {
    this.#pace.forget(connection.id);
  }

  override onError(connection: Connection): void {
    this.#pace.forget(connection.id);
  }

  /** The body of `ingest`; runs in its transaction. */
  #take(command: IngestCommand): { reply: IngestReply; entries: AuditEntry[] } {
    const { organisation, stream, epoch } = command;
    const head = this.#log.head(stream);
    const owner = this.#meta("organisation");
    if (owner !== undefined && owner !== organisation) {
      return this.#refuse(command, head.seq + 1, "this ledger belongs to another organisation");
    }
    const plan = planIngest(command, {
      head,
      hashes: (from, to) =>
        new Map(this.#log.read(stream, from, to - from + 1).map(({ seq, hash }) => [seq, hash])),
    });
    if (plan.outcome === "fork") return this.#refuse(command, plan.seq, plan.message);
    if (plan.outcome === "need") return { reply: plan, entries: [] };
    const last = plan.events.at(-1);
    if (last === undefined) return { reply: { outcome: "ok", head }, entries: [] };
    if (owner === undefined) this.#setMeta("organisation", organisation);
    this.#log.append(stream, epoch, plan.sealed);
    const workbench = this.#views.workbench(requestIdsOf(plan.events));
    for (const event of plan.events) this.#fold(workbench, event);
    this.#views.write(workbench);
    const reply = { outcome: "ok" as const, head: { epoch, seq: last.seq, hash: last.hash } };
    return { reply, entries: workbench.entries() };
  }

  #refuse(command: IngestCommand, seq: number, message: string) {
    this.#fault(command.stream, command.epoch, seq, "fork", message);
    return { reply: { outcome: "fork" as const, seq, message }, entries: [] };
  }

  /** Folds one event; one that no view can read is parked as a fault, and the others go on. */
  #fold(workbench: Workbench, event: EventEnvelope): void {
    const read = upcast(event);
    const { stream, epoch, seq } = read.event;
    if (read.kind === "malformed") this.#fault(stream, epoch, seq, "malformed", read.message);
    if (read.kind !== "known") return;
    try {
      workbench.apply(read.event);
    } catch (error) {
      const message = error instanceof Error ? error.message : "a fold failed";
      this.#fault(stream, epoch, seq, "malformed", message);
    }
  }

  /** Folds what the log has from a position on; bounded memory. */
  #foldLog(views: Views, from: number): number {
    let events = 0;
    let pending: EventEnvelope[] = [];
    for (const run of this.#log.runs(from)) {
      for (const sealed of run.events) pending.push(unseal(sealed));
      events += run.events.length;
      if (pending.length < rebuildEventsMax) continue;
      this.#foldInto(views, pending);
      pending = [];
    }
    this.#foldInto(views, pending);
    return events;
  }

  #foldInto(views: Views, events: readonly EventEnvelope[]): void {
    const workbench = views.workbench(requestIdsOf(events));
    for (const event of events) this.#fold(workbench, event);
    views.write(workbench);
  }

  /** The views, once they are whole. */
  #viewsSql(): CountingSql {
    if (this.#viewsAreWhole) return this.#sql;
    throw new Error("the views are being folded from the archive; ask again in a moment");
  }

  #wakeBy(at: number): void {
    if (at >= this.#alarmAt) return;
    this.#alarmAt = at;
    void this.ctx.storage.setAlarm(at);
  }

  #discardViews(): void {
    for (const table of ["audit", "cost", "usage"])
      this.#sql.run(`DROP TABLE IF EXISTS "${table}"`);
  }

  #fault(
    stream: string,
    epoch: number,
    seq: number,
    kind: LedgerFault["kind"],
    message: string,
  ): void {
    this.#faults.record({ stream, epoch, seq, kind, message, at: Date.now() });
  }

  #sendToTails(entries: readonly AuditEntry[]): void {
    if (entries.length === 0) return;
    const at = Date.now();
    for (const connection of this.getConnections<TailState>()) {
      const state = connection.state as TailState | null;
      if (state === null) continue;
      for (const frame of this.#pace.frames(connection.id, state.filter, entries, at)) {
        connection.send(JSON.stringify(frame));
      }
    }
  }

  #meta(key: string): string | undefined {
    return this.#sql.run<{ v: string }>("SELECT v FROM meta WHERE k = ?", key)[0]?.v;
  }

  #setMeta(key: string, value: string): void {
    this.#sql.run(
      "INSERT INTO meta (k, v) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
      key,
      value,
    );
  }
}
