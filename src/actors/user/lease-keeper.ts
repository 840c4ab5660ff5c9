/**
 * Fetches credit for one principal from the nodes of shared budgets, and tells them what went back.
 *
 * One renewal of a lease is under way at a time; all who wait meanwhile are counted in the next. One
 * that was asked for ahead of need refuses nobody.
 * Nothing here decides: what a node answers becomes a command, and the decider says what it means.
 */
import type { BudgetActorApi, Renewed, RenewReply } from "#actors/budget/api.ts";
import type { Env } from "#actors/kit/env.ts";
import type { StreamHome } from "#actors/kit/home.ts";
import { budgetStream, ledgerName } from "#actors/kit/names.ts";
import type { LeaseRefData } from "#events/budget-events.ts";
import type { SharedBudgetData } from "#events/user-events.ts";
import { localScope } from "#policy/split.ts";
import { startOf } from "./budgets.ts";
import type { UserCommand } from "./decider.ts";
import { inOrder, levelOf, type LeaseOpening } from "./lease-past.ts";
import {
  creditOf,
  denialOf,
  leaseKey,
  leaseOf,
  leaseRefOf,
  spendable,
  spendableUnder,
  totalsOf,
} from "./leases.ts";
import { deniedJitterMs, deniedMs, leasesMax } from "./limits.ts";
import type { PastCounter } from "./past-counter.ts";
import type { RequestData, UserState } from "./state.ts";

/** What the keeper needs of its actor. */
export interface LeaseHost {
  readonly state: UserState;
  readonly env: Env;
  /** The actor's own stream. */
  readonly stream: string;
  readonly organisation: string;
  now(): number;
  execute(command: UserCommand): void;
  /** Of a member who is or was split: the most actors they ever had. */
  readonly actors: number | undefined;
  /** What a rule that came lately picks; undefined for others. */
  whenOf: PastCounter["whenOf"];
}

/** What one request lacks, and what it asks for so that others do not take that again. */
interface Need {
  nanos: number;
  demandNanos: number;
}

export class LeaseKeeper {
  readonly #host: LeaseHost;
  readonly #running = new Map<string, Promise<void>>();
  /** Those who wait for a lease. */
  readonly #waiting = new Map<string, Need[]>();
  /** Until when nothing more is asked for ahead of need: the node had nothing to spare. */
  readonly #dryUntil = new Map<string, number>();

  constructor(host: LeaseHost) {
    this.#host = host;
  }

  /**
   * Asks the node of every budget that is short; returns once all have answered or failed. A request
   * that others were quicker than asks for twice as much in each round.
   */
  async renew(
    short: readonly SharedBudgetData[],
    request: RequestData,
    ledgerShards: number,
    round = 1,
  ): Promise<void> {
    await Promise.all(short.map((budget) => this.#renewOne(budget, request, ledgerShards, round)));
  }

  /** Half of a lease is gone: asks for more while nobody waits. */
  prefetch(request: RequestData, ledgerShards: number): void {
    const at = this.#host.now();
    for (const budget of request.shared ?? []) {
      const lease = leaseOf(this.#host.state, leaseRefOf(budget));
      const key = leaseKey(lease.ref);
      const isLow = spendable(lease) * 2 < lease.sizeNanos && lease.freeNanos > lease.sizeNanos;
      if (!isLow || lease.denied !== undefined || this.#running.has(key)) continue;
      if ((this.#dryUntil.get(key) ?? 0) > at) continue;
      const cost = Math.max(request.bound.costNanos, 1);
      const needs = [{ nanos: cost, demandNanos: cost }];
      void this.#start(budget, request.policyVersion, ledgerShards, needs, true).catch(() => {});
    }
  }

  /** Tells the nodes of budgets that begin to count what was spent before; throws when one cannot be. */
  async open(
    openings: readonly LeaseOpening[],
    version: number,
    ledgerShards: number,
  ): Promise<void> {
    const host = this.#host;
    const ordered = inOrder(openings);
    for (const opening of ordered) {
      if (localScope(opening.lease.scope) !== undefined) this.#follow(opening, version);
      else host.execute({ type: "open-lease", at: host.now(), opening, version });
    }
    for (const { lease } of ordered) {
      const known = host.state.leases.get(leaseKey(lease));
      const isOwn = known !== undefined && localScope(lease.scope) !== undefined;
      if (!isOwn && known?.pastNanos === undefined && known?.prepaidNanos === undefined) continue;
      const { stream: child } = host;
      const home = this.#homeOf(lease, ledgerShards);
      await this.#node(lease).returnLease({ home, child, lease, totals: totalsOf(known) });
    }
  }

  /** What those who wait for a lease are about to take: credit that is not idle. */
  awaited(lease: LeaseRefData): number {
    const waiting = this.#waiting.get(leaseKey(lease)) ?? [];
    return waiting.reduce((sum, { nanos }) => sum + nanos, 0);
  }

  /** Tells the nodes of leases what was returned; a message that is lost is made up for later. */
  async tell(leases: readonly LeaseRefData[]): Promise<void> {
    await Promise.all(
      leases.map(async (lease) => {
        const totals = totalsOf(leaseOf(this.#host.state, lease));
        const { stream: child } = this.#host;
        await this.#node(lease)
          .returnLease({ child, lease, totals })
          .catch(() => {});
      }),
    );
  }

  async #renewOne(
    budget: SharedBudgetData,
    { bound, policyVersion }: RequestData,
    ledgerShards: number,
    round: number,
  ): Promise<void> {
    const cost = bound.costNanos;
    const key = leaseKey(leaseRefOf(budget));
    const waiting = this.#waiting.get(key) ?? [];
    const demandNanos = Math.min(cost * 2 ** (round - 1), Number.MAX_SAFE_INTEGER);
    const need: Need = { nanos: cost, demandNanos };
    waiting.push(need);
    this.#waiting.set(key, waiting);
    try {
      // One that is under way does not count this request: it may bring enough, or too little.
      await this.#running.get(key);
      if (!this.#lacks(budget, cost, policyVersion)) return;
      await (this.#running.get(key) ?? this.#start(budget, policyVersion, ledgerShards, waiting));
    } finally {
      waiting.splice(waiting.indexOf(need), 1);
    }
  }

  #lacks(budget: SharedBudgetData, cost: number, version: number): boolean {
    const lease = leaseOf(this.#host.state, leaseRefOf(budget));
    return spendableUnder(lease, version) < cost && denialOf(lease, this.#host.now()) === undefined;
  }

  #start(
    budget: SharedBudgetData,
    version: number,
    ledgerShards: number,
    needs: readonly Need[],
    isAhead = false,
  ): Promise<void> {
    const key = leaseKey(leaseRefOf(budget));
    const run = this.#ask(budget, version, ledgerShards, needs, isAhead).finally(() => {
      this.#running.delete(key);
    });
    this.#running.set(key, run);
    return run;
  }

  async #ask(
    budget: SharedBudgetData,
    version: number,
    ledgerShards: number,
    needs: readonly Need[],
    isAhead: boolean,
  ): Promise<void> {
    const host = this.#host;
    // Those who waited for the last answer come one after another: all of them are counted.
    await Promise.resolve();
    const ref = leaseRefOf(budget);
    const opening = openingOf(budget);
    const isFirst = !host.state.leases.has(leaseKey(ref));
    if (localScope(ref.scope) !== undefined) this.#follow(opening, version);
    // What the organisation's budget lacks is known once those of teams have said what they count.
    else if (isFirst && (levelOf(opening) === 0 || !opening.whole)) {
      host.execute({ type: "open-lease", at: host.now(), opening, version });
    }
    const held = leaseOf(host.state, ref);
    // After a recall what came back may not be spent: it is leased anew, if there is room for it.
    if (held.recalled && creditOf(held) > 0) {
      const { grantedNanos } = held;
      host.execute({ type: "return-lease", at: host.now(), lease: ref, grantedNanos });
    }
    const lease = leaseOf(host.state, ref);
    const credit = creditOf(lease);
    const least = Math.min(...needs.map(({ nanos }) => nanos));
    const demand = needs.reduce((sum, { demandNanos }) => sum + demandNanos, 0);
    const reply = await this.#reply(budget, version, ledgerShards, {
      needNanos: Math.max(least - credit, 1),
      demandNanos: Math.min(Math.max(demand - credit, 1), Number.MAX_SAFE_INTEGER),
    });
    // Another version's: what was granted under an older one goes back unspent.
    const isNewer = (leaseOf(host.state, ref).version ?? version) > version;
    if (isNewer || reply.outcome === "again") {
      const { grantedNanos } = reply;
      host.execute({ type: "return-lease", at: host.now(), lease: ref, grantedNanos });
      return;
    }
    this.#note(ref, reply, least, isAhead);
  }

  /** Takes a member's own budget over under a version: older credit goes back, the past is told. */
  #follow(opening: LeaseOpening, version: number): void {
    const host = this.#host;
    const { lease } = opening;
    const held = leaseOf(host.state, lease);
    if ((held.version ?? -1) >= version) return;
    const { grantedNanos } = held;
    const at = host.now();
    if (creditOf(held) > 0) host.execute({ type: "return-lease", at, lease, grantedNanos });
    host.execute({ type: "open-lease", at, opening, version });
  }

  async #reply(
    budget: SharedBudgetData,
    version: number,
    ledgerShards: number,
    asked: { needNanos: number; demandNanos: number },
  ): Promise<RenewReply> {
    const { state, stream: child } = this.#host;
    const ref = leaseRefOf(budget);
    const home = this.#homeOf(ref, ledgerShards);
    const totals = totalsOf(leaseOf(state, ref));
    const { seq } = state;
    try {
      const node = this.#node(ref);
      const command = { home, ledgerShards, child, budget, version, seq, totals, ...asked };
      const { actors } = this.#host;
      if (actors === undefined || localScope(ref.scope) === undefined) {
        return await node.renew(command);
      }
      const when = this.#host.whenOf("budgets", budget);
      return await node.renew(
        when === undefined ? { ...command, actors } : { ...command, actors, when },
      );
    } catch {
      return { outcome: "unavailable", grantedNanos: 0, by: budget.name };
    }
  }

  #note(ref: LeaseRefData, reply: Renewed, needNanos: number, isAhead: boolean): void {
    const host = this.#host;
    const at = host.now();
    const { grantedNanos } = reply;
    const granted = { lease: ref, grantedNanos };
    if (reply.outcome === "granted") {
      const { freeNanos, parentFreeNanos } = reply;
      const free = parentFreeNanos === undefined ? { freeNanos } : { freeNanos, parentFreeNanos };
      host.execute({ type: "lease-granted", at, granted: { ...granted, ...free } });
      return;
    }
    host.execute({ type: "lease-granted", at, granted });
    const untilAt = at + deniedMs + Math.floor(Math.random() * deniedJitterMs);
    if (isAhead) {
      // Nobody was refused: whoever needs less than this may still be granted it.
      if (this.#dryUntil.size >= leasesMax) this.#dryUntil.clear();
      this.#dryUntil.set(leaseKey(ref), untilAt);
      return;
    }
    // Credit that came back meanwhile may do; else the node is left alone for a while.
    if (spendable(leaseOf(host.state, ref)) >= needNanos) return;
    const { outcome: reason, by } = reply;
    host.execute({ type: "lease-denied", at, denied: { lease: ref, reason, by, untilAt } });
  }

  #homeOf({ budget, scope }: LeaseRefData, ledgerShards: number): StreamHome {
    const { env, organisation } = this.#host;
    const stream = budgetStream(env.TALLYGATE_SECRET, organisation, budget, scope);
    const ledger = ledgerName(env.TALLYGATE_SECRET, organisation, stream, ledgerShards);
    return { organisation, stream, ledger };
  }

  #node({ budget, scope }: LeaseRefData): BudgetActorApi {
    const { env, organisation } = this.#host;
    const name = budgetStream(env.TALLYGATE_SECRET, organisation, budget, scope);
    return env.BUDGETS.getByName(name);
  }
}

function openingOf(budget: SharedBudgetData): LeaseOpening {
  const { parent, whole = false, since } = budget;
  const lease = leaseRefOf(budget);
  return { lease, startsAt: startOf(budget), parent: parent?.name, whole, since };
}
