/** A courier outside an actor: Node's own SQLite, a log in memory, a clock that a test moves. */
import { DatabaseSync } from "node:sqlite";
import { Courier, type CourierSetup, type SinksNow } from "#actors/ledger/sinks/courier.ts";
import { SinkStore, type Sql } from "#actors/ledger/sinks/store.ts";
import type { SealedEvent } from "#events/envelope.ts";
import { Sink } from "#policy/sinks.ts";
import { Workbench } from "#projections/fold-batch.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { unseal } from "#events/envelope.ts";
import { MORNING } from "./sample-events.ts";

/** SQL as an actor has it. */
export function memorySql(): Sql {
  const db = new DatabaseSync(":memory:");
  return {
    run: (statement, ...bindings) => db.prepare(statement).all(...bindings) as never,
  };
}

export class CourierBench {
  readonly events: SealedEvent[] = [];
  readonly sql = memorySql();
  readonly secrets: Record<string, string> = { SINK_KEY: "a secret of a sink" };
  sinks: Sink[] = [];
  now = MORNING;
  store = new SinkStore(this.sql);
  courier: Courier;
  readonly #over: Partial<CourierSetup>;

  constructor(sinks: object[], over: Partial<CourierSetup> = {}) {
    this.#over = over;
    this.set(sinks);
    this.courier = this.#open();
  }

  /** What the policy says from now on. */
  set(sinks: object[]): void {
    this.sinks = sinks.map((sink) => Sink.parse(sink));
  }

  /** The actor died and woke: what was in memory is gone. */
  restart(): void {
    this.store = new SinkStore(this.sql);
    this.courier = this.#open();
  }

  /** Runs until it has nothing to do before `until`; the clock goes to where it is wanted. */
  async runUntil(until: number): Promise<void> {
    for (;;) {
      const next = await this.courier.run();
      if (next > until) break;
      this.now = Math.max(this.now + 1, next);
    }
    this.now = until;
  }

  /** Runs once, now. */
  run(): Promise<number> {
    return this.courier.run();
  }

  #entry(id: string): AuditEntry | undefined {
    const workbench = new Workbench(() => undefined);
    for (const sealed of this.events) {
      const event = unseal(sealed);
      if ((event.data as { requestId?: string }).requestId === id) workbench.apply(event);
    }
    return workbench.entries()[0];
  }

  #open(): Courier {
    return new Courier({
      shard: "l_test_0",
      store: this.store,
      size: () => this.events.length,
      read: (pos, limit) => Promise.resolve(this.events.slice(pos, pos + limit)),
      entry: (id) => this.#entry(id),
      policy: (): Promise<SinksNow> => Promise.resolve({ organisation: "acme", sinks: this.sinks }),
      secret: (name) => this.secrets[name],
      pseudonym: (_organisation, member) => `u_${member.length}`,
      fetcher: fetch,
      now: () => this.now,
      random: () => 0.5,
      allowPrivate: true,
      ...this.#over,
    });
  }
}
