/**
 * The actor of one principal: a thin shell around the decider.
 *
 * The actor's own clock decides, never the caller's: isolates differ by seconds, windows do not.
 */
import type { LeaseTotals, OpenRateCommand, RateWord, RecallCommand } from "#actors/budget/api.ts";
import type { LeaseRefData, RateTermsData } from "#events/budget-events.ts";
import { type AppendedFact, EventSourcedActor } from "#actors/kit/event-sourced-actor.ts";
import type { Cause } from "#events/envelope.ts";
import type { UserFact } from "#events/user-events.ts";
import { shortOf, type Refusal } from "./admit.ts";
import { answerFromFacts, answerFromState } from "./answer.ts";
import type { WrappedKey } from "#actors/kit/payload-key.ts";
import type {
  AdmitCommand,
  AdmitReply,
  BudgetStanding,
  CorrectCostsCommand,
  CorrectCostsReply,
  EraseCommand,
  ErasedReply,
  ExtendCommand,
  FenceKeyCommand,
  GiveFeedbackCommand,
  LosePayloadCommand,
  OpenLeasesCommand,
  RecordAccessCommand,
  ReleaseCommand,
  SettleCommand,
  UserActorApi,
} from "./commands.ts";
import { CostCorrector } from "./cost-corrector.ts";
import { CountedRefusals } from "./counted.ts";
import { userDecider, type UserCommand } from "./decider.ts";
import { outlivesFork } from "./forked.ts";
import { nextDueOf } from "./due.ts";
import { isExtended } from "./holds.ts";
import { fencedBefore } from "./join.ts";
import { LeaseKeeper, type LeaseHost } from "./lease-keeper.ts";
import { leaseOf, totalsOf } from "./leases.ts";
import { countedDelayMs, renewRoundsMax } from "./limits.ts";
import { RateKeeper } from "./rate-keeper.ts";
import { givenUp } from "./give-up.ts";
import { PastCounter } from "./past-counter.ts";
import { PayloadKeeper } from "./payload-keeper.ts";
import { erasedReply } from "./erased.ts";
import { ShadowKeeper } from "./shadow-keeper.ts";
import { standingsOf } from "./standings.ts";
import type { DataOf, RequestData, UserState } from "./state.ts";

/** A settlement nobody waits for rides along with a later command. */
const settlePatienceMs = 20;

export class UserActor
  extends EventSourcedActor<UserState, UserCommand, UserFact>
  implements UserActorApi
{
  protected override readonly decider = userDecider;
  readonly #counted = new CountedRefusals();
  readonly #leases = new LeaseKeeper(this.#leaseHost());
  readonly #rates = new RateKeeper(this.#leaseHost());
  readonly #costs = new CostCorrector(this.ctx.storage.sql, this.store);
  protected readonly pasts = new PastCounter(this.#leaseHost(), this.store);
  readonly #shadows = new ShadowKeeper(this.#leaseHost());
  readonly #payloads = new PayloadKeeper(this.store, this.env);
  /** Of a member who is or was split: the most actors they ever had. */
  #actors: number | undefined;
  #countedTimer: ReturnType<typeof setTimeout> | undefined;

  async admit(command: AdmitCommand): Promise<AdmitReply> {
    this.settleIn(command.home);
    this.#actors = command.actors ?? this.#actors;
    if (command.actors !== undefined && this.state.seq === 0) await this.#join(command);
    const { settlements = [] } = command;
    if (settlements.length === 0) return this.#admit(command);
    // They share the commit of the admission that carries them.
    const booked = settlements.map((settlement) => this.#book(settlement));
    const [reply] = await Promise.all([this.#admit(command), ...booked]);
    return reply;
  }

  async #join(command: AdmitCommand): Promise<void> {
    const { home } = command;
    const fenced = await fencedBefore(this.env, command);
    await Promise.all(
      fenced.map((keyId) => this.fenceKey({ home, at: this.now(), command: "join", keyId })),
    );
  }

  async #admit(command: AdmitCommand): Promise<AdmitReply> {
    const { request } = command;
    const { member, keyId } = request;
    const cause: Cause = { command: request.requestId, member };
    if (keyId !== undefined) cause.keyId = keyId;
    if (command.picks !== undefined) await this.pasts.count(command, command.picks);
    const shadow = command.shadow && (await this.#shadows.beside(command.shadow));
    // A batch may change what its later commands meet: then they are answered from the new state.
    let asked = 0;
    for (;;) {
      const short = shortOf(this.state, request, this.now(), command.verdict);
      // What waits to be booked may free what this request needs.
      if (short !== undefined && this.commitQueued()) continue;
      if (short !== undefined) {
        const { ledgerShards = 1 } = command;
        if (asked < renewRoundsMax) {
          asked += 1;
          await Promise.all([
            this.#leases.renew(short.budgets, request, ledgerShards, asked),
            this.#rates.renew(short.rates, request, ledgerShards),
          ]);
          continue;
        }
        for (const denial of givenUp(short, this.now())) {
          this.execute(denial, denial.at, { command: "lease" });
        }
      }
      const at = this.now();
      const known = answerFromState(this.state, command, at);
      if (known !== undefined && this.commitQueued()) continue;
      if (known !== undefined) {
        if (known.counted !== undefined) this.#count(request, known.counted, at);
        return this.#withPayloadKey(command, known.reply);
      }
      this.#flushCounted();
      const admit: UserCommand = { type: "admit", at, request };
      if (command.verdict !== undefined) admit.verdict = command.verdict;
      if (shadow !== undefined) admit.shadow = shadow;
      const facts = await this.enqueue(admit, at, cause);
      const reply = answerFromFacts(this.state, request, facts);
      if (reply === undefined) continue;
      if (reply.outcome === "admitted") {
        this.#leases.prefetch(request, command.ledgerShards ?? 1);
        this.#rates.prefetch(request, command.ledgerShards ?? 1);
      }
      return this.#withPayloadKey(command, reply);
    }
  }

  async settle(commands: readonly SettleCommand[]): Promise<void> {
    const [first] = commands;
    if (first !== undefined) this.settleIn(first.home);
    await Promise.all(commands.map(({ settlement }) => this.#book(settlement)));
  }

  #book(settlement: SettleCommand["settlement"]): Promise<unknown> {
    const at = this.now();
    const cause = { command: settlement.requestId };
    return this.enqueue({ type: "settle", at, settlement }, at, cause, settlePatienceMs);
  }

  async release({ home, requestId, reason }: ReleaseCommand): Promise<void> {
    this.settleIn(home);
    const at = this.now();
    await this.enqueue({ type: "release", at, requestId, reason }, at, { command: requestId });
  }

  async extend(command: ExtendCommand): Promise<{ ok: boolean }> {
    const { home, requestId, deadlineAt, costNanos } = command;
    this.settleIn(home);
    const at = this.now();
    const extend = { type: "extend", at, requestId, deadlineAt, costNanos } as const;
    await this.enqueue(extend, at, { command: requestId });
    return { ok: isExtended(this.state, command) };
  }

  async fenceKey({ home, command, keyId }: FenceKeyCommand): Promise<void> {
    this.settleIn(home);
    const at = this.now();
    await this.enqueue({ type: "fence-key", at, keyId }, at, { command });
  }

  async recordAccess({ home, access }: RecordAccessCommand): Promise<void> {
    this.settleIn(home);
    const at = this.now();
    const cause = { command: access.requestId, member: access.member };
    await this.enqueue({ type: "record-access", at, access }, at, cause);
  }

  async losePayload({ home, requestId, reason }: LosePayloadCommand): Promise<void> {
    this.settleIn(home);
    const at = this.now();
    const lost = { requestId, reason };
    await this.enqueue({ type: "lose-payload", at, lost }, at, { command: requestId });
  }

  erase({ home, command, order, former }: EraseCommand): Promise<ErasedReply> {
    this.settleIn(home);
    // Who has the key already and waits for the commit ends under the old one.
    this.commitQueued();
    const at = this.now();
    const erasure: DataOf<"SubjectErased"> = former ? { order, former } : { order };
    const keyId = this.#payloads.key()?.id;
    if (keyId !== undefined) erasure.keyId = keyId;
    this.execute({ type: "erase-subject", at, erasure }, at, { command });
    const [sealed] = this.store.read(this.state.erased?.seq ?? 0, 1);
    if (sealed === undefined) throw new Error("an erasure without its event");
    return Promise.resolve(erasedReply(sealed));
  }

  async giveFeedback({ home, given }: GiveFeedbackCommand): Promise<void> {
    this.settleIn(home);
    const at = this.now();
    const cause = { command: given.requestId, member: given.member };
    await this.enqueue({ type: "give-feedback", at, given }, at, cause);
  }

  correctCosts(command: CorrectCostsCommand): Promise<CorrectCostsReply> {
    const state = () => this.state;
    return this.#costs.run(command, {
      get state() {
        return state();
      },
      correct: (corrections) => {
        const at = this.now();
        const cause = { command: `correction/${command.order.order}` };
        this.execute({ type: "correct-costs", at, corrections }, at, cause);
      },
    });
  }

  payloadKey(keyId: string): Promise<WrappedKey | null> {
    const key = this.#payloads.key();
    return Promise.resolve(key?.id === keyId ? key : null);
  }

  async openLeases(command: OpenLeasesCommand): Promise<void> {
    this.settleIn(command.home);
    await this.pasts.countBudgets(command);
    // What waits to be booked belongs to the past that is asked for.
    this.commitQueued();
    const openings = await this.pasts.open(command);
    await this.#leases.open(openings, command.version, command.ledgerShards);
    await this.#rates.tell(command);
  }

  readBudgets(at: number): Promise<BudgetStanding[]> {
    return Promise.resolve(standingsOf(this.state, Math.max(at, this.now())));
  }

  /** A node calls its credit back: what is not held is returned, durably, before the answer. */
  recallLease({ lease, grantedNanos, recall }: RecallCommand): Promise<LeaseTotals> {
    const at = this.now();
    const keepNanos = recall === undefined ? this.#leases.awaited(lease) : 0;
    const command = { type: "return-lease", at, lease, grantedNanos, recall, keepNanos } as const;
    this.execute(command, at, { command: "recall" });
    return this.readLease(lease);
  }

  /** What was used is told once nothing more can be under an older policy. */
  async openRate(command: OpenRateCommand): Promise<RateWord> {
    this.settleIn(command.home);
    await this.pasts.countRate(command);
    this.commitQueued();
    return this.#rates.open(command);
  }

  fencedKeys(): Promise<string[]> {
    return Promise.resolve([...this.state.fenced]);
  }

  /** A counter calls permits back: nothing more is booked under it without new ones. */
  recallRate(rate: RateTermsData): Promise<RateWord> {
    // Who has their permits already and waits for the commit uses them first.
    this.commitQueued();
    return Promise.resolve(this.#rates.recall(rate));
  }

  readLease(lease: LeaseRefData): Promise<LeaseTotals> {
    return Promise.resolve(totalsOf(leaseOf(this.state, lease)));
  }

  protected override onAppended(facts: readonly AppendedFact<UserFact>[]): void {
    for (const { fact, at } of facts) {
      if (fact.type === "CostCorrected") this.#costs.note(fact.data);
      this.#payloads.follow(fact, at);
    }
  }

  protected override carriesFork(fact: UserFact, branch: readonly UserFact[]): boolean {
    return outlivesFork(this.state, fact, branch);
  }

  protected override nextDueAt(state: UserState): number | undefined {
    return nextDueOf(state, this.#payloads.dueAt, this.pasts.dueAt);
  }

  protected override async onDue(at: number): Promise<void> {
    this.execute({ type: "expire", at }, at, { command: "alarm" });
    const returned = this.execute({ type: "return-idle", at }, at, { command: "alarm" });
    await this.#leases.tell(
      returned.flatMap(({ fact }) => (fact.type === "LeaseReturned" ? [fact.data.lease] : [])),
    );
    await this.#payloads.work(this.home?.stream ?? "", at);
    await this.pasts.work();
  }

  #withPayloadKey(command: AdmitCommand, reply: AdmitReply): AdmitReply {
    if (reply.outcome !== "admitted" || command.wantsPayloadKey !== true) return reply;
    const payloadKey = this.#payloads.keyFor(command.home.stream, this.now());
    return payloadKey === undefined ? reply : { ...reply, payloadKey };
  }

  #leaseHost(): LeaseHost {
    const state = () => this.state;
    const home = () => this.home;
    const actors = () => this.#actors;
    return {
      get actors() {
        return actors();
      },
      env: this.env,
      get state() {
        return state();
      },
      get stream() {
        return home()?.stream ?? "";
      },
      get organisation() {
        return home()?.organisation ?? "";
      },
      now: () => this.now(),
      whenOf: (kind, rule) => this.pasts.whenOf(kind, rule),
      execute: (command) => void this.execute(command, command.at, { command: "lease" }),
    };
  }

  #count(request: RequestData, refusal: Refusal, at: number): void {
    this.#counted.add(request, refusal, at);
    this.#countedTimer ??= setTimeout(() => this.#flushCounted(), countedDelayMs);
  }

  #flushCounted(): void {
    clearTimeout(this.#countedTimer);
    this.#countedTimer = undefined;
    if (this.#counted.isEmpty) return;
    const at = this.now();
    const counted = { type: "count-refusals", at, counts: this.#counted.take() } as const;
    // Counts that a failed commit loses are only counts: the refusals they tell of changed nothing.
    this.enqueue(counted, at, { command: "counted" }).catch(() => {});
  }
}
