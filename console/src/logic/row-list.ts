/**
 * A list of entries, newest first, that grows at both ends: older pages below, live entries above.
 *
 * Ids are UUIDv7, so they sort by time. Entries live in an array in ascending order: what is live
 * lands at its end, where inserting is cheap, and a page of older ones goes in front at once.
 */

export interface Identified {
  id: string;
  /** The events that it is folded from: of two of one id, the newer has more of them. */
  source?: { epoch: number; seqs: readonly number[] };
}

/** Whether `entry` is told by fewer events than what is known: an answer that was long on its way. */
function isOlder(entry: Identified, known: Identified | undefined): boolean {
  const [own, other] = [entry.source, known?.source];
  if (own === undefined || other === undefined || own.epoch !== other.epoch) return false;
  return (own.seqs.at(-1) ?? 0) < (other.seqs.at(-1) ?? 0);
}

/** What a browser keeps of a list that is followed: older ones are asked for anew. */
export const rowsMax = 100_000;
/** Those beyond are cut off in stretches, since a cut costs as much as the list is long. */
const cutEvery = 5_000;
/** What is held back at most; of more only the number is known, and the list is loaded anew. */
export const heldMax = 20_000;

export class RowList<T extends Identified> {
  #ids: string[] = [];
  readonly #byId = new Map<string, T>();
  /** Entries that arrived while the list was held still: shown when it is let go. */
  readonly #held = new Map<string, T>();
  #lost = 0;
  isHeld = false;

  get size(): number {
    return this.#ids.length;
  }

  /** How many new entries wait. */
  get waiting(): number {
    return this.#held.size + this.#lost;
  }

  /** Whether more waits than was held back: what is missing has to be asked for. */
  get hasLost(): boolean {
    return this.#lost > 0;
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

  /** Takes in entries from anywhere: what is known is renewed, what is new finds its place. */
  add(entries: readonly T[]): void {
    const older: T[] = [];
    const oldest = this.#ids[0];
    for (const entry of entries) {
      if (this.#byId.has(entry.id)) this.#renew(entry);
      else if (oldest === undefined || entry.id < oldest) older.push(entry);
      else this.#insert(entry);
    }
    if (older.length === 0) return;
    for (const entry of older) this.#byId.set(entry.id, entry);
    // A page goes in front at once: one by one, each would move the whole list.
    this.#ids = [...new Set(older.map(({ id }) => id))].sort().concat(this.#ids);
  }

  /** Takes in live entries: held back while the list is held, but for changes of what is shown. */
  live(entries: readonly T[]): void {
    for (const entry of entries) {
      if (this.#byId.has(entry.id)) this.#renew(entry);
      else if (this.isHeld) this.#hold(entry);
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
    this.#lost = 0;
    this.add(held);
  }

  /** Cuts the oldest off where there are too many; whether it did. */
  trim(): boolean {
    if (this.#ids.length < rowsMax + cutEvery) return false;
    for (const id of this.#ids.splice(0, this.#ids.length - rowsMax)) this.#byId.delete(id);
    return true;
  }

  clear(): void {
    this.#ids = [];
    this.#byId.clear();
    this.#held.clear();
    this.#lost = 0;
  }

  #renew(entry: T): void {
    if (!isOlder(entry, this.#byId.get(entry.id))) this.#byId.set(entry.id, entry);
  }

  #hold(entry: T): void {
    if (isOlder(entry, this.#held.get(entry.id))) return;
    if (this.#held.has(entry.id) || this.#held.size < heldMax) this.#held.set(entry.id, entry);
    else this.#lost += 1;
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
