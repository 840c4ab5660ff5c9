/** An answer on its way into the cache, gathered as its caller gets it. */
import { costOf } from "#events/money.ts";
import type { Settlement } from "../pipeline/settlement.ts";
import { entryBytesMax } from "./limits.ts";
import type { CachePlan } from "./plan.ts";
import { writeEntry, type CacheEntry } from "./store.ts";

export class Keep {
  readonly #way: CachePlan;
  readonly #settlement: Settlement;
  readonly #texts: string[] = [];
  #chars = 0;
  /** The answer that was there already. */
  readonly hit: CacheEntry | undefined;

  constructor(way: CachePlan, settlement: Settlement, hit?: CacheEntry) {
    this.#way = way;
    this.#settlement = settlement;
    this.hit = hit;
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
    if (candidate === undefined || this.#chars > entryBytesMax) return;
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
  }
}
