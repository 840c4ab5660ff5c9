/**
 * Answers those who ask the counter of a shared rate: when there is not enough left, the others are
 * asked first for what they do not use. Nothing here decides.
 */
import type { RateTermsData } from "#events/budget-events.ts";
import type {
  LimitReply,
  RateAsk,
  RateReply,
  RateWord,
  SetRateCommand,
  TellRateCommand,
} from "./api.ts";
import { forEachChild } from "./children.ts";
import type { BudgetCommand } from "./decider.ts";
import { childrenMax, recallGapMs, recallOthersMax } from "./limits.ts";
import {
  freeOf,
  idleChildren,
  isOver,
  permittedAbove,
  waitFor,
  type RateCommand,
} from "./rate-decider.ts";
import type { BudgetState } from "./state.ts";

/** What the desk needs of its actor. */
interface RateHost {
  state(): BudgetState;
  now(): number;
  execute(command: RateCommand | Extract<BudgetCommand, { type: "count-rate" }>): void;
  /** A principal's way to give back what it does not use. */
  recall(child: string, rate: RateTermsData): Promise<RateWord>;
}

export class RateDesk {
  readonly #host: RateHost;
  /** The last round of recalls: one at a time, and not too often. */
  #round: { at: number; done: Promise<void> } = { at: 0, done: Promise.resolve() };

  constructor(host: RateHost) {
    this.#host = host;
  }

  async ask(ask: RateAsk): Promise<RateReply> {
    const first = this.#try(ask);
    if (first.outcome === "granted" || ask.need > ask.rate.limit) return first;
    await this.#recall(ask.child);
    return this.#try(ask);
  }

  /** What a child used before the rate counted it; false when there is no room to count it. */
  tell({ child, rate, version, word }: TellRateCommand): boolean {
    const told = { rate, version, word, need: 0, demand: 0 };
    this.#host.execute({ type: "rate", at: this.#host.now(), child, ...told });
    const { children } = this.#host.state().rate;
    return children.has(child) || children.size < childrenMax;
  }

  /**
   * Follows a policy version. Once all have told what they used before it, permits that were granted
   * without that are called back, where more is permitted than the rate leaves.
   */
  async set({ rate, version, since, counted = false }: SetRateCommand): Promise<LimitReply> {
    const host = this.#host;
    if (counted) host.execute({ type: "count-rate", at: host.now(), rate, version, since });
    const isCounted = host.state().rate.countedSince === since;
    const above = (): string[] => permittedAbove(host.state().rate, rate.limit, host.now());
    if (isCounted) await this.#callBack(above());
    return { effective: isCounted && above().length === 0, version, counted: isCounted };
  }

  #try({ child, rate, version, word, need, demand }: RateAsk): RateReply {
    const at = this.#host.now();
    this.#host.execute({ type: "rate", at, child, rate, version, word, need, demand });
    const state = this.#host.state().rate;
    const known = state.children.get(child);
    const isMet = known !== undefined && known.seq === word.seq && known.untilAt > at;
    if (isMet && known.allowed - word.booked >= need && !isOver(state, rate.limit, at)) {
      const { allowed, untilAt } = known;
      return { outcome: "granted", allowed, validMs: untilAt - at, free: freeOf(state, at) };
    }
    // It gave permits back while this was asked: its word is an older one by now.
    if (known !== undefined && known.seq > word.seq) return { outcome: "again" };
    const have = known === undefined ? 0 : Math.max(known.allowed - known.booked, 0);
    const waitMs = waitFor(state, Math.max(need - have, 1), at);
    return waitMs === undefined ? { outcome: "exhausted" } : { outcome: "exhausted", waitMs };
  }

  /**
   * Calls back what others do not use: not too often, but for what was granted since. Any request
   * that ended since may have freed a slot of a cap: there one round follows another.
   */
  async #recall(except: string): Promise<void> {
    const last = this.#round;
    await last.done;
    const { rate } = this.#host.state();
    const isCap = rate.terms?.metric === "concurrency";
    // One that began after this question has the answers that it needs.
    if (isCap && this.#round !== last) return this.#round.done;
    const at = this.#host.now();
    const isSoon = !isCap && at - this.#round.at < recallGapMs;
    const names = idleChildren(rate, except, at)
      .filter((name) => !isSoon || (rate.children.get(name)?.grantedAt ?? 0) >= this.#round.at)
      .slice(0, recallOthersMax);
    if (names.length === 0) return;
    const done = this.#callBack(names);
    this.#round = { at: isSoon ? this.#round.at : at, done };
    await done;
  }

  #callBack(names: readonly string[]): Promise<void> {
    return forEachChild(names, async (child) => {
      const { terms, version } = this.#host.state().rate;
      if (terms === undefined) return;
      const word = await this.#host.recall(child, terms);
      const now = this.#host.now();
      const back = { child, rate: terms, version, word, need: 0, demand: 0 };
      this.#host.execute({ type: "rate", at: now, ...back });
    });
  }
}
