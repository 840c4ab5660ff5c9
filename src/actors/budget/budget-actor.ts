/**
 * The actor of one shared budget: grants credit to its children, and calls it back.
 *
 * A thin shell: it asks its parent before it decides again, sends recalls until they are answered,
 * and never takes anything back by time.
 */
import { EventSourcedActor } from "#actors/kit/event-sourced-actor.ts";
import { budgetStream } from "#actors/kit/names.ts";
import type { BudgetFact, LeaseRefData } from "#events/budget-events.ts";
import type { StreamHome } from "#actors/kit/home.ts";
import type {
  BudgetActorApi,
  LimitReply,
  LeaseTotals,
  NodeStatus,
  RateAsk,
  RateReply,
  RecallCommand,
  RenewCommand,
  Renewed,
  RenewReply,
  ReturnCommand,
  SetLimitCommand,
  ShadowWord,
  SetRateCommand,
  TellRateCommand,
} from "./api.ts";
import { childOf, forEachChild, parentOf } from "./children.ts";
import { accountOf } from "./preview.ts";
import { budgetDecider, idleAt, overdrawn, unanswered, type BudgetCommand } from "./decider.ts";
import { freeIn, roomIn } from "./free.ts";
import {
  recallGapMs,
  recallOthersMax,
  recallRetryMaxMs,
  recallRetryMs,
  renewRoundsMax,
} from "./limits.ts";
import { unheardBy } from "./member.ts";
import { MemberDesk } from "./member-desk.ts";
import { ParentDesk } from "./parent-desk.ts";
import { tellParent } from "./past.ts";
import { isPassed } from "./rate-decider.ts";
import { RateDesk } from "./rate-desk.ts";
import { outOf, periodIn, type Account, type BudgetState } from "./state.ts";
import { ShadowDesk } from "./shadow-desk.ts";
import { refOf, termsOf } from "./terms.ts";
import { formerTotals, nodeTotals, statusOf } from "./totals.ts";

export class BudgetActor
  extends EventSourcedActor<BudgetState, BudgetCommand, BudgetFact>
  implements BudgetActorApi
{
  protected override readonly decider = budgetDecider;
  /** Rounds of recalls for idle credit, by period: one at a time, and not too often. */
  readonly #rounds = new Map<string, { at: number; done: Promise<void> }>();
  readonly #parent = new ParentDesk({
    env: this.env,
    state: () => this.state,
    stream: () => this.home?.stream ?? "",
    now: () => this.now(),
    execute: (command) => this.#execute(command, "renew"),
  });
  readonly #members = new MemberDesk({
    env: this.env,
    state: () => this.state,
    now: () => this.now(),
    execute: (command) => this.#execute(command, "member"),
  });
  readonly #rates = new RateDesk({
    state: () => this.state,
    now: () => this.now(),
    execute: (command) => {
      const cause = command.type === "rate" ? command.child : `policy/${command.version}`;
      this.#execute(command, cause);
    },
    recall: (child, rate) => this.env.USERS.getByName(child).recallRate(rate),
  });
  readonly #shadow = new ShadowDesk({
    state: () => this.state,
    now: () => this.now(),
    read: () => this.store.getMeta("shadow-told") as string | undefined,
    keep: (json) => this.store.setMeta("shadow-told", json),
  });
  /** Alarms know no 0: 1 is at once. */
  #recallAt = 1;
  #recallTries = 0;

  async renew(command: RenewCommand): Promise<RenewReply> {
    this.settleIn(command.home);
    const lease = refOf(command.budget);
    let by = command.budget.name;
    let outcome: "exhausted" | "unavailable" = "exhausted";
    let recalled = false;
    let parentSaidNo = false;
    const { actors } = command;
    if (actors !== undefined && !(await this.#members.knowsPeriod(command, lease, actors))) {
      const { grantedNanos = 0 } = accountOf(this.state, lease).children.get(command.child) ?? {};
      return { outcome: "unavailable", grantedNanos, by };
    }
    const unheard = unheardBy(command, accountOf(this.state, lease));
    if (unheard !== undefined) return { outcome: "again", grantedNanos: unheard };
    for (let round = 0; round < renewRoundsMax; round += 1) {
      const granted = this.#grant(command, lease);
      if (granted !== undefined) {
        this.#parent.prefetch(command, lease);
        return granted;
      }
      const account = accountOf(this.state, lease);
      const isOwnLimit = roomIn(this.state, account) < command.needNanos;
      if (!isOwnLimit && command.budget.parent !== undefined && !parentSaidNo) {
        const reply = await this.#parent.renew(command, lease);
        if (reply.outcome === "granted") continue;
        parentSaidNo = true;
        outcome = reply.outcome;
        by = reply.by;
      }
      if (recalled) break;
      recalled = true;
      await this.#recallOthers(lease, command.child);
    }
    const { grantedNanos = 0 } = accountOf(this.state, lease).children.get(command.child) ?? {};
    return { outcome, grantedNanos, by };
  }

  async askRate(ask: RateAsk): Promise<RateReply> {
    this.settleIn(ask.home);
    const { actors } = ask;
    if (isPassed(this.state.rate, ask)) {
      // Whoever asks is told of the newer version by those who are asking everybody.
      await this.#members.quiet();
      return { outcome: "again" };
    }
    if (actors !== undefined && !(await this.#members.knowsWindow(ask, actors))) {
      throw new Error("not every actor of the member has told what it used");
    }
    return this.#rates.ask(ask);
  }

  tellShadow(word: ShadowWord): Promise<number | null> {
    return Promise.resolve(this.#shadow.tell(word));
  }

  tellRate(command: TellRateCommand): Promise<boolean> {
    this.settleIn(command.home);
    return Promise.resolve(this.#rates.tell(command));
  }

  setRate(command: SetRateCommand): Promise<LimitReply> {
    this.settleIn(command.home);
    return this.#rates.set(command);
  }

  returnLease({ home, child, lease, totals }: ReturnCommand): Promise<void> {
    if (home !== undefined) this.settleIn(home);
    if (this.home === undefined) return Promise.resolve();
    this.#execute({ type: "report", at: this.now(), child, lease, totals }, child);
    return Promise.resolve();
  }

  async setLimit(command: SetLimitCommand): Promise<LimitReply> {
    this.settleIn(command.home);
    const { home, ledgerShards, counted = false, ...terms } = command;
    const cause = `policy/${terms.version}`;
    this.#execute({ type: "set-limit", at: this.now(), terms }, cause);
    await this.#tellPast(home, ledgerShards ?? 1);
    const { version } = terms;
    if (counted) this.#execute({ type: "count-past", at: this.now(), version }, cause);
    if (overdrawn(this.state).length > 0) await this.#recallAll();
    const { effectiveVersion, countedVersion, version: known } = this.state;
    const isEffective = effectiveVersion >= known;
    return { effective: isEffective, version: known, counted: countedVersion >= known };
  }

  /** A parent that is new counts what was out here before. */
  async #tellPast(home: StreamHome, ledgerShards: number): Promise<void> {
    const { parent, accounts } = this.state;
    if (parent === undefined) return;
    for (const { lease: own } of accounts.values()) {
      if (own.resetsAt <= this.now()) continue;
      this.#execute({ type: "open-own", at: this.now(), lease: own }, "past");
      const account = accountOf(this.state, own);
      if (account.own.pastNanos === 0) continue;
      await tellParent(this.env, home, ledgerShards, { parent, own }, nodeTotals(account));
    }
  }

  /** The parent calls: own children first when nothing may be spent any more. */
  async recallLease({ lease, grantedNanos, recall }: RecallCommand): Promise<LeaseTotals> {
    if (this.home === undefined) throw new Error("this budget was never leased anything");
    const own = this.#ownRef(lease);
    // One that is this budget's parent no more: what it leased stays with it, spent or not.
    if (lease.budget !== this.state.leasedFrom) return formerTotals(this.state, lease);
    const back = { type: "return-own", lease: own, grantedNanos, recall } as const;
    if (recall !== undefined) {
      const begin = { type: "recall", at: this.now(), lease: own, parentRecall: recall } as const;
      this.#execute(begin, "recall");
      // At once, so that nothing more is passed on while the children are asked.
      this.#execute({ ...back, at: this.now() }, "recall");
      await this.#recallFrom(own, unanswered(accountOf(this.state, own)), true);
      if (unanswered(accountOf(this.state, own)).length > 0) {
        throw new Error("not every child has answered");
      }
    } else await this.#recallOthers(own, "");
    this.#execute({ ...back, at: this.now() }, "recall");
    return nodeTotals(accountOf(this.state, own));
  }

  readLease(lease: LeaseRefData): Promise<LeaseTotals> {
    return this.#readChildren(this.#ownRef(lease)).then(({ account }) => nodeTotals(account));
  }

  async status(at: number): Promise<NodeStatus[]> {
    const current = [...this.state.accounts.values()].filter(({ lease }) => lease.resetsAt > at);
    const read = await Promise.all(current.map(({ lease }) => this.#readChildren(lease)));
    return read.map(({ account, complete }) => statusOf(this.state, account, complete));
  }

  protected override nextDueAt(state: BudgetState): number | undefined {
    const idle = state.parent === undefined ? Infinity : (idleAt(state) ?? Infinity);
    const recall = overdrawn(state).length > 0 ? this.#recallAt : Infinity;
    const due = Math.min(idle, recall);
    return due === Infinity ? undefined : due;
  }

  protected override async onDue(at: number): Promise<void> {
    if (overdrawn(this.state).length > 0 && this.#recallAt <= at) await this.#recallAll();
    if ((idleAt(this.state) ?? Infinity) <= at) await this.#returnIdle(at);
  }

  /** The grant of this message, or of an earlier one like it that was not heard. */
  #grant(command: RenewCommand, lease: LeaseRefData): Renewed | undefined {
    const { child, seq, totals, needNanos, demandNanos } = command;
    const terms = termsOf(command.budget, command.version);
    const at = this.now();
    this.#execute(
      { type: "renew", at, child, lease, terms, seq, totals, needNanos, demandNanos },
      child,
    );
    const account = accountOf(this.state, lease);
    const { grantedNanos = 0 } = account.children.get(child) ?? {};
    if (grantedNanos <= totals.grantedNanos) return undefined;
    const freeNanos = freeIn(this.state, account);
    if (this.state.parent === undefined) return { outcome: "granted", grantedNanos, freeNanos };
    const parentFreeNanos = freeNanos + account.own.freeNanos;
    const free = Math.min(roomIn(this.state, account), parentFreeNanos);
    return { outcome: "granted", grantedNanos, freeNanos: free, parentFreeNanos };
  }

  /** Calls idle credit back from the other children; one round at a time, and not too often. */
  #recallOthers(lease: LeaseRefData, except: string): Promise<void> {
    const key = periodIn(lease);
    const last = this.#rounds.get(key);
    const at = this.now();
    if (last !== undefined && at - last.at < recallGapMs) return last.done;
    const { children } = accountOf(this.state, lease);
    const names: string[] = [];
    for (const [name, child] of children) {
      const isIdle = outOf(child) > child.usedNanos + child.heldNanos;
      if (name !== except && isIdle && names.length < recallOthersMax) names.push(name);
    }
    const done = this.#recallFrom(lease, names, false);
    this.#rounds.set(key, { at, done });
    return done;
  }

  /** Everything above the limit is called back, until all have answered. */
  async #recallAll(): Promise<void> {
    this.#recallTries += 1;
    const waitMs = Math.min(recallRetryMs * 2 ** (this.#recallTries - 1), recallRetryMaxMs);
    this.#recallAt = this.now() + waitMs;
    for (const account of overdrawn(this.state)) {
      await this.#recallFrom(account.lease, unanswered(account), true);
    }
    if (overdrawn(this.state).length === 0) this.#recallTries = 0;
  }

  #recallFrom(lease: LeaseRefData, names: readonly string[], isFinal: boolean): Promise<void> {
    return forEachChild(names, async (child) => {
      const account = accountOf(this.state, lease);
      const { grantedNanos = 0 } = account.children.get(child) ?? {};
      const { recall } = account;
      const called = { lease, grantedNanos };
      const totals = await childOf(this.env, child).recallLease(
        isFinal ? { ...called, recall } : called,
      );
      const report = { type: "report", at: this.now(), child, lease, totals } as const;
      this.#execute(isFinal ? { ...report, recall } : report, "recall");
    });
  }

  async #readChildren(lease: LeaseRefData): Promise<{ account: Account; complete: boolean }> {
    const { children } = accountOf(this.state, lease);
    const names = [...children.keys()].slice(0, recallOthersMax);
    let answers = 0;
    await forEachChild(names, async (child) => {
      const totals = await childOf(this.env, child).readLease(lease);
      this.#execute({ type: "report", at: this.now(), child, lease, totals }, "status");
      answers += 1;
    });
    return { account: accountOf(this.state, lease), complete: answers === children.size };
  }

  async #returnIdle(at: number): Promise<void> {
    const { parent } = this.state;
    const { organisation, stream: child } = this.home ?? {};
    if (parent === undefined || organisation === undefined || child === undefined) return;
    for (const { lease, own } of this.state.accounts.values()) {
      const { grantedNanos } = own;
      this.#execute({ type: "return-own", at, lease, grantedNanos }, "alarm");
      const up = { ...lease, budget: parent, scope: "organisation" };
      const stream = budgetStream(this.env.TALLYGATE_SECRET, organisation, parent, up.scope);
      const totals = nodeTotals(accountOf(this.state, lease));
      await parentOf(this.env, stream)
        .returnLease({ child, lease: up, totals })
        .catch(() => {});
    }
  }

  /** The same period of this budget: a parent names its own. */
  #ownRef({ period, periodKey, resetsAt }: LeaseRefData): LeaseRefData {
    const { budget, scope } = this.state;
    return { budget, scope, period, periodKey, resetsAt };
  }

  #execute(command: BudgetCommand, cause: string): void {
    this.execute(command, command.at, { command: cause });
  }
}
