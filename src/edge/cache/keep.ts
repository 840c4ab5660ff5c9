/** An answer on its way into the cache and to who waits for it, gathered as its caller gets it. */
import { costOf } from "#events/money.ts";
import type { Settlement } from "../pipeline/settlement.ts";
import type { Flight } from "./flights.ts";
import { entryBytesMax } from "./limits.ts";
import type { CachePlan } from "./plan.ts";
import { writeEntry, type CacheEntry } from "./store.ts";

export class Keep {
  readonly #way: CachePlan;
  readonly #settlement: Settlement;
  readonly #flight: Flight | undefined;
  readonly #texts: string[] = [];
  #chars = 0;

  constructor(way: CachePlan, settlement: Settlement, flight: Flight | undefined) {
    this.#way = way;
    this.#settlement = settlement;
    this.#flight = flight;
  }

  /** Takes a part; past the bound nothing is kept. */
  add(text: string): void {
    this.#chars += text.length;
    if (this.#chars > entryBytesMax) this.#texts.length = 0;
    else this.#texts.push(text);
  }

  /** Keeps the answer, once it is known to be whole. */
  async save(contentType: string): Promise<void> {
    const { candidate, usage, finish, servedModel } = this.#settlement;
    if (candidate === undefined || this.#chars > entryBytesMax) {
      this.drop();
      return;
    }
    const { provider, model, price } = candidate;
    const entry: CacheEntry = {
      body: this.#texts.join(""),
      contentType,
      provider,
      model,
      servedModel: servedModel ?? model,
      finish,
      costNanos: usage === undefined ? 0 : costOf(usage, price),
    };
    await writeEntry(this.#way.key, entry, this.#way.ttlMs);
    // Not before it can be read: who comes in between finds the one or the other.
    this.#flight?.land(entry);
  }

  /** Nothing is kept: who waits asks for themselves. */
  drop(): void {
    this.#flight?.land(undefined);
  }
}
