/**
 * Has every principal's own actor cost its calls anew under a corrected price, one order after
 * another, until all have.
 *
 * Invariants: what is left to do is worked out from the state, so no crash forgets it; an actor
 * corrects a call once an order, so orders may be repeated; an order begins when the one before it
 * has ended, so that actors see them grow.
 */
import type { Env } from "#actors/kit/env.ts";
import { ledgerNames, userStreams } from "#actors/kit/names.ts";
import type { CorrectCostsCommand } from "#actors/user/commands.ts";
import type { PolicyFact } from "#events/policy-events.ts";
import {
  correctionLanes,
  correctionRetryMaxMs,
  correctionRetryMs,
  correctionsPerRun,
  principalsPage,
} from "./limits.ts";
import { actorsOf, type PolicyState, type PriceCorrectionRecord } from "./state.ts";

type Applied = Extract<PolicyFact, { type: "PriceCorrectionApplied" }>["data"];

export class Repricer {
  readonly #env: Env;
  /** Of the order at hand: whom to ask still, and what came of it so far. */
  #waiting: string[] | undefined;
  #applied: Applied = { order: 0, principals: 0, requests: 0, oldNanos: 0, newNanos: 0 };
  #failures = 0;
  #retryAt = 1;

  constructor(env: Env) {
    this.#env = env;
  }

  /** When there is something to do, milliseconds; 1 for at once, as alarms know no 0. */
  dueAt(state: PolicyState): number | undefined {
    return next(state) && this.#retryAt;
  }

  /** Works on the oldest order for a bounded while; what came of it once it has ended. */
  async work(state: PolicyState, at: number): Promise<Applied | undefined> {
    const record = next(state);
    if (record === undefined) return undefined;
    if (record.order !== this.#applied.order) {
      this.#waiting = undefined;
      this.#applied = { order: record.order, principals: 0, requests: 0, oldNanos: 0, newNanos: 0 };
    }
    let isWell = true;
    try {
      this.#waiting ??= await this.#streamsOf(state);
      const part = this.#waiting.splice(0, correctionsPerRun);
      const lane = async (): Promise<void> => {
        for (let stream = part.shift(); stream !== undefined; stream = part.shift()) {
          const own = stream;
          await this.#correct(own, record).catch(() => {
            isWell = false;
            this.#waiting?.push(own);
          });
        }
      };
      await Promise.all(Array.from({ length: correctionLanes }, lane));
    } catch {
      isWell = false;
    }
    this.#failures = isWell ? 0 : this.#failures + 1;
    const wait = correctionRetryMs * 2 ** (this.#failures - 1);
    this.#retryAt = isWell ? 1 : at + Math.min(wait, correctionRetryMaxMs);
    return isWell && this.#waiting?.length === 0 ? this.#applied : undefined;
  }

  /** Everybody who ever called: those the ledger knows, and members whose events are on their way. */
  async #streamsOf(state: PolicyState): Promise<string[]> {
    const { organisation = "", ledgerShards, members } = state;
    const { TALLYGATE_SECRET: secret, LEDGER: ledgers } = this.#env;
    const streams = new Set(
      [...members.keys()].flatMap((id) =>
        userStreams(secret, organisation, id, actorsOf(state, id)),
      ),
    );
    for (const name of ledgerNames(secret, organisation, ledgerShards)) {
      for (let after = ""; ;) {
        const page = await ledgers.getByName(name).principals({ after, limit: principalsPage });
        for (const stream of page) streams.add(stream);
        if (page.length < principalsPage) break;
        after = page.at(-1) ?? "";
      }
    }
    return [...streams];
  }

  async #correct(stream: string, { order, terms }: PriceCorrectionRecord): Promise<void> {
    const command: CorrectCostsCommand = { order: { order, ...terms } };
    for (;;) {
      const reply = await this.#env.USERS.getByName(stream).correctCosts(command);
      if (!reply.done) {
        command.cursor = reply.cursor;
        continue;
      }
      if (reply.requests === 0) return;
      const { principals, requests, oldNanos, newNanos } = this.#applied;
      this.#applied = {
        order,
        principals: principals + 1,
        requests: requests + reply.requests,
        oldNanos: oldNanos + reply.oldNanos,
        newNanos: newNanos + reply.newNanos,
      };
      return;
    }
  }
}

function next({ corrections }: PolicyState): PriceCorrectionRecord | undefined {
  return corrections.find(({ applied }) => applied === undefined);
}
