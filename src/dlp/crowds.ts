/**
 * Values of one detector that overlap in a pass. A text that repeats the beginning of a value would
 * else be read once for every beginning, up to the longest value each time.
 */
import { CROWD_MAX } from "./limits.ts";

/** What was found of one detector: where it hung last, and where the last few values ended. */
interface Crowd {
  at: number;
  readonly ends: number[];
}

/** Where the first of as many values as may overlap ended; -1 where there were fewer. */
function fourthLast({ ends }: Crowd): number {
  return ends.length < CROWD_MAX ? -1 : (ends[ends.length - CROWD_MAX] ?? -1);
}

export class Crowds {
  readonly #byDetector = new Map<number, Crowd>();

  /** Whether a place lies inside of as many values of a detector as may overlap. */
  isFull(detector: number, at: number): boolean {
    const crowd = this.#byDetector.get(detector);
    return crowd !== undefined && crowd.at < at && fourthLast(crowd) > at;
  }

  /** Notes a value; true when it is the last that may overlap those before it. */
  enter(detector: number, at: number, end: number): boolean {
    let crowd = this.#byDetector.get(detector);
    if (crowd === undefined) {
      crowd = { at: -1, ends: [] };
      this.#byDetector.set(detector, crowd);
    }
    if (crowd.at !== at) {
      crowd.at = at;
      crowd.ends.push(end);
      if (crowd.ends.length > CROWD_MAX) crowd.ends.shift();
    }
    return fourthLast(crowd) > at;
  }
}
