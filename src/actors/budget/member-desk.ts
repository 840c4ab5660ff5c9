/**
 * Asks all actors of a member what they used, before the member's own budgets and rates grant under
 * a policy version. Nothing here decides.
 */
import type { Env } from "#actors/kit/env.ts";
import type { StreamHome } from "#actors/kit/home.ts";
import { ledgerName, userStreams } from "#actors/kit/names.ts";
import type { LeaseRefData } from "#events/budget-events.ts";
import { memberOfScope } from "#policy/split.ts";
import type { RateAsk, RenewCommand } from "./api.ts";
import { forEachChild } from "./children.ts";
import type { BudgetCommand } from "./decider.ts";
import { lacksMember } from "./member.ts";
import { accountOf } from "./preview.ts";
import { periodIn, type BudgetState } from "./state.ts";

/** What the desk needs of its actor. */
interface MemberHost {
  readonly env: Env;
  state(): BudgetState;
  now(): number;
  execute(command: BudgetCommand): void;
}

interface Asked {
  scope: string;
  organisation: string;
  ledgerShards: number;
  actors: number;
  /** The actor that asks: what it says is in its question. */
  child: string;
}

export class MemberDesk {
  readonly #host: MemberHost;
  /** Rounds of asking; those who come meanwhile wait for the same answers. */
  readonly #running = new Map<string, Promise<boolean>>();

  constructor(host: MemberHost) {
    this.#host = host;
  }

  /** True once all that the member spent in the period is known, and nobody follows an older version. */
  async knowsPeriod(command: RenewCommand, lease: LeaseRefData, actors: number): Promise<boolean> {
    const { child, version, totals, ledgerShards, budget, home } = command;
    const host = this.#host;
    // Its own word first: another actor may be granted in the very moment the answers are in.
    host.execute({ type: "report", at: host.now(), child, lease, totals });
    if (!lacksMember({ ...accountOf(host.state(), lease), lease }, version)) return true;
    const { scope, startsAt = 0, whole = false, since } = budget;
    const { organisation } = home;
    const { when } = command;
    const opening = { lease, startsAt, whole, since, when, parent: undefined };
    const asked = { scope, organisation, ledgerShards, actors, child };
    const isKnown = await this.#all(`${periodIn(lease)} ${version}`, asked, async (other) => {
      const users = host.env.USERS.getByName(other.stream);
      await users.openLeases({ home: other, ledgerShards, version, openings: [opening] });
    });
    if (isKnown) host.execute({ type: "count-member", at: host.now(), lease, version });
    return isKnown;
  }

  /** The same of a rate's window. */
  async knowsWindow(ask: RateAsk, actors: number): Promise<boolean> {
    const { child, version, rate, limit = rate, word, home } = ask;
    const host = this.#host;
    const told = { rate, version, need: 0, demand: 0 };
    host.execute({ type: "rate", at: host.now(), child, word, ...told });
    if (host.state().countedVersion >= version) return true;
    const { organisation } = home;
    const { ledgerShards = 1, when } = ask;
    const asked = { scope: rate.scope, organisation, ledgerShards, actors, child };
    const isKnown = await this.#all(`rate ${version}`, asked, async (other) => {
      const said = await host.env.USERS.getByName(other.stream).openRate({
        home: other,
        rate,
        limit,
        version,
        ...(when && { when }),
      });
      host.execute({ type: "rate", at: host.now(), child: other.stream, word: said, ...told });
    });
    if (isKnown) host.execute({ type: "count-rate", at: host.now(), rate, version });
    return isKnown;
  }

  /** Waits until nobody is being asked. */
  async quiet(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }

  #all(key: string, asked: Asked, ask: (home: StreamHome) => Promise<void>): Promise<boolean> {
    const known = this.#running.get(key);
    if (known !== undefined) return known;
    const run = this.#ask(asked, ask).finally(() => this.#running.delete(key));
    this.#running.set(key, run);
    return run;
  }

  async #ask(asked: Asked, ask: (home: StreamHome) => Promise<void>): Promise<boolean> {
    const { scope, organisation, ledgerShards, actors, child } = asked;
    const { TALLYGATE_SECRET: secret } = this.#host.env;
    const all = userStreams(secret, organisation, memberOfScope(scope) ?? "", actors);
    const others = all.filter((stream) => stream !== child);
    let answers = 0;
    await forEachChild(others, async (stream) => {
      const ledger = ledgerName(secret, organisation, stream, ledgerShards);
      await ask({ organisation, stream, ledger });
      answers += 1;
    });
    return answers === others.length;
  }
}
