/**
 * Tells the counters of shared rates what a new policy version says, until each says that nothing is
 * admitted above it.
 *
 * Invariants: only rates that came within their window are told, since others have no past; a counter
 * hears at least once, and messages may be repeated.
 */
import type { LimitReply } from "#actors/budget/api.ts";
import type { Env } from "#actors/kit/env.ts";
import { ledgerName, rateStream } from "#actors/kit/names.ts";
import type { SharedRate } from "#policy/shared.ts";
import { inLanes } from "./lanes.ts";
import type { PolicyState } from "./state.ts";
import { rateTermsOf } from "#policy/shared.ts";

export class RateMirror {
  readonly #env: Env;
  #effective = new Set<string>();

  constructor(env: Env) {
    this.#env = env;
  }

  /** Another version: nobody has been told of it. */
  reset(): void {
    this.#effective = new Set();
  }

  isDone(rates: readonly SharedRate[]): boolean {
    return rates.every((rate) => this.#effective.has(keyOf(rate)));
  }

  /** Tells those that are not effective; the rates that lack what was used before. */
  async tell(
    rates: readonly SharedRate[],
    state: PolicyState,
    counted = false,
  ): Promise<SharedRate[]> {
    const lacking: SharedRate[] = [];
    const rest = rates.filter((rate) => !this.#effective.has(keyOf(rate)));
    await inLanes(rest, async (rate) => {
      const reply = await this.#tell(rate, state, counted).catch(() => undefined);
      if (reply?.effective === true) this.#effective.add(keyOf(rate));
      if (reply?.counted === false) lacking.push(rate);
    });
    return lacking;
  }

  #tell({ limit, since }: SharedRate, state: PolicyState, counted: boolean): Promise<LimitReply> {
    const { organisation = "", ledgerShards } = state;
    const { version } = state.current ?? { version: 0 };
    const { TALLYGATE_SECRET: secret, BUDGETS: budgets } = this.#env;
    const rate = rateTermsOf(limit);
    const stream = rateStream(secret, organisation, rate);
    const ledger = ledgerName(secret, organisation, stream, ledgerShards);
    const home = { organisation, stream, ledger };
    return budgets.getByName(stream).setRate({ home, rate, version, since, counted });
  }
}

/** One rate as it came: that of another time is another one. */
export function keyOf({ limit, since }: SharedRate): string {
  return `${limit.name} ${limit.scope} ${since}`;
}
