/**
 * The way from a stream to its ledger: every event, in order, at least once.
 *
 * The ledger accepts only the next event of a stream and skips what it has, so sending again is
 * harmless and its answer says where to go on.
 */
import { unseal, type SealedEvent } from "#events/envelope.ts";
import type { Env } from "./env.ts";
import type { EventStore } from "./event-store.ts";
import type { StreamHome } from "./home.ts";
import {
  outboxBatchesMax,
  outboxDelayMs,
  outboxEventsMax,
  outboxRetryMaxMs,
  outboxRetryMs,
} from "./limits.ts";

export class Outbox {
  readonly #store: EventStore;
  readonly #env: Env;
  #exported: number;
  /** What storage says of it: behind until the next commit, for which it does not pay one. */
  #stored: number;
  #failures = 0;

  constructor(store: EventStore, env: Env) {
    this.#store = store;
    this.#env = env;
    this.#exported = (store.getMeta("exported") as number | undefined) ?? 0;
    this.#stored = this.#exported;
  }

  /** Whether the ledger lacks events. */
  get pending(): boolean {
    return this.#exported < this.#store.head.seq;
  }

  /**
   * Writes down how far the ledger is. Call inside a transaction that writes anyway: after a crash
   * the ledger gets what it has once more, and skips it.
   */
  keep(): void {
    if (this.#stored === this.#exported) return;
    this.#store.setMeta("exported", this.#exported);
    this.#stored = this.#exported;
  }

  /** Forgets what a failed transaction did not keep. */
  reload(): void {
    this.#stored = (this.#store.getMeta("exported") as number | undefined) ?? 0;
  }

  /** Notes that the ledger has everything up to `seq`, however it came there. */
  known(seq: number): void {
    this.#exported = seq;
  }

  /**
   * Sends what the ledger lacks. Returns when to come again, milliseconds, or Infinity. `restore` is
   * asked to mend a stream whose ledger knows another history, or more of it.
   */
  async flush(home: StreamHome | undefined, restore: () => Promise<void>): Promise<number> {
    if (home === undefined || !this.pending) return Infinity;
    let healthy = false;
    try {
      healthy = await this.#send(home);
      if (!healthy) await restore();
    } catch {
      healthy = false;
    }
    this.#failures = healthy ? 0 : this.#failures + 1;
    if (!healthy) {
      return Date.now() + Math.min(outboxRetryMs * 2 ** (this.#failures - 1), outboxRetryMaxMs);
    }
    return this.pending ? Date.now() + outboxDelayMs : Infinity;
  }

  async #send(home: StreamHome): Promise<boolean> {
    const ledger = this.#env.LEDGER.getByName(home.ledger);
    for (let batch = 0; batch < outboxBatchesMax && this.pending; batch += 1) {
      const events = this.#nextRun();
      const epoch = epochOf(events[0]) ?? this.#store.head.epoch;
      const reply = await ledger.ingest({
        organisation: home.organisation,
        stream: home.stream,
        epoch,
        events,
      });
      // Sending on would not mend it: this stream was restored from a backup, or is not the ledger's.
      if (reply.outcome === "fork") return false;
      if (reply.outcome === "ok" && reply.head.seq > this.#store.head.seq) return false;
      this.#exported = reply.outcome === "ok" ? reply.head.seq : reply.seq - 1;
      this.#store.forgetRecent(this.#exported);
    }
    return true;
  }

  /** What comes next, of one epoch. */
  #nextRun(): SealedEvent[] {
    const events = this.#store.readRecent(this.#exported + 1, outboxEventsMax);
    if (this.#store.head.epoch === 1) return events;
    const epoch = epochOf(events[0]);
    const end = events.findIndex((event) => epochOf(event) !== epoch);
    return end === -1 ? events : events.slice(0, end);
  }
}

function epochOf(event: SealedEvent | undefined): number | undefined {
  return event && unseal(event).epoch;
}
