/** What the events of each kind in each stream have in common, to read the next one of it by. */
import { flat, Recall } from "./recall.ts";
import type { Recalls } from "./segment-scan.ts";

/** Kinds of events in streams whose last one is kept to read the next by: some kilobytes each. */
const recallsMax = 20_000;

export class StreamRecalls {
  readonly #streams = new Map<string, Map<string, Recalls>>();
  /** By type: what differs from one event of a stream to its next. */
  readonly #varying = new Map<string, { cause: Set<string>; data: Set<string> }>();
  #count = 0;
  /** The stream that was asked for last: so is the next, more often than not. */
  #name = "";
  #kinds = new Map<string, Recalls>();

  /** What events of a type in a stream have in common; nothing once there are too many of them. */
  of(stream: string, type: string): Recalls | undefined {
    if (stream !== this.#name) this.#turnTo(stream);
    return this.#kinds.get(type) ?? this.#begin(type);
  }

  #turnTo(stream: string): void {
    let kinds = this.#streams.get(stream);
    this.#name = flat(stream);
    if (kinds === undefined) this.#streams.set(this.#name, (kinds = new Map()));
    this.#kinds = kinds;
  }

  #begin(type: string): Recalls | undefined {
    if (this.#count >= recallsMax) return undefined;
    let varying = this.#varying.get(type);
    if (varying === undefined) {
      varying = { cause: new Set(), data: new Set() };
      this.#varying.set(type, varying);
    }
    const fresh = { cause: new Recall(varying.cause), data: new Recall(varying.data) };
    this.#kinds.set(type, fresh);
    this.#count += 1;
    return fresh;
  }
}
