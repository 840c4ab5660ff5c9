/**
 * The shell around a decider: decide, append in one transaction, swap the state, answer.
 *
 * Invariants: a reply leaves only after its events are durable (the runtime's output gate); the
 * state in memory is the fold of the events in storage; no `await` stands between a check and its
 * append; the ledger gets every event, in order, at least once.
 */
import { type Cause, type EventEnvelope, type Fact } from "#events/envelope.ts";
import type { Decider } from "./decider.ts";
import type { Env } from "./env.ts";
import { EventStore } from "./event-store.ts";
import type { StreamHome } from "./home.ts";
import {
  collectRoundsMax,
  commitCommandsMax,
  commitQuietMs,
  commitsAloneMax,
  outboxDelayMs,
  snapshotCharsMax,
  snapshotTailMax,
} from "./limits.ts";
import { Outbox } from "./outbox.ts";
import type { RestoreCommand, RestorePlan, TakenBack } from "./point-in-time.ts";
import { rehydrate, type Snapshot } from "./rehydrate.ts";
import { RestorableActor } from "./restorable-actor.ts";
import { readStored } from "./stored.ts";
import { Restorer, type RestoreHost } from "./restorer.ts";

/** A fact as it was appended. */
export interface AppendedFact<F extends Fact> {
  seq: number;
  at: number;
  fact: F;
}

interface Waiting<Command, F extends Fact> {
  command: Command;
  at: number;
  cause: Cause;
  resolve(facts: AppendedFact<F>[]): void;
  reject(reason: unknown): void;
}

export abstract class EventSourcedActor<State, Command, F extends Fact> extends RestorableActor {
  protected abstract readonly decider: Decider<State, Command, F>;
  protected readonly store: EventStore;
  readonly #outbox: Outbox;
  readonly #restorer: Restorer;
  /** While the ledger is asked what a restored stream forgot, nothing is decided. */
  #asking: Promise<void> | undefined;
  #home: StreamHome | undefined;
  #state: State | undefined;
  #snapshotSeq = 0;
  #queue: Waiting<Command, F>[] = [];
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #flushAt = Infinity;
  #lastArrivalAt = 0;
  /** Commands that somebody waits for, in the queue. */
  #awaited = 0;
  /** Commits that do not wait, since the last that did brought no company. */
  #commitsAlone = 0;
  #alarmAt = Infinity;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.store = new EventStore(ctx.storage.sql);
    this.#home = this.store.getMeta("home") as StreamHome | undefined;
    this.#outbox = new Outbox(this.store, env);
    this.#restorer = new Restorer(this.#restoreHost());
    // No event is delivered before it is done; one that fails resets the actor, and the next wakes it.
    if (this.#home !== undefined && this.#restorer.mustAsk) this.#ask().catch(() => {});
    if (this.#outbox.pending) this.#wakeBy(Date.now() + outboxDelayMs);
  }

  /** The fold of every event in storage. */
  protected get state(): State {
    this.#state ??= this.#rehydrate();
    return this.#state;
  }

  protected get home(): StreamHome | undefined {
    return this.#home;
  }

  /** Keeps where this stream belongs; the first word counts. */
  protected settleIn(home: StreamHome): void {
    if (this.#home !== undefined) return;
    const { organisation, stream, ledger } = home;
    this.#home = { organisation, stream, ledger };
    this.store.setMeta("home", this.#home);
    // Storage that is empty may be one that was lost.
    if (this.#restorer.mustAsk) this.#ask().catch(() => {});
  }

  /** Waits until nothing is asked any more that a decision needs. */
  protected async ready(): Promise<void> {
    await this.#asking;
  }

  /**
   * Whether a fact that was decided after a restore, and before the ledger was heard, is carried on
   * beside what had been forgotten; else it is kept without effect.
   */
  protected carriesFork(_fact: F, _branch: readonly F[]): boolean {
    return true;
  }

  /** Told of facts that a restore has taken out of effect. */
  protected onSetAside(_facts: readonly F[]): void {}

  override planRestore(command: RestoreCommand): Promise<RestorePlan> {
    this.commitQueued();
    return super.planRestore(command);
  }

  async takeBack(home: StreamHome): Promise<TakenBack> {
    const askedAt = Date.now();
    const restoredSeq = this.eventsKept;
    this.settleIn(home);
    await this.#ask();
    const answeredAt = (this.store.getMeta("asked") as number | undefined) ?? 0;
    if (answeredAt < askedAt) throw new Error("the ledger could not be asked");
    return { restoredSeq, seq: this.eventsKept };
  }

  protected override get eventsKept(): number {
    return this.store.head.seq;
  }

  protected override async collected(): Promise<boolean> {
    for (let round = 0; this.#outbox.pending && round < collectRoundsMax; round += 1) {
      await this.#outbox.flush(this.#home, () => this.#ask());
    }
    return !this.#outbox.pending;
  }

  /** The time, never before the last event's: a clock that steps back is clamped. */
  protected now(): number {
    return Math.max(Date.now(), this.store.lastAt);
  }

  /** Decides and appends one command. */
  protected execute(command: Command, at: number, cause: Cause): AppendedFact<F>[] {
    const [facts] = this.#commit([{ command, at, cause }]);
    return facts ?? [];
  }

  /**
   * Decides and appends in one commit with the commands around it: at once while the actor is
   * quiet or its commands come one by one, together where waiting two milliseconds brings another.
   * `patienceMs` lets a command that nobody waits for ride along with a later one.
   */
  protected enqueue(
    command: Command,
    at: number,
    cause: Cause,
    patienceMs = 0,
  ): Promise<AppendedFact<F>[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ command, at, cause, resolve, reject });
      const now = Date.now();
      if (patienceMs > 0) this.#flushBy(now + patienceMs);
      else if (this.#isAlone(now)) this.#flush();
      else this.#flushBy(now + commitQuietMs);
      if (this.#queue.length >= commitCommandsMax) this.#flush();
    });
  }

  /** Commits what waits for company now; false when nothing does. */
  protected commitQueued(): boolean {
    if (this.#queue.length === 0) return false;
    this.#flush();
    return true;
  }

  /** Whether a command that comes now is better committed at once than kept for company. */
  #isAlone(now: number): boolean {
    const quiet = now - this.#lastArrivalAt >= commitQuietMs;
    this.#lastArrivalAt = now;
    this.#awaited += 1;
    if (quiet) return true;
    if (this.#awaited > 1 || this.#commitsAlone === 0) return false;
    this.#commitsAlone -= 1;
    return true;
  }

  /** When the decider next has something to do on its own, milliseconds. */
  protected nextDueAt(_state: State): number | undefined {
    return undefined;
  }

  /** Runs the command that time brings. */
  protected onDue(_at: number): void | Promise<void> {}

  /** Told of every commit, for broadcasts and caches; must not throw. */
  protected onAppended(_facts: readonly AppendedFact<F>[]): void {}

  override async onAlarm(): Promise<void> {
    this.#alarmAt = Infinity;
    const due = this.nextDueAt(this.state);
    if (due !== undefined && due <= this.now()) await this.onDue(this.now());
    const outboxAt = await this.#outbox.flush(this.#home, () => this.#ask());
    this.#snapshot();
    const dueAt = this.nextDueAt(this.state) ?? Infinity;
    this.#wakeBy(Math.min(outboxAt, dueAt));
  }

  #flushBy(at: number): void {
    if (at >= this.#flushAt) return;
    clearTimeout(this.#flushTimer);
    this.#flushAt = at;
    this.#flushTimer = setTimeout(
      () => {
        if (this.#awaited === 1) this.#commitsAlone = commitsAloneMax;
        this.#flush();
      },
      Math.max(at - Date.now(), 0),
    );
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushAt = Infinity;
    // What comes meanwhile is decided when it is known what there was.
    if (this.#asking !== undefined) return;
    this.#awaited = 0;
    const batch = this.#queue;
    if (batch.length === 0) return;
    this.#queue = [];
    try {
      const facts = this.#commit(batch);
      for (const [index, waiting] of batch.entries()) waiting.resolve(facts[index] ?? []);
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
  }

  #commit(batch: readonly { command: Command; at: number; cause: Cause }[]): AppendedFact<F>[][] {
    const home = this.#home;
    if (home === undefined) throw new Error("the actor has no home yet");
    if (this.#asking !== undefined) throw new Error("the actor was restored and asks its ledger");
    this.refuseIfLeaving();
    let state = this.state;
    try {
      const appended = this.ctx.storage.transactionSync(() => {
        this.#outbox.keep();
        const all = batch.map(({ command, at, cause }) => {
          const time = Math.max(at, this.store.lastAt);
          const facts = this.decider.decide(state, command);
          const sealed = this.store.append(home, facts, time, cause);
          for (const fact of facts) state = this.decider.evolve(state, fact, time);
          return facts.map((fact, index) => ({ seq: sealed[index]?.seq ?? 0, at: time, fact }));
        });
        this.store.write();
        return all;
      });
      this.#state = state;
      this.#afterCommit(appended);
      return appended;
    } catch (error) {
      // What was decided in memory did not happen: fold again from what did.
      this.#state = undefined;
      this.store.reload();
      this.#outbox.reload();
      throw error;
    }
  }

  #afterCommit(appended: AppendedFact<F>[][]): void {
    const facts = appended.flat();
    if (facts.length === 0) return;
    this.#wakeBy(Math.min(Date.now() + outboxDelayMs, this.nextDueAt(this.state) ?? Infinity));
    this.onAppended(facts);
  }

  /**
   * Has the ledger tell what a restored stream forgot, with no command in between. A failure resets
   * the actor where nothing may be decided before it is known; else it is tried again by alarm.
   */
  #ask(): Promise<void> {
    const attempt = (): Promise<void> =>
      this.#restorer.run().catch((error: unknown) => {
        if (this.#restorer.mustAsk) throw error;
      });
    this.#asking ??= this.ctx.blockConcurrencyWhile(attempt).finally(() => {
      this.#asking = undefined;
      this.#flush();
    });
    return this.#asking;
  }

  #restoreHost(): RestoreHost {
    const home = () => this.#home;
    return {
      env: this.env,
      store: this.store,
      get home() {
        return home();
      },
      carries: (event, branch) =>
        this.carriesFork(event as unknown as F, branch as unknown as readonly F[]),
      atomically: (work) => {
        try {
          this.ctx.storage.transactionSync(work);
        } catch (error) {
          this.store.reload();
          throw error;
        }
      },
      took: (events) => this.#took(events),
      lost: (events) => this.onSetAside(events as unknown as F[]),
      refold: () => {
        const snapshot = this.store.getMeta("snapshot") as Snapshot | null | undefined;
        if ((snapshot?.seq ?? 0) > this.store.head.seq) this.store.setMeta("snapshot", null);
        this.#state = undefined;
      },
      known: (seq) => this.#outbox.known(seq),
    };
  }

  /** Folds what came into the stream without a command. */
  #took(events: readonly EventEnvelope[]): void {
    if (this.#state !== undefined) {
      let { state } = this;
      for (const event of events) {
        state = this.decider.evolve(state, readStored(event) as unknown as F, event.at);
      }
      this.#state = state;
    }
    this.#afterCommit([
      events.map(({ seq, at, type, v, data }) => ({
        seq,
        at,
        fact: { type, v, data } as unknown as F,
      })),
    ]);
  }

  #wakeBy(at: number): void {
    if (at >= this.#alarmAt) return;
    this.#alarmAt = at;
    void this.ctx.storage.setAlarm(at);
  }

  #snapshot(): void {
    const seq = this.store.head.seq;
    if (seq - this.#snapshotSeq < snapshotTailMax) return;
    const snapshot: Snapshot = {
      version: this.decider.snapshotVersion,
      seq,
      state: this.decider.toSnapshot(this.state),
    };
    const text = JSON.stringify(snapshot);
    // A snapshot is a cache: one that does not fit a row is left out, and waking takes longer.
    if (text.length <= snapshotCharsMax) this.store.setMetaText("snapshot", text);
    this.#snapshotSeq = seq;
  }

  #rehydrate(): State {
    const { state, snapshotSeq } = rehydrate(this.store, this.decider);
    this.#snapshotSeq = snapshotSeq;
    return state;
  }
}
