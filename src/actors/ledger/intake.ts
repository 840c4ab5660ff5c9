/** Takes batches into the log and the views: the half of `ingest` that has storage. */
import type { AuditEntry } from "#projections/audit-entry.ts";
import type { IngestCommand, IngestReply } from "./api.ts";
import type { Faults } from "./faults.ts";
import { planIngest } from "./ingest.ts";
import type { Log } from "./log.ts";
import type { Meta } from "./meta.ts";
import type { ShardViews } from "./shard-views.ts";

/** What an intake writes to. */
export interface IntakeSetup {
  meta: Meta;
  log: Log;
  views: ShardViews;
  faults: Faults;
}

/** The answer, and the audit entries that changed. */
export interface Taken {
  reply: IngestReply;
  entries: AuditEntry[];
}

export class Intake {
  readonly #setup: IntakeSetup;

  constructor(setup: IntakeSetup) {
    this.#setup = setup;
  }

  /** Takes a batch wholly or not at all; the caller's transaction is around it. */
  take(command: IngestCommand): Taken {
    const { meta, log, views } = this.#setup;
    const { organisation, stream, epoch } = command;
    const head = log.head(stream);
    const owner = meta.get("organisation");
    if (owner !== undefined && owner !== organisation) {
      return this.#refuse(command, head.seq + 1, "this ledger belongs to another organisation");
    }
    const plan = planIngest(command, {
      head,
      hashes: (from, to) =>
        new Map(log.read(stream, from, to - from + 1).map(({ seq, hash }) => [seq, hash])),
    });
    if (plan.outcome === "fork") return this.#refuse(command, plan.seq, plan.message);
    if (plan.outcome === "need") return { reply: plan, entries: [] };
    const last = plan.events.at(-1);
    if (last === undefined) return { reply: { outcome: "ok", head }, entries: [] };
    if (owner === undefined) meta.set("organisation", organisation);
    log.append(stream, epoch, plan.sealed);
    if (plan.events[0]?.type === "StreamForked") this.#setup.faults.resolveForks(stream);
    const entries = views.fold(plan.events);
    return { reply: { outcome: "ok", head: { epoch, seq: last.seq, hash: last.hash } }, entries };
  }

  #refuse({ stream, epoch }: IngestCommand, seq: number, message: string): Taken {
    this.#setup.faults.note({ stream, epoch, seq, kind: "fork", message });
    return { reply: { outcome: "fork", seq, message }, entries: [] };
  }
}
