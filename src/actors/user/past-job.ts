/**
 * Reads pasts that are too long for a request to wait for: so many events an alarm, in the order of the
 * stream, however often the actor goes and comes meanwhile.
 *
 * Invariants: as of `past-counter.ts`; how far it is is kept beside the stream as a cache, which is
 * begun anew when the stream is another; nothing is recorded of a rule that became another meanwhile.
 */
import { firstSince } from "#actors/kit/first-since.ts";
import { readStored } from "#actors/kit/stored.ts";
import { snapshotCharsMax } from "#actors/kit/limits.ts";
import { unseal } from "#events/envelope.ts";
import { pastRulesMax } from "./limits.ts";
import type { PastBounds, PastHost, PastStore } from "./past-counter.ts";
import { PastScan, type SavedScan } from "./past-scan.ts";
import type { NewRule } from "./rule-past.ts";

/** Where the rules, and the scan of some of them, are kept. */
const rulesKey = "past-rules";
const scanKey = "past-scan";

/** A scan on its way: the next event that it reads, and the hash of the last. */
interface Progress {
  seq: number;
  hash: string;
  scan: PastScan;
}

export class PastJob {
  readonly #host: PastHost;
  readonly #store: PastStore;
  readonly #bounds: PastBounds;
  /** Rules to be read, those of the scan among them, by key. */
  #rules: Map<string, NewRule> | undefined;
  #progress: Progress | undefined;

  constructor(host: PastHost, store: PastStore, bounds: PastBounds) {
    this.#host = host;
    this.#store = store;
    this.#bounds = bounds;
  }

  get isDue(): boolean {
    return this.#known().size > 0;
  }

  add(rules: readonly NewRule[]): void {
    const known = this.#known();
    const news = rules.filter(({ key }) => !known.has(key)).slice(0, pastRulesMax - known.size);
    if (news.length === 0) return;
    for (const rule of news) known.set(rule.key, rule);
    this.#store.setMeta(rulesKey, [...known.values()]);
  }

  /** Reads on, and records what the rules count once the end of the stream is reached. */
  async work(): Promise<void> {
    if (!this.isDue) return;
    let progress = this.#taken();
    const { page: pageSize, step } = this.#bounds;
    for (let events = 0; ;) {
      const page = this.#store.read(progress.seq, pageSize);
      for (const sealed of page) {
        progress.scan.take(readStored(unseal(sealed)));
        progress.hash = sealed.hash;
      }
      progress.seq += page.length;
      events += page.length;
      if (page.length < pageSize) return this.#finish(progress.scan);
      if (events >= step) return this.#save(progress);
      await this.#bounds.pause();
      // The stream may have been put back to what its ledger has.
      progress = this.#isHere(progress) ? progress : this.#begun();
    }
  }

  #finish(scan: PastScan): void {
    const known = this.#known();
    for (const { key } of scan.rules) known.delete(key);
    this.#progress = undefined;
    const { state } = this.#host;
    const keys = new Set([...state.awaited].map(([past, since]) => `${past}|${since}`));
    const pasts = scan.counted(state.policyVersion, ({ key }) => keys.has(key));
    this.#host.execute({ type: "count-past", at: this.#host.now(), pasts });
    this.#store.setMeta(rulesKey, [...known.values()]);
    this.#store.setMeta(scanKey, null);
  }

  #save({ seq, hash, scan }: Progress): void {
    const text = JSON.stringify({ seq, hash, saved: scan.save() });
    // One that does not fit a row is only in memory, and begun again when that is lost.
    if (text.length <= snapshotCharsMax) this.#store.setMetaText(scanKey, text);
  }

  #known(): Map<string, NewRule> {
    const stored = () => (this.#store.getMeta(rulesKey) ?? []) as NewRule[];
    return (this.#rules ??= new Map(stored().map((rule) => [rule.key, rule])));
  }

  /** The scan where it was left; a new one of all rules where there is none. */
  #taken(): Progress {
    if (this.#progress === undefined) {
      const kept = this.#store.getMeta(scanKey) as
        | { seq: number; hash: string; saved: SavedScan }
        | null
        | undefined;
      if (kept) this.#progress = { ...kept, scan: PastScan.from(kept.saved) };
    }
    const progress = this.#progress;
    if (progress !== undefined && this.#isHere(progress)) return progress;
    return this.#begun();
  }

  #begun(): Progress {
    const scan = new PastScan([...this.#known().values()]);
    const seq = firstSince(this.#store, scan.from);
    const progress = { seq, hash: this.#store.hashAt(seq - 1) ?? "", scan };
    this.#progress = progress;
    return progress;
  }

  #isHere({ seq, hash }: Progress): boolean {
    return this.#store.hashAt(seq - 1) === hash;
  }
}
