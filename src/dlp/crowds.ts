/**
 * Values of one detector that overlap in a pass. A text that repeats the beginning of a value would
 * else be read once for every beginning, up to the longest value each time.
 */
import { CROWD_MAX } from "./limits.ts";

/** What was found of one detector: where it hung last, and where the last few values ended, in a ring. */
class Crowd {
  at = -1;
  #count = 0;
  readonly #ends = new Int32Array(CROWD_MAX);

  add(end: number): void {
    this.#ends[this.#count] = end;
    this.#count = (this.#count + 1) % CROWD_MAX;
  }

  /** Where the first of as many values as may overlap ended; 0 where there were fewer. */
  fourthLast(): number {
    return this.#ends[this.#count] ?? 0;
  }
}

export class Crowds {
  readonly #byDetector: (Crowd | undefined)[] = [];

  /** Whether a place lies inside of as many values of a detector as may overlap. */
  isFull(detector: number, at: number): boolean {
    const crowd = this.#byDetector[detector];
    return crowd !== undefined && crowd.at < at && crowd.fourthLast() > at;
  }

  /** Notes a value; true when it is the last that may overlap those before it. */
  enter(detector: number, at: number, end: number): boolean {
    const crowd = (this.#byDetector[detector] ??= new Crowd());
    if (crowd.at !== at) {
      crowd.at = at;
      crowd.add(end);
    }
    return crowd.fourthLast() > at;
  }
}
