/**
 * How fast one socket may send. Kept in memory only: an actor hibernates after ten quiet seconds,
 * and by then every bucket is full again.
 */
import { commandBurst, commandsPerSecond } from "./limits.ts";

interface Bucket {
  tokens: number;
  at: number;
}

export class FloodGuard {
  readonly #buckets = new Map<string, Bucket>();

  /** Takes one from a socket's bucket; false when it is empty. */
  allows(socket: string, at: number): boolean {
    const bucket = this.#buckets.get(socket) ?? { tokens: commandBurst, at };
    const refill = (Math.max(at - bucket.at, 0) / 1_000) * commandsPerSecond;
    bucket.tokens = Math.min(bucket.tokens + refill, commandBurst);
    bucket.at = at;
    this.#buckets.set(socket, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Forgets a socket that is gone. */
  forget(socket: string): void {
    this.#buckets.delete(socket);
  }
}
