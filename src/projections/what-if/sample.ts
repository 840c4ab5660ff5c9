/**
 * Some of the members, in place of all: who they are follows from their streams' names alone.
 *
 * A stream is taken whole or not at all, so what its member has used, and every limit that counts
 * it, is as exact as without sampling. A smaller share takes some of those that a larger one takes.
 */
import { createHash } from "node:crypto";

const RANGE = 2 ** 32;

export class Sample {
  /** How much of the members is taken, above 0 up to 1. */
  readonly share: number;
  readonly #known = new Map<string, boolean>();

  constructor(share: number) {
    this.share = share;
  }

  /** Whether a stream is taken. */
  has(stream: string): boolean {
    if (this.share >= 1) return true;
    let isTaken = this.#known.get(stream);
    if (isTaken === undefined) {
      const place = createHash("sha256").update(stream).digest().readUInt32BE(0) / RANGE;
      isTaken = place < this.share;
      this.#known.set(stream, isTaken);
    }
    return isTaken;
  }
}
