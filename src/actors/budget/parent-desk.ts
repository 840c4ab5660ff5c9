/**
 * Leases credit of a budget from the one that it is part of. One asking is under way at a time; all
 * who wait meanwhile are counted in the next. Nothing here decides.
 */
import type { Env } from "#actors/kit/env.ts";
import { budgetStream, ledgerName } from "#actors/kit/names.ts";
import type { LeaseRefData } from "#events/budget-events.ts";
import type { RenewCommand, Renewed } from "./api.ts";
import { parentOf } from "./children.ts";
import type { BudgetCommand } from "./decider.ts";
import { recallGapMs } from "./limits.ts";
import { accountOf } from "./preview.ts";
import { ownSpare, periodIn, type BudgetState } from "./state.ts";
import { nodeTotals } from "./totals.ts";

/** What the desk needs of its actor. */
export interface ParentHost {
  readonly env: Env;
  state(): BudgetState;
  /** The actor's own stream. */
  stream(): string;
  now(): number;
  execute(command: BudgetCommand): void;
}

export class ParentDesk {
  readonly #host: ParentHost;
  readonly #running = new Map<string, Promise<Renewed>>();
  /** What those who wait need together, and the least of them. */
  readonly #waiting = new Map<string, RenewCommand[]>();
  /** The last grant by period, and until when nothing is asked for ahead of need. */
  readonly #last = new Map<string, { sizeNanos: number; dryUntil: number }>();

  constructor(host: ParentHost) {
    this.#host = host;
  }

  /** Asks the parent for what is missing; those who come meanwhile are counted in the next asking. */
  async renew(command: RenewCommand, lease: LeaseRefData): Promise<Renewed> {
    const key = periodIn(lease);
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, waiting);
    waiting.push(command);
    try {
      // One that is under way does not count this child: it may bring enough, or too little.
      const reply = await this.#running.get(key);
      if (reply?.outcome === "granted" && this.#passable(lease) >= command.needNanos) return reply;
      const known = this.#running.get(key);
      if (known !== undefined) return await known;
      const run = this.#askParent(command, lease, waiting).finally(() => {
        this.#running.delete(key);
      });
      this.#running.set(key, run);
      return await run;
    } finally {
      waiting.splice(waiting.indexOf(command), 1);
    }
  }

  /**
   * Half of what the parent leased last is passed on: asks for more while nobody waits, so that
   * children's leases need not shrink with it.
   */
  prefetch(command: RenewCommand, lease: LeaseRefData): void {
    if (command.budget.parent === undefined) return;
    const key = periodIn(lease);
    const { sizeNanos = 0, dryUntil = 0 } = this.#last.get(key) ?? {};
    const passable = this.#passable(lease);
    const { freeNanos } = accountOf(this.#host.state(), lease).own;
    const isLow = passable * 2 < sizeNanos && freeNanos > sizeNanos;
    if (!isLow || dryUntil > this.#host.now() || this.#running.has(key)) return;
    const needNanos = Math.max(passable, 0) + command.needNanos;
    const ahead = { ...command, needNanos, demandNanos: needNanos };
    void this.renew(ahead, lease).catch(() => {});
  }

  /** Own credit that may be passed on; negative where it is owed. */
  #passable(lease: LeaseRefData): number {
    const account = accountOf(this.#host.state(), lease);
    const spare = ownSpare(account);
    return account.own.recalled ? Math.min(spare, 0) : spare;
  }

  async #askParent(
    command: RenewCommand,
    lease: LeaseRefData,
    waiting: readonly RenewCommand[],
  ): Promise<Renewed> {
    // Those who waited for the last answer come one after another: all of them are counted.
    await Promise.resolve();
    const { parent } = command.budget;
    const { organisation } = command.home;
    if (parent === undefined) return { outcome: "exhausted", grantedNanos: 0, by: lease.budget };
    const before = accountOf(this.#host.state(), lease);
    if (before.own.recalled && ownSpare(before) > 0) {
      const { grantedNanos } = before.own;
      this.#host.execute({ type: "return-own", at: this.#host.now(), lease, grantedNanos });
    }
    const secret = this.#host.env.TALLYGATE_SECRET;
    const stream = budgetStream(secret, organisation, parent.name, parent.scope);
    const ledger = ledgerName(secret, organisation, stream, command.ledgerShards);
    const { ledgerShards, version } = command;
    const passable = this.#passable(lease);
    const needNanos = Math.max(Math.min(...waiting.map((one) => one.needNanos)) - passable, 1);
    const demand = waiting.reduce((sum, one) => sum + one.demandNanos, 0);
    const demandNanos = Math.max(demand - passable, needNanos);
    let reply: Renewed;
    const by = parent.name;
    try {
      const answer = await parentOf(this.#host.env, stream).renew({
        home: { organisation, stream, ledger },
        ledgerShards,
        child: this.#host.stream(),
        budget: parent,
        version,
        seq: this.#host.state().seq,
        totals: nodeTotals(accountOf(this.#host.state(), lease)),
        needNanos,
        demandNanos,
      });
      // Only members are asked to give back what they have not heard of.
      const { grantedNanos } = answer;
      reply = answer.outcome === "again" ? { outcome: "exhausted", grantedNanos, by } : answer;
    } catch {
      return { outcome: "unavailable", grantedNanos: 0, by };
    }
    const { grantedNanos } = reply;
    const freeNanos = reply.outcome === "granted" ? reply.freeNanos : 0;
    const at = this.#host.now();
    const sizeNanos = grantedNanos - accountOf(this.#host.state(), lease).own.grantedNanos;
    const isGranted = reply.outcome === "granted";
    this.#last.set(periodIn(lease), { sizeNanos, dryUntil: isGranted ? 0 : at + recallGapMs });
    this.#host.execute({ type: "lease-granted", at, lease, grantedNanos, freeNanos });
    return reply;
  }
}
