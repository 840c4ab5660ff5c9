/**
 * The shard audits itself: now and then it folds its whole log anew, out of the archive and what is
 * not archived yet, and compares every row of the live views with that, a bounded part an alarm. A
 * rebuild is the same pass, run at once, after which the fresh views take the live ones' place.
 *
 * Invariants: an audit mends nothing: a difference is a fault that names its view and row, and an
 * event in the policy's stream, told until it is one; a pass that was interrupted goes on where it
 * was; there is one pass at a time.
 */
import * as z from "zod";
import { tryParseJson } from "#events/parse-json.ts";
import type { RebuildReport, SelfAuditStatus } from "./api.ts";
import type { Faults } from "./faults.ts";
import { auditEveryMs, auditRetryMs, auditStepMs } from "./limits.ts";
import type { Log } from "./log.ts";
import type { Meta } from "./meta.ts";
import { RefoldState } from "./refold.ts";
import type { ShardViews } from "./shard-views.ts";

/** How an audit ended. */
const AuditedViews = z.object({
  /** When, milliseconds. */
  at: z.number(),
  events: z.number(),
  differences: z.number(),
  /** View and key of the first of them. */
  first: z.string().optional(),
});
export type AuditedViews = z.infer<typeof AuditedViews>;

/** What is kept between two alarms. */
const Kept = z.object({
  /** When the next pass may begin, milliseconds. */
  dueAt: z.number(),
  /** The pass that is under way. */
  pass: RefoldState.optional(),
  /** A rebuild is asked for: the fresh views of the pass take the live ones' place. */
  swaps: z.boolean().optional(),
  last: AuditedViews.optional(),
  /** Whether the last one's difference is still to be told. */
  untold: z.boolean().optional(),
});
type Kept = z.infer<typeof Kept>;

export interface SelfAuditSetup {
  meta: Meta;
  log: Log;
  views: ShardViews;
  faults: Faults;
  /** Makes an event of a difference. */
  readonly tell: (found: AuditedViews) => Promise<void>;
}

export class SelfAudit {
  readonly #setup: SelfAuditSetup;
  #trouble: string | undefined;
  #running: Promise<Kept> | undefined;

  constructor(setup: SelfAuditSetup) {
    this.#setup = setup;
  }

  /** Whether a pass is under way or asked for, or what one found is still to be told. */
  get pending(): boolean {
    const kept = this.#kept();
    return kept?.pass !== undefined || kept?.swaps === true || kept?.untold === true;
  }

  status(): SelfAuditStatus {
    const { dueAt, pass, last } = this.#kept() ?? {};
    const { views, log } = this.#setup;
    return {
      ...(last === undefined ? {} : { last }),
      ...(pass === undefined ? {} : { running: { events: pass.pos, of: log.size } }),
      ...(dueAt === undefined ? {} : { nextAt: dueAt }),
      ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }),
      ...(views.isWhole ? {} : { rebuilding: true as const }),
    };
  }

  /** Does a bounded part when one is due. Returns when to come again, milliseconds or Infinity. */
  async step(at: number): Promise<number> {
    const { views, log, tell } = this.#setup;
    if (!views.isWhole || log.size === 0) return Infinity;
    const kept = this.#kept() ?? this.#keep({ dueAt: at + auditEveryMs });
    try {
      if (kept.untold === true && kept.last !== undefined) {
        await tell(kept.last);
        const { untold: _told, ...rest } = this.#kept() ?? kept;
        return this.#keep(rest).pass === undefined ? kept.dueAt : at;
      }
      const isAsked = kept.pass !== undefined || kept.swaps === true;
      if (!isAsked && at < kept.dueAt) return kept.dueAt;
      const next = await this.#go(at);
      this.#trouble = undefined;
      return next.pass === undefined && next.untold !== true ? next.dueAt : at + auditStepMs;
    } catch (error) {
      // The archive or the policy's actor may be out of reach for a while.
      this.#trouble = error instanceof Error ? error.message : "the audit could not go on";
      return at + auditRetryMs;
    }
  }

  /** Folds everything into fresh tables, compares, swaps; goes on by alarm if the actor dies. */
  async rebuild(at: number): Promise<RebuildReport> {
    const { views } = this.#setup;
    while (!views.isWhole) {
      await views.catchUp(at);
      await othersFirst();
    }
    await this.#running;
    this.#keep({ ...(this.#kept() ?? { dueAt: at + auditEveryMs }), pass: undefined, swaps: true });
    let kept: Kept | undefined = await this.#go(at);
    while (kept?.pass !== undefined) {
      await othersFirst();
      // An alarm may have ended it meanwhile.
      kept = this.#kept();
      if (kept?.pass !== undefined) kept = await this.#go(at);
    }
    const { events = 0, differences = 0, first } = kept?.last ?? {};
    return first === undefined ? { events, differences } : { events, differences, first };
  }

  /** One step of the pass, whoever asks for it. */
  #go(at: number): Promise<Kept> {
    this.#running ??= this.#stepOn(at).finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #stepOn(at: number): Promise<Kept> {
    const kept = this.#kept() ?? { dueAt: at };
    const refold = this.#setup.views.refold();
    const isCurrent = kept.pass !== undefined && refold.isCurrent(kept.pass);
    const pass = isCurrent && kept.pass !== undefined ? kept.pass : refold.begin();
    let after: Kept = kept;
    await refold.step(pass, (next) => {
      if (!next.done) {
        after = this.#keep({ ...kept, pass: next });
        return;
      }
      if (kept.swaps === true) refold.swap();
      else refold.drop();
      after = this.#end(next, at, kept.swaps === true);
    });
    return after;
  }

  #end({ pos: events, differences, first }: RefoldState, at: number, swaps: boolean): Kept {
    const last = { at, events, differences, ...(first === undefined ? {} : { first }) };
    const dueAt = at + auditEveryMs;
    if (differences === 0) return this.#keep({ dueAt, last });
    const what = swaps ? "a rebuild mended" : "the self-audit found";
    const message = `${what} ${differences} rows that were not the fold of the log, first ${first ?? ""}`;
    // Its place is how far the log was: each pass that finds something is a fault of its own.
    this.#setup.faults.note({ stream: "", epoch: 0, seq: events, kind: "mismatch", message });
    return this.#keep({ dueAt, last, untold: true });
  }

  #kept(): Kept | undefined {
    const parsed = Kept.safeParse(tryParseJson(this.#setup.meta.get("self-audit") ?? ""));
    return parsed.success ? parsed.data : undefined;
  }

  #keep(kept: Kept): Kept {
    this.#setup.meta.set("self-audit", JSON.stringify(kept));
    return kept;
  }
}

/** Whoever waits to be collected or answered comes first. */
function othersFirst(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
