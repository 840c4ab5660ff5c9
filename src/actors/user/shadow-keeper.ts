/**
 * Learns what others used of the budgets and rates that a draft in the shadow shares: told to their
 * nodes and asked of them, at most once a second each, and waited for only where nothing recent is
 * known, and not for long.
 *
 * Invariants: without shared budgets or rates in a draft nothing is done at all; nothing is written
 * down here; a node that does not answer costs a request a quarter of a second at most.
 */
import type { Moment } from "#actors/budget/api.ts";
import { budgetStream, rateStream } from "#actors/kit/names.ts";
import type { LeaseHost } from "./lease-keeper.ts";
import { shadowAskEveryMs, shadowKnownMs, shadowMomentsMax, shadowWaitMs } from "./limits.ts";
import { keyOf, partsOf, type SharedPart } from "./shadow-shared.ts";
import type { ShadowAsk } from "./shadow.ts";

interface Known {
  others: number;
  at: number;
}

export class ShadowKeeper {
  readonly #host: LeaseHost;
  #draft = 0;
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<void>>();

  constructor(host: LeaseHost) {
    this.#host = host;
  }

  /** The ask with what others used, as far as it is known. */
  async beside(ask: ShadowAsk): Promise<ShadowAsk> {
    if (ask.shared === undefined && ask.sharedLimits === undefined) return ask;
    const { draft } = ask;
    if (draft !== this.#draft) this.#known.clear();
    this.#draft = draft;
    const at = this.#host.now();
    const parts = partsOf(this.#host.state, ask, at);
    const waits: Promise<void>[] = [];
    for (const part of parts) {
      const age = at - (this.#known.get(keyOf(part.item))?.at ?? -Infinity);
      if (age < shadowAskEveryMs) continue;
      const asked = this.#ask(draft, part);
      if (age >= shadowKnownMs) waits.push(asked);
    }
    if (waits.length > 0) await Promise.race([Promise.all(waits), after(shadowWaitMs)]);
    const now = this.#host.now();
    const others: Record<string, number> = {};
    for (const { item } of parts) {
      const known = this.#known.get(keyOf(item));
      if (known !== undefined && now - known.at < shadowKnownMs) others[keyOf(item)] = known.others;
    }
    return { ...ask, others };
  }

  #ask(draft: number, part: SharedPart): Promise<void> {
    const key = keyOf(part.item);
    let asked = this.#asking.get(key);
    if (asked === undefined) {
      asked = this.#tell(draft, part)
        .catch(() => {})
        .finally(() => this.#asking.delete(key));
      this.#asking.set(key, asked);
    }
    return asked;
  }

  async #tell(draft: number, { item, mine }: SharedPart): Promise<void> {
    const { env, organisation, stream: child } = this.#host;
    const secret = env.TALLYGATE_SECRET;
    const node =
      item.kind === "budget"
        ? budgetStream(secret, organisation, item.lease.budget, item.lease.scope)
        : rateStream(secret, organisation, item.rate);
    // Counted from before the question, as what others used only grows.
    const at = this.#host.now();
    const told = mine === undefined ? {} : "nanos" in mine ? mine : { moments: few(mine.moments) };
    const word = { draft, child, item, sentAt: at, ...told };
    const others = await env.BUDGETS.getByName(node).tellShadow(word);
    if (others === null || draft !== this.#draft) return;
    this.#known.set(keyOf(item), { others, at });
  }
}

/** Many moments as few: merged at the latest of each, so that they leave a window late, never early. */
function few(moments: readonly Moment[]): Moment[] {
  const size = Math.ceil(moments.length / shadowMomentsMax);
  const merged: Moment[] = [];
  for (let from = 0; from < moments.length; from += Math.max(size, 1)) {
    const cell = moments.slice(from, from + size);
    const amount = cell.reduce((sum, one) => sum + one.amount, 0);
    merged.push({ at: cell.at(-1)?.at ?? 0, amount });
  }
  return merged;
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
