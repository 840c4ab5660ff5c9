/**
 * The PolicyActor of one organisation: a shell that parses, decides, appends and answers. The edge
 * asks it by RPC; admins talk to it over a hibernating WebSocket.
 */
import type { Connection, ConnectionContext } from "#actors/kit/actor.ts";
import type { Env } from "#actors/kit/env.ts";
import { type AppendedFact, EventSourcedActor } from "#actors/kit/event-sourced-actor.ts";
import { ledgerName, policyName, userStreams } from "#actors/kit/names.ts";
import type { PolicyFact } from "#events/policy-events.ts";
import type { RestoreEnd, RestoreOrder } from "#events/restore-events.ts";
import { formatKey, hashSecret } from "#policy/api-key.ts";
import type { KnownSnapshot, Principal, PolicySnapshot } from "#policy/snapshot.ts";
import { AdminDesk, type DeskHost, type DeskSocket } from "./admin-desk.ts";
import { AnswerBook } from "./answers.ts";
import type {
  FoundCommand,
  OrderAnswer,
  PolicyActorApi,
  PolicyRefusal,
  ViewChange,
  ViewsDifference,
  ViewAnswer,
} from "./api.ts";
import type { PolicyCommand } from "./commands.ts";
import { policyDecider } from "./decider.ts";
import { Eraser } from "./eraser.ts";
import { newKey, sameHash } from "./fresh-key.ts";
import { Repricer } from "./repricer.ts";
import { wasMember } from "./former.ts";
import { checkFounding } from "./input.ts";
import { LimitMirror } from "./limit-mirror.ts";
import { KeyMirror } from "./key-mirror.ts";
import { knownFeatures } from "./known.ts";
import { draftPolicy } from "./draft.ts";
import { LinkBook } from "./links.ts";
import { KEY_HEADER, MEMBER_HEADER, type Seat, UNTIL_HEADER } from "./seat.ts";
import { snapshotFor } from "./snapshot.ts";
import {
  actorsOf,
  type KeyRecord,
  type PolicyState,
  type SavedViewRecord,
  type ShadowRecord,
} from "./state.ts";
import { principalOf, standingOf } from "./principal.ts";
import { orderAnswer } from "./restores.ts";
import { viewAnswer, viewCommand } from "./views.ts";

/** Compared with when there is no such key, so that both answers take the same time. */
const NO_HASH = "0".repeat(64);

export class PolicyActor
  extends EventSourcedActor<PolicyState, PolicyCommand, PolicyFact>
  implements PolicyActorApi
{
  protected override readonly decider = policyDecider;
  readonly #mirror: KeyMirror;
  readonly #limits: LimitMirror;
  readonly #desk: AdminDesk;
  readonly #links: LinkBook;
  readonly #eraser: Eraser;
  readonly #repricer: Repricer;
  /** Whose command is being appended: they get an answer instead of the broadcast. */
  #sender: DeskSocket | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#mirror = new KeyMirror(ctx.storage.sql, env);
    this.#links = new LinkBook(ctx.storage.sql);
    this.#limits = new LimitMirror(env);
    this.#eraser = new Eraser(env);
    this.#repricer = new Repricer(env);
    this.#desk = new AdminDesk(this.#deskHost(), new AnswerBook(ctx.storage.sql));
  }

  snapshot(known: KnownSnapshot | null): Promise<PolicySnapshot | undefined | null> {
    return Promise.resolve(snapshotFor(this.state, known, (seq) => this.store.read(seq, 1)[0]));
  }

  shadow(): Promise<ShadowRecord | null> {
    return Promise.resolve(this.state.shadow ?? null);
  }

  lookUpKey(keyId: string, secretHash: string, at: number): Promise<Principal | null> {
    const key = this.state.keys.get(keyId);
    const same = sameHash(key?.secretHash ?? NO_HASH, secretHash);
    if (key === undefined || !same || this.#isOver(key, at)) return Promise.resolve(null);
    return Promise.resolve(principalOf(this.state, key.member, key) ?? null);
  }

  lookUpMember(memberId: string, keyId?: string): Promise<Principal | null> {
    if (keyId === undefined) return Promise.resolve(principalOf(this.state, memberId) ?? null);
    const key = this.state.keys.get(keyId);
    if (key?.member !== memberId || this.#isOver(key, 0)) return Promise.resolve(null);
    return Promise.resolve(principalOf(this.state, memberId, key) ?? null);
  }

  /** The later of two clocks: a caller's slow clock must not keep a key alive. */
  #isOver({ expiresAt }: KeyRecord, at: number): boolean {
    return expiresAt !== undefined && expiresAt <= Math.max(at, this.now());
  }

  spendLink(id: string, expiresAt: number): Promise<boolean> {
    return Promise.resolve(this.#links.spend(id, expiresAt, this.now()));
  }

  teams(): Promise<string[]> {
    const teams = [...this.state.members.values()].flatMap(({ team }) => team ?? []);
    return Promise.resolve([...new Set(teams)].sort());
  }

  savedViews(): Promise<SavedViewRecord[]> {
    return Promise.resolve(this.state.views ?? []);
  }

  changeView(change: ViewChange): Promise<ViewAnswer> {
    const cause = { command: change.command, member: change.member };
    const facts = this.execute(viewCommand(change), this.now(), cause);
    return Promise.resolve(
      viewAnswer(
        facts.map(({ fact }) => fact),
        this.state,
      ),
    );
  }

  orderRestore(command: string, order: RestoreOrder): Promise<OrderAnswer> {
    const at = this.now();
    const cause = { command, member: order.member };
    return Promise.resolve(
      orderAnswer(this.execute({ type: "OrderRestore", at, order }, at, cause)),
    );
  }

  async endRestore(end: RestoreEnd): Promise<void> {
    this.execute({ type: "EndRestore", end }, this.now(), { command: `restore/${end.order}` });
  }

  async noteDifference(difference: ViewsDifference): Promise<void> {
    if (this.state.organisation === undefined) return;
    const cause = { command: `views/${difference.shard}` };
    this.execute({ type: "NoteDifference", difference }, this.now(), cause);
  }

  async found(
    command: FoundCommand,
  ): Promise<{ ok: true; keys: Record<string, string> } | PolicyRefusal> {
    if (this.state.organisation !== undefined) {
      const message = "This organisation was set up before. Its admins change it from here on.";
      return { ok: false, code: "organisation_exists", message };
    }
    const checked = checkFounding(command, this.#known());
    if (!checked.ok) {
      const message = "The members or the policy need mending; `problems` says where.";
      return { ok: false, code: "invalid_setup", message, problems: checked.problems };
    }
    const { organisation, ledgerShards, members, document } = checked;
    const { TALLYGATE_SECRET: secret } = this.env;
    const stream = policyName(secret, organisation);
    if (this.name !== stream) {
      return { ok: false, code: "wrong_actor", message: "This actor belongs to somebody else." };
    }
    const ledger = ledgerName(secret, organisation, stream, ledgerShards);
    const keys = new Map(members.map(({ id }) => [id, newKey(organisation)]));
    this.settleIn({ organisation, stream, ledger });
    const policy = draftPolicy(document, "the first policy");
    const at = this.now();
    this.execute(
      {
        type: "Found",
        organisation,
        ledgerShards,
        members,
        keys: [...keys].map(([member, key]) => ({
          keyId: key.keyId,
          member,
          label: "first key",
          secretHash: hashSecret(key.secret),
        })),
        policy,
      },
      at,
      { command: command.command },
    );
    await this.#flushKeys();
    const texts = [...keys].map(([member, key]) => [member, formatKey(key)] as const);
    return { ok: true, keys: Object.fromEntries(texts) };
  }

  /** Only the edge reaches an actor, and it opens sockets only for those it has authenticated. */
  protected override accepts(request: Request): boolean {
    return (
      request.headers.get("upgrade")?.toLowerCase() === "websocket" &&
      request.headers.has(MEMBER_HEADER)
    );
  }

  override onConnect(connection: Connection, context?: ConnectionContext): void {
    const headers = context?.request.headers;
    const seat: Seat = { member: decodeURIComponent(headers?.get(MEMBER_HEADER) ?? "") };
    const keyId = headers?.get(KEY_HEADER);
    if (keyId != null) seat.keyId = keyId;
    const until = Number(headers?.get(UNTIL_HEADER) ?? Number.NaN);
    if (Number.isSafeInteger(until)) seat.until = until;
    connection.setState(seat);
    this.#desk.connect(connection as DeskSocket);
  }

  override async onMessage(connection: Connection, message: unknown): Promise<void> {
    await this.#desk.receive(connection as DeskSocket, message).catch(() => {
      // Nothing of the cause goes out; the command was not carried out, or its answer is kept.
      connection.close(1011, "internal");
    });
  }

  override onClose(connection: Connection): void {
    this.#desk.leave(connection as DeskSocket);
  }

  override onError(connection: Connection): void {
    this.#desk.leave(connection as DeskSocket);
  }

  protected override nextDueAt(state: PolicyState): number | undefined {
    const keysAt = this.#mirror.dueAt ?? Infinity;
    const limitsAt = this.#limits.dueAt(state) ?? Infinity;
    const erasuresAt = this.#eraser.dueAt(state) ?? Infinity;
    const pricesAt = this.#repricer.dueAt(state) ?? Infinity;
    const inForceAt = state.pending[0]?.dueAt ?? Infinity;
    const due = Math.min(inForceAt, keysAt, limitsAt, erasuresAt, pricesAt);
    return due === Infinity ? undefined : due;
  }

  protected override async onDue(at: number): Promise<void> {
    if (this.state.pending.some(({ dueAt }) => dueAt <= at)) {
      this.execute({ type: "BringIntoForce", at }, at, { command: "alarm" });
    }
    await this.#flushKeys();
    if ((this.#eraser.dueAt(this.state) ?? Infinity) <= at) await this.#carryOutErasures();
    if ((this.#limits.dueAt(this.state) ?? Infinity) <= at) await this.#tellLimits(at);
    if ((this.#repricer.dueAt(this.state) ?? Infinity) <= at) await this.#reprice(at);
  }

  protected override onAppended(facts: readonly AppendedFact<PolicyFact>[]): void {
    for (const { fact, at } of facts) this.#markKeys(fact, at);
    this.#desk.broadcast(facts[0]?.seq ?? 0, facts.length, this.#sender);
  }

  /** Of two histories of the rules the ledger's holds; what takes rights away holds from both. */
  protected override carriesFork({ type }: PolicyFact): boolean {
    return type === "KeyRevoked" || type === "MemberRemoved";
  }

  protected override onSetAside(facts: readonly PolicyFact[]): void {
    for (const fact of facts) this.#markKeys(fact, this.now());
  }

  #deskHost(): DeskHost {
    const state = () => this.state;
    const known = () => this.#known();
    return {
      get state() {
        return state();
      },
      get known() {
        return known();
      },
      now: () => this.now(),
      newKey: () => newKey(this.state.organisation ?? ""),
      events: (fromSeq, limit) => this.store.read(fromSeq, limit),
      execute: (command, at, cause, sender) => {
        this.#sender = sender;
        try {
          return this.execute(command, at, cause).map(({ fact }) => fact);
        } finally {
          this.#sender = undefined;
        }
      },
      flushKeys: () => this.#flushKeys(),
      carryOutErasures: () => this.#carryOutErasures(),
      wasMember: (id) => wasMember(this.ctx.storage.sql, id),
      revocationsPending: () => this.#mirror.markedKeys().some((id) => !this.state.keys.has(id)),
      sockets: () => this.getConnections<Seat>() as Iterable<DeskSocket>,
    };
  }

  /** Notes the keys whose copies a fact makes stale. */
  #markKeys(fact: PolicyFact, at: number): void {
    if (fact.type === "KeyIssued") this.#mirror.mark(fact.data.keyId, fact.data.member, at);
    if (fact.type === "KeyRevoked") {
      const { keyId } = fact.data;
      const key = this.state.revoked.findLast((revoked) => revoked.keyId === keyId);
      if (key !== undefined) this.#mirror.mark(keyId, key.member, at);
    }
    if (fact.type === "MemberSet") {
      for (const key of this.state.keys.values()) {
        if (key.member === fact.data.id) this.#mirror.mark(key.keyId, key.member, at);
      }
    }
  }

  /** Tells the shared budgets of new limits; everybody hears once all of them hold. */
  async #tellLimits(at: number): Promise<void> {
    const told = await this.#limits.work(this.state, at);
    if (told === undefined) return;
    const { version, nodes } = told;
    const rates = told.rates.map(({ limit }) => {
      return { rate: limit.name, scope: limit.scope, limit: limit.limit };
    });
    const budgets = nodes.map(({ budget, scope, limitNanos }) => ({ budget, scope, limitNanos }));
    const cause = { command: `policy/${version}` };
    this.execute({ type: "SayLimitsEffective", version, budgets, rates }, this.now(), cause);
  }

  #carryOutErasures(): Promise<void> {
    return this.#eraser.work(this.state, this.now(), (done) => {
      const cause = { command: `erasure/${done.order}` };
      this.execute({ type: "ConfirmErasure", done }, this.now(), cause);
    });
  }

  async #reprice(at: number): Promise<void> {
    const applied = await this.#repricer.work(this.state, at);
    if (applied === undefined) return;
    const cause = { command: `correction/${applied.order}` };
    this.execute({ type: "ConfirmCorrection", applied }, this.now(), cause);
  }

  async #flushKeys(): Promise<void> {
    const { organisation, ledgerShards } = this.state;
    if (organisation === undefined || this.#mirror.dueAt === undefined) return;
    const standing = (keyId: string, member: string) => standingOf(this.state, keyId, member);
    const streamsOf = (member: string) =>
      userStreams(this.env.TALLYGATE_SECRET, organisation, member, actorsOf(this.state, member));
    await this.#mirror.flush(
      { organisation, ledgerShards, standingOf: standing, streamsOf },
      this.now(),
    );
  }

  #known(): ReturnType<typeof knownFeatures> {
    return knownFeatures(this.env.TALLYGATE_ALLOW_PRIVATE === "1");
  }
}
