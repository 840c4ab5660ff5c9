/**
 * A list of entries, newest first, that grows at both ends: older pages below, live entries above.
 *
 * Ids are UUIDv7, so they sort by time. Entries live in an array in ascending order: what is live
 * lands at its end, where inserting is cheap, and a page of older ones goes in front at once.
 */

export interface Identified {
  id: string;
}

export class RowList<T extends Identified> {
  #ids: string[] = [];
  readonly #byId = new Map<string, T>();
  /** Entries that arrived while the list was held still: shown when it is let go. */
  readonly #held = new Map<string, T>();
  isHeld = false;

  get size(): number {
    return this.#ids.length;
  }

  /** How many new entries wait. */
  get waiting(): number {
    return this.#held.size;
  }

  /** The entry of a row; row 0 is the newest. */
  at(row: number): T | undefined {
    const id = this.#ids[this.#ids.length - 1 - row];
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /** The oldest entry's id. */
  get oldest(): string | undefined {
    return this.#ids[0];
  }

  get newest(): string | undefined {
    return this.#ids.at(-1);
  }

  /** Takes in entries from anywhere: what is known is replaced, what is new finds its place. */
  add(entries: readonly T[]): void {
    for (const entry of entries) {
      if (this.#byId.has(entry.id)) this.#byId.set(entry.id, entry);
      else this.#insert(entry);
    }
  }

  /** Takes in live entries: held back while the list is held, but for changes of what is shown. */
  live(entries: readonly T[]): void {
    for (const entry of entries) {
      if (this.#byId.has(entry.id)) this.#byId.set(entry.id, entry);
      else if (this.isHeld) this.#held.set(entry.id, entry);
      else this.#insert(entry);
    }
  }

  /** Whether any of these is in the list already, shown or held back. */
  overlaps(entries: readonly T[]): boolean {
    return entries.some(({ id }) => this.#byId.has(id) || this.#held.has(id));
  }

  /** Shows what was held back. */
  release(): void {
    const held = [...this.#held.values()];
    this.#held.clear();
    this.add(held);
  }

  clear(): void {
    this.#ids = [];
    this.#byId.clear();
    this.#held.clear();
  }

  #insert(entry: T): void {
    this.#byId.set(entry.id, entry);
    const ids = this.#ids;
    const last = ids.at(-1);
    if (last === undefined || last < entry.id) {
      ids.push(entry.id);
      return;
    }
    let low = 0;
    let high = ids.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ids[middle] ?? "") < entry.id) low = middle + 1;
      else high = middle;
    }
    ids.splice(low, 0, entry.id);
  }
}
