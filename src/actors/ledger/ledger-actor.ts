/**
 * One shard of an organisation's ledger: collects streams, keeps the views, feeds live tails.
 *
 * Invariants: a batch is taken wholly or not at all, with its views, in one transaction; a stream
 * is gapless and chained; the views equal the fold of the log; one ledger serves one organisation.
 */
import { Actor, type Connection } from "#actors/kit/actor.ts";
import type { Env } from "#actors/kit/env.ts";
import { unseal, type EventEnvelope, type SealedEvent } from "#events/envelope.ts";
import { upcast } from "#events/upcast.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { costColumns } from "#projections/cost.ts";
import { viewsVersion, type Workbench } from "#projections/fold-batch.ts";
import type { AuditPage, AuditQuery, SumsAnswer, SumsQuery } from "#projections/queries.ts";
import { usageColumns } from "#projections/usage.ts";
import {
  TAIL_FILTER_PARAM,
  TAIL_PATH,
  type IngestCommand,
  type IngestReply,
  type LedgerApi,
  type LedgerFault,
  type RawEventsQuery,
  type RebuildReport,
} from "./api.ts";
import { Faults } from "./faults.ts";
import { planIngest } from "./ingest.ts";
import { rawEventsMax, rebuildEventsMax, tailsMax } from "./limits.ts";
import { Log } from "./log.ts";
import { auditEntry, auditPage, sumsOf } from "./queries.ts";
import { CountingSql } from "./sql.ts";
import { parseTailFilter, TailPace, type TailState } from "./tail.ts";
import { Views } from "./views.ts";

const META =
  "CREATE TABLE IF NOT EXISTS meta (k TEXT PRIMARY KEY, v TEXT NOT NULL) STRICT, WITHOUT ROWID";

export class LedgerActor extends Actor implements LedgerApi {
  readonly #sql: CountingSql;
  readonly #log: Log;
  readonly #views: Views;
  readonly #faults: Faults;
  readonly #pace = new TailPace();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = new CountingSql(ctx.storage.sql);
    this.#sql.run(META);
    this.#log = new Log(this.#sql);
    this.#faults = new Faults(this.#sql);
    const stale = this.#meta("views") !== viewsVersion;
    // Tables of an older version may have another shape, so they go before the new ones are made.
    if (stale) ctx.storage.transactionSync(() => this.#discardViews());
    this.#views = new Views(this.#sql);
    if (stale) {
      ctx.storage.transactionSync(() => {
        this.#foldLog(this.#views);
        this.#setMeta("views", viewsVersion);
      });
    }
  }

  /** Rows written since this actor woke: what it costs. */
  get rowsWritten(): number {
    return this.#sql.rowsWritten;
  }

  async ingest(command: IngestCommand): Promise<IngestReply> {
    const { reply, entries } = this.ctx.storage.transactionSync(() => this.#take(command));
    this.#sendToTails(entries);
    return reply;
  }

  async auditEvents(query: AuditQuery): Promise<AuditPage> {
    return auditPage(this.#sql, query);
  }

  async auditEntry(id: string): Promise<AuditEntry | null> {
    return auditEntry(this.#sql, id);
  }

  async usage(query: SumsQuery): Promise<SumsAnswer> {
    return sumsOf(this.#sql, "usage", usageColumns, query);
  }

  async costs(query: SumsQuery): Promise<SumsAnswer> {
    return sumsOf(this.#sql, "cost", costColumns, query);
  }

  async rawEvents(query: RawEventsQuery): Promise<SealedEvent[]> {
    const limit = Math.min(Math.max(query.limit, 1), rawEventsMax);
    return this.#log.read(query.stream, query.from, limit);
  }

  async faults(): Promise<LedgerFault[]> {
    return this.#faults.list();
  }

  async rebuildViews(): Promise<RebuildReport> {
    return this.ctx.storage.transactionSync(() => {
      const fresh = new Views(this.#sql, "_next");
      const events = this.#foldLog(fresh);
      const differences = this.#views.differences(fresh);
      if (differences > 0) {
        this.#fault("", 0, 0, "mismatch", `${differences} rows differed from the fold of the log`);
      }
      this.#views.replaceWith(fresh);
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
      hashes: (from, to) => this.#log.read(stream, from, to - from + 1).map(({ hash }) => hash),
    });
    if (plan.outcome === "fork") return this.#refuse(command, plan.seq, plan.message);
    if (plan.outcome === "need") return { reply: plan, entries: [] };
    const last = plan.events.at(-1);
    if (last === undefined) return { reply: { outcome: "ok", head }, entries: [] };
    if (owner === undefined) this.#setMeta("organisation", organisation);
    this.#log.append(stream, epoch, plan.sealed);
    const workbench = this.#views.workbench();
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

  #foldLog(views: Views): number {
    let events = 0;
    let pending = 0;
    let workbench = views.workbench();
    for (const run of this.#log.runs()) {
      for (const sealed of run) this.#fold(workbench, unseal(sealed));
      events += run.length;
      pending += run.length;
      if (pending < rebuildEventsMax) continue;
      views.write(workbench);
      workbench = views.workbench();
      pending = 0;
    }
    views.write(workbench);
    return events;
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
