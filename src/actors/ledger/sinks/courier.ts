/**
 * Carries a shard's log to the policy's sinks: each at its own pace, by its own cursor.
 *
 * Invariants: a cursor moves only after a sink took everything before it, or a sink's refusal of a
 * single event was kept as a dead letter, so every wanted event arrives at least once, in order, or
 * is listed; a sink that is slow, down or misconfigured holds up nobody else.
 */
import { unseal, type EventEnvelope, type SealedEvent } from "#events/envelope.ts";
import { upcast } from "#events/upcast.ts";
import { sinkAddressProblem, type Sink } from "#policy/sinks.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { requestIdOf } from "#projections/audit.ts";
import { isWanted } from "#projections/out/topics.ts";
import {
  deadLettersAtOnce,
  deadLettersMax,
  sinkCharsMax,
  sinkDelayMs,
  sinkEventsMax,
  sinkReadMax,
  sinkRefreshMs,
  sinkRetryMaxMs,
  sinkRetryMs,
  sinkRunMs,
  sinkTimeoutMs,
} from "../limits.ts";
import { buildRequest, lanesOf, type Batch, type Lane } from "./request.ts";
import { send, type Outcome } from "./send.ts";
import type { LaneRow, SinkStore } from "./store.ts";

/** The sinks that are in the policy now. */
export interface SinksNow {
  organisation: string;
  sinks: readonly Sink[];
}

/** What a courier is given; times are milliseconds. */
export interface CourierSetup {
  shard: string;
  store: SinkStore;
  /** How many events the shard has taken. */
  readonly size: () => number;
  /** Events from a position on, in the shard's order: at least one while there is one. */
  readonly read: (pos: number, limit: number) => Promise<readonly SealedEvent[]>;
  readonly entry: (requestId: string) => AuditEntry | undefined;
  /** `undefined` while the organisation or its policy is not known. */
  readonly policy: () => Promise<SinksNow | undefined>;
  /** A secret by its name. */
  readonly secret: (name: string) => string | undefined;
  readonly pseudonym: (organisation: string, member: string) => string;
  readonly fetcher: typeof fetch;
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  allowPrivate: boolean;
}

export class Courier {
  readonly #setup: CourierSetup;
  #known: SinksNow | undefined;
  #lookedAt = -Infinity;
  #running: Promise<number> | undefined;

  constructor(setup: CourierSetup) {
    this.#setup = setup;
  }

  /** When to run after events came: soon where there are sinks, or nobody looked for them yet. */
  get delayMs(): number {
    const hasNone = this.#lookedAt > -Infinity && this.#setup.store.lanes().length === 0;
    return hasNone ? sinkRefreshMs : sinkDelayMs;
  }

  /** Whether a lane has events to carry, or letters to try again. */
  get pending(): boolean {
    const { store, size } = this.#setup;
    return store
      .lanes()
      .some(({ lane, pos }) => pos < size() || store.deadLetters(lane, 1, true).length > 0);
  }

  /** Sends what is due; a bounded part. Returns when to come again, or Infinity. */
  run(): Promise<number> {
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #run(): Promise<number> {
    const { store, now, size } = this.#setup;
    await this.#look();
    const known = this.#known;
    if (known === undefined) return store.lanes().length > 0 ? now() + sinkRefreshMs : Infinity;
    const lanes = lanesOf(known.sinks);
    const at = now();
    const due = lanes.filter((lane) => (store.lane(lane.lane)?.nextAt ?? Infinity) <= at);
    await Promise.all(due.map((lane) => this.#carry(lane, known.organisation)));
    const waiting = store
      .lanes()
      .filter(({ lane, pos }) => pos < size() || store.deadLetters(lane, 1, true).length > 0);
    return Math.min(Infinity, ...waiting.map(({ nextAt }) => Math.max(nextAt, now())));
  }

  /** Learns of the policy's sinks, and begins and ends lanes. */
  async #look(): Promise<void> {
    const { store, policy, now, size } = this.#setup;
    if (now() - this.#lookedAt < sinkRefreshMs) return;
    const sizeBefore = size();
    try {
      this.#known = (await policy()) ?? this.#known;
    } catch {
      // The policy's actor cannot be reached: what was known goes on.
      return;
    }
    this.#lookedAt = now();
    if (this.#known === undefined) return;
    const lanes = new Map(lanesOf(this.#known.sinks).map((lane) => [lane.lane, lane]));
    for (const { lane } of store.lanes()) if (!lanes.has(lane)) store.end(lane);
    // Kept, because an actor sleeps between the events and the look: nothing falls in between.
    const from = store.lookedSize;
    for (const { lane, sink } of lanes.values()) store.begin(lane, from, batchOf(sink));
    store.setLookedSize(sizeBefore);
  }

  async #carry(lane: Lane, organisation: string): Promise<void> {
    const { store, now, size } = this.#setup;
    const until = now() + sinkRunMs;
    const trouble = this.#misconfigured(lane);
    let row = store.lane(lane.lane);
    if (row === undefined) return;
    if (trouble !== undefined) return this.#comeLater(row, { kind: "later", trouble });
    try {
      let goesOn = await this.#tryAgain(lane, organisation);
      while (goesOn && row !== undefined && row.pos < size() && now() < until) {
        goesOn = await this.#step(lane, organisation, row);
        row = store.lane(lane.lane);
      }
    } catch (error) {
      const trouble =
        error instanceof Error ? error.message.slice(0, 200) : "the log cannot be read";
      const now = store.lane(lane.lane);
      if (now !== undefined) this.#comeLater(now, { kind: "later", trouble });
    }
  }

  /** Why nothing can be sent, whoever answers. */
  #misconfigured({ sink }: Lane): string | undefined {
    const { allowPrivate, secret } = this.#setup;
    const problem = sinkAddressProblem(sink.url, allowPrivate);
    if (problem !== undefined) return problem;
    if (sink.secret === undefined || secret(sink.secret) !== undefined) return undefined;
    return `the secret ${sink.secret} is not set`;
  }

  /** Sends the next batch; false when the lane has to wait. */
  async #step(lane: Lane, organisation: string, row: LaneRow): Promise<boolean> {
    const { store, now } = this.#setup;
    const batch = await this.#gather(lane, organisation, row.pos, row.batch);
    const outcome = await this.#send(lane, batch);
    if (outcome.kind === "later") {
      this.#comeLater(row, outcome);
      return false;
    }
    if (outcome.kind === "refused" && batch.items.length > 1) {
      // One event in it is not taken: smaller batches find which.
      store.write({ ...row, batch: Math.max(1, Math.floor(batch.items.length / 2)) });
      return true;
    }
    if (outcome.kind === "refused") {
      if (store.deadCount(lane.lane) >= deadLettersMax) {
        this.#comeLater(row, { kind: "later", trouble: "its dead letters are full" });
        return false;
      }
      store.bury(lane.lane, batch.last, now(), outcome.status);
    }
    store.write({
      ...row,
      pos: batch.upto,
      failures: 0,
      nextAt: 0,
      batch: Math.min(batchOf(lane.sink), row.batch * 2),
      sent: row.sent + (outcome.kind === "taken" ? batch.items.length : 0),
      sentAt: outcome.kind === "taken" ? now() : row.sentAt,
      trouble: outcome.kind === "taken" ? (outcome.note ?? null) : row.trouble,
    });
    return true;
  }

  /** Sends dead letters that somebody asked for; false when the lane has to wait. */
  async #tryAgain(lane: Lane, organisation: string): Promise<boolean> {
    const { store, now } = this.#setup;
    for (const { pos } of store.deadLetters(lane.lane, deadLettersAtOnce, true)) {
      const batch = await this.#gather(lane, organisation, pos, 1);
      const outcome = await this.#send(lane, batch);
      const row = store.lane(lane.lane);
      if (row === undefined) return false;
      if (outcome.kind === "later") {
        this.#comeLater(row, outcome);
        return false;
      }
      if (outcome.kind === "refused") store.bury(lane.lane, pos, now(), outcome.status);
      else store.unbury(lane.lane, pos);
    }
    return true;
  }

  /**
   * Up to `limit` wanted events from a position on. `last` is the last one's position, `upto` is
   * where the next batch begins.
   */
  async #gather(
    lane: Lane,
    organisation: string,
    pos: number,
    limit: number,
  ): Promise<Batch & { last: number; upto: number }> {
    const { shard, read, entry } = this.#setup;
    const items: { event: EventEnvelope; entry: AuditEntry | undefined }[] = [];
    let upto = pos;
    let last = pos;
    let chars = 0;
    for (const sealed of await read(pos, sinkReadMax)) {
      if (items.length >= limit || (items.length > 0 && chars + sealed.body.length > sinkCharsMax))
        break;
      upto += 1;
      const event = eventFor(lane, unseal(sealed));
      if (event === undefined || !isWanted(lane.sink, event)) continue;
      chars += sealed.body.length;
      last = upto - 1;
      const id = lane.signal === undefined ? undefined : requestIdOf(event);
      items.push({ event, entry: id === undefined ? undefined : entry(id) });
    }
    return { organisation, shard, pos, items, last, upto };
  }

  async #send(lane: Lane, batch: Batch): Promise<Outcome> {
    const { secret, pseudonym, fetcher, now } = this.#setup;
    if (batch.items.length === 0) return { kind: "taken" };
    const { tell } = lane.sink;
    const telling = { tell, pseudonym: (member: string) => pseudonym(batch.organisation, member) };
    const key = lane.sink.secret === undefined ? undefined : secret(lane.sink.secret);
    const request = await buildRequest(lane, batch, key, telling, now());
    if (request === undefined) return { kind: "taken" };
    return send(fetcher, request, sinkTimeoutMs, now());
  }

  #comeLater(row: LaneRow, { trouble, retryAfterMs = 0 }: Outcome & { kind: "later" }): void {
    const { store, now, random } = this.#setup;
    const failures = row.failures + 1;
    const backOff = Math.min(sinkRetryMs * 2 ** Math.min(failures - 1, 30), sinkRetryMaxMs);
    // A fifth of chance, so that the shards of an organisation do not come back together.
    const wait = Math.max(backOff * (0.9 + 0.2 * random()), Math.min(retryAfterMs, sinkRetryMaxMs));
    store.write({ ...row, failures, nextAt: now() + Math.ceil(wait), trouble });
  }
}

/** How many events a sink is sent at once. */
function batchOf({ kind }: Sink): number {
  return kind === "webhook" ? 1 : sinkEventsMax;
}

/** An event as this code knows it; of others a log is told that they were, a trace nothing. */
function eventFor({ signal }: Lane, event: EventEnvelope): EventEnvelope | undefined {
  const known = upcast(event);
  if (known.kind === "known") return known.event;
  return signal === undefined ? { ...event, data: {} } : undefined;
}
