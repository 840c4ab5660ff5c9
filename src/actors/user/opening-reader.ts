/**
 * Reads the past of shared budgets that pick some requests out of the principal's own stream, once.
 *
 * Invariants: what is recorded counts every event before it: the last page is read, and the facts
 * appended, in one synchronous run; a past that is too long to be read is left to the decider, which
 * counts all of the scope's.
 */
import { firstSince } from "#actors/kit/first-since.ts";
import { readStored } from "#actors/kit/stored.ts";
import { unseal } from "#events/envelope.ts";
import { inOrder, type LeaseOpening } from "./lease-past.ts";
import { leaseKey } from "./leases.ts";
import { pastSkipsMax } from "./limits.ts";
import type { PastBounds, PastHost, PastStore } from "./past-counter.ts";
import { PickedScan } from "./picked-scan.ts";

export class OpeningReader {
  readonly #host: PastHost;
  readonly #store: PastStore;
  readonly #bounds: PastBounds;
  /** Budgets with too long a past, since this actor woke. */
  readonly #skipped = new Set<string>();
  #running: Promise<void> | undefined;

  constructor(host: PastHost, store: PastStore, bounds: PastBounds) {
    this.#host = host;
    this.#store = store;
    this.#bounds = bounds;
  }

  /** Whether a budget's past is too long to be read. */
  skips(opening: LeaseOpening): boolean {
    return this.#skipped.has(keyOf(opening));
  }

  /** Reads what lacks its past. Others that ask meanwhile wait with it, and look again. */
  async read(version: number, lacking: () => readonly LeaseOpening[]): Promise<void> {
    for (;;) {
      const openings = lacking().filter((opening) => !this.skips(opening));
      if (openings.length === 0) return;
      if (this.#running === undefined) {
        this.#running = this.#readAll(openings, version).finally(() => {
          this.#running = undefined;
        });
        return this.#running;
      }
      // Theirs may be another budget; if it fails, this one reads for itself.
      await this.#running.catch(() => {});
    }
  }

  async #readAll(openings: readonly LeaseOpening[], version: number): Promise<void> {
    const scan = new PickedScan(openings);
    const { page: pageSize, events } = this.#bounds;
    let seq = firstSince(this.#store, scan.from);
    if (this.#store.head.seq - seq >= events) return this.#skip(openings);
    for (;;) {
      const page = this.#store.read(seq, pageSize);
      for (const sealed of page) scan.take(readStored(unseal(sealed)));
      seq += page.length;
      if (page.length < pageSize) break;
      await this.#bounds.pause();
    }
    const at = this.#host.now();
    for (const opening of inOrder(scan.found())) {
      this.#host.execute({ type: "open-lease", at, opening, version });
    }
  }

  #skip(openings: readonly LeaseOpening[]): void {
    if (this.#skipped.size >= pastSkipsMax) this.#skipped.clear();
    for (const opening of openings) this.#skipped.add(keyOf(opening));
  }
}

function keyOf({ lease, since }: LeaseOpening): string {
  return `${leaseKey(lease)}|${since}`;
}
