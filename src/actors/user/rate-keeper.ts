/**
 * Fetches permits of shared rates for one principal. One asking of a rate is under way at a time; all
 * who wait meanwhile are counted in the next. Nothing here decides.
 */
import type { OpenRateCommand, RateReply, RateWord } from "#actors/budget/api.ts";
import type { StreamHome } from "#actors/kit/home.ts";
import { ledgerName, rateStream } from "#actors/kit/names.ts";
import type { RateTermsData } from "#events/budget-events.ts";
import type { LimitData } from "#events/user-events.ts";
import { localScope } from "#policy/split.ts";
import type { OpenLeasesCommand } from "./commands.ts";
import type { LeaseHost } from "./lease-keeper.ts";
import { capDeniedMs, deniedMs } from "./limits.ts";
import { amountOf } from "./rates.ts";
import {
  bookable,
  isAnother,
  keptOf,
  rateDenialOf,
  rateKey,
  rateLeaseOf,
  wordOf,
} from "./shared-rates.ts";
import type { RequestData } from "./state.ts";
import { rateTermsOf } from "#policy/shared.ts";

export class RateKeeper {
  readonly #host: LeaseHost;
  readonly #running = new Map<string, Promise<void>>();
  /** What those who wait for a rate want to book. */
  readonly #waiting = new Map<string, number[]>();

  constructor(host: LeaseHost) {
    this.#host = host;
  }

  /** Asks the counter of every rate that is short; returns once all have answered or failed. */
  async renew(short: readonly LimitData[], request: RequestData, shards: number): Promise<void> {
    await Promise.all(
      short.map(async (limit) => {
        const key = rateKey(limit);
        const amount = amountOf(limit.metric, request.bound);
        const waiting = this.#waiting.get(key) ?? [];
        waiting.push(amount);
        this.#waiting.set(key, waiting);
        try {
          // One that is under way does not count this request: it may bring enough, or too little.
          await this.#running.get(key);
          const isShort = this.#lacks(limit, request, amount);
          if (isShort)
            await (this.#running.get(key) ?? this.#start(limit, request, shards, waiting));
        } finally {
          waiting.splice(waiting.indexOf(amount), 1);
        }
      }),
    );
  }

  /** Half of the permits is gone, or of their time: asks for more while nobody waits. */
  prefetch(request: RequestData, shards: number): void {
    for (const limit of request.sharedLimits ?? []) {
      const lease = rateLeaseOf(this.#host.state, limit);
      const at = this.#host.now();
      const have = bookable(lease, request.policyVersion, at);
      const amount = Math.max(amountOf(limit.metric, request.bound), 1);
      const isLow = have * 2 < lease.size && lease.free > lease.size;
      if ((this.#waiting.get(rateKey(limit))?.length ?? 0) > 0) continue;
      if (!isLow || lease.denied !== undefined || this.#running.has(rateKey(limit))) continue;
      void this.#start(limit, request, shards, [have + amount]).catch(() => {});
    }
  }

  /** Tells the counters of rates that are new what was used before; throws when one has not heard. */
  async tell({ rates = [], version, ledgerShards: shards }: OpenLeasesCommand): Promise<void> {
    const host = this.#host;
    for (const { limit } of rates) {
      const at = host.now();
      const { state, stream: child } = host;
      const { moments } = wordOf(state, limit, at, undefined, version);
      if (moments.length === 0 && !state.rates.has(rateKey(limit))) continue;
      host.execute({ type: "open-rate", at, limit, version });
      const rate = rateTermsOf(limit);
      const word = wordOf(host.state, limit, at, keptOf(host.state, rate, at), version);
      const home = this.#homeOf(rate, shards);
      const node = host.env.BUDGETS.getByName(home.stream);
      const isHeard = await node.tellRate({ home, child, rate, version, word });
      if (!isHeard) throw new Error("the counter of a rate has no room for another member");
    }
  }

  /** What was used of a member's own, told once nothing more can be under an older policy. */
  open({ rate, limit = rate, version }: OpenRateCommand): RateWord {
    const host = this.#host;
    const at = host.now();
    if (isAnother(host.state, limit, version)) throw new Error("a newer policy is followed here");
    const { seq } = host.state;
    host.execute({ type: "open-rate", at, limit, version });
    // Told before: answers that are under way count no more, so that this word is the last.
    const again = { type: "return-rate", at, rate, keep: Number.MAX_SAFE_INTEGER } as const;
    if (host.state.seq === seq) host.execute(again);
    return wordOf(host.state, limit, at, keptOf(host.state, rate, at));
  }

  /** Permits are called back: nothing more is booked under them without new ones. */
  recall(rate: RateTermsData): RateWord {
    const host = this.#host;
    const at = host.now();
    host.execute({ type: "return-rate", at, rate, keep: this.awaited(rate) });
    const { limit } = rateLeaseOf(host.state, rate);
    return wordOf(host.state, limit, at, keptOf(host.state, rate, at));
  }

  /** What those who wait for a rate are about to book. */
  awaited(limit: Pick<LimitData, "name" | "scope" | "metric">): number {
    const waiting = this.#waiting.get(rateKey(limit)) ?? [];
    return waiting.reduce((sum, amount) => sum + amount, 0);
  }

  #lacks(limit: LimitData, { policyVersion }: RequestData, amount: number): boolean {
    const at = this.#host.now();
    const lease = rateLeaseOf(this.#host.state, limit);
    const isDenied = rateDenialOf(lease, at) !== undefined;
    return bookable(lease, policyVersion, at) < amount && !isDenied;
  }

  #start(
    limit: LimitData,
    request: RequestData,
    shards: number,
    needs: readonly number[],
  ): Promise<void> {
    const key = rateKey(limit);
    const run = this.#ask(limit, request.policyVersion, shards, needs).finally(() => {
      this.#running.delete(key);
    });
    this.#running.set(key, run);
    return run;
  }

  async #ask(
    limit: LimitData,
    version: number,
    shards: number,
    needs: readonly number[],
  ): Promise<void> {
    const host = this.#host;
    // Those who waited for the last answer come one after another: all of them are counted.
    await Promise.resolve();
    // Counted from before the question: the answer is under way for a while.
    const sentAt = host.now();
    const isAnew = this.#begin(limit, version, sentAt);
    const { seq } = host.state;
    const need = Math.min(...needs);
    const demand = needs.reduce((sum, one) => sum + one, 0);
    const reply = await this.#reply(limit, version, shards, { need, demand }, isAnew);
    const at = host.now();
    if (reply?.outcome === "granted") {
      const { allowed, validMs, free } = reply;
      const leased = { limit, version, seq, allowed, untilAt: sentAt + validMs, free };
      host.execute({ type: "rate-leased", at, leased });
      return;
    }
    if (reply === undefined) {
      const denied = { limit, reason: "unavailable", untilAt: at + deniedMs } as const;
      host.execute({ type: "rate-denied", at, denied });
      return;
    }
    if (reply.outcome === "again") return;
    const { waitMs } = reply;
    // Not for long: others may give permits back before the moment that is known.
    const atMost = limit.metric === "concurrency" ? capDeniedMs : deniedMs;
    const untilAt = at + Math.min(waitMs ?? Infinity, atMost);
    const retry = waitMs === undefined ? {} : { retryAt: at + waitMs };
    host.execute({
      type: "rate-denied",
      at,
      denied: { limit, reason: "exhausted", untilAt, ...retry },
    });
  }

  /**
   * Gives up what an older policy permitted: it may be more than this one's limit. Of a member's own
   * rate, nothing that the next word does not tell is admitted beside it from here on; and once one
   * was refused, what it has is told, since the counter may take it for more.
   */
  #begin(limit: LimitData, version: number, at: number): boolean {
    const host = this.#host;
    const isOwn = localScope(limit.scope) !== undefined;
    const { version: known, denied } = rateLeaseOf(host.state, limit);
    if (known < version && isOwn) host.execute({ type: "open-rate", at, limit, version });
    const lease = rateLeaseOf(host.state, limit);
    const isOld = lease.version >= 0 && lease.version < version;
    const isUnsure = isOwn && known >= version && denied !== undefined;
    const keep = isUnsure ? Number.MAX_SAFE_INTEGER : 0;
    const rate = rateTermsOf(limit);
    if (isOld || isUnsure) host.execute({ type: "return-rate", at, rate, keep });
    return isOld || isUnsure || (isOwn && known < version);
  }

  /** The counter's answer; undefined when there was none. */
  async #reply(
    limit: LimitData,
    version: number,
    shards: number,
    asked: { need: number; demand: number },
    isAnew: boolean,
  ): Promise<RateReply | undefined> {
    const { state, env, stream: child } = this.#host;
    const rate = rateTermsOf(limit);
    const home = this.#homeOf(rate, shards);
    const at = this.#host.now();
    const isOwn = localScope(limit.scope) !== undefined;
    // What a newer version counts of the past stays told, also for a request of an older one; of a
    // member's own rate nothing is granted to that.
    const held = rateLeaseOf(state, limit);
    const told = held.version > version && !isOwn ? held.limit : limit;
    const word = wordOf(state, told, at, isAnew ? keptOf(state, rate, at) : undefined, version);
    try {
      const node = env.BUDGETS.getByName(home.stream);
      const ask = { home, child, rate, version, word, ...asked };
      const { actors } = this.#host;
      if (actors === undefined || !isOwn) return await node.askRate(ask);
      const when = this.#host.whenOf("limits", limit);
      const own = { ...ask, limit, actors, ledgerShards: shards };
      return await node.askRate(when === undefined ? own : { ...own, when });
    } catch {
      return undefined;
    }
  }

  #homeOf(rate: RateTermsData, shards: number): StreamHome {
    const { env, organisation } = this.#host;
    const stream = rateStream(env.TALLYGATE_SECRET, organisation, rate);
    const ledger = ledgerName(env.TALLYGATE_SECRET, organisation, stream, shards);
    return { organisation, stream, ledger };
  }
}
