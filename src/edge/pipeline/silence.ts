/**
 * The silences of a stream, both on one timer: a provider's, which ends it, and the caller's, who is
 * told now and then that it lives. What happens per chunk is a look at the clock, no more.
 */

/** What to do about which silence, milliseconds each. */
export interface Silences {
  /** How long the provider may say nothing; then `onIdle`, once. */
  idleMs: number;
  onIdle(): void;
  /** How long the caller is told nothing; then `onQuiet`, again and again. */
  quietMs: number;
  onQuiet?: (() => void) | undefined;
}

export class Silence {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heardAt = 0;
  #saidAt = 0;
  /** Whether the provider was silent for too long. */
  isOver = false;

  /** Begins, or begins anew. */
  watch(silences: Silences): void {
    this.stop();
    const now = Date.now();
    this.isOver = false;
    this.#heardAt = now;
    this.#saidAt = now;
    this.#arm(silences, now);
  }

  /** The provider said something. */
  heard(): void {
    this.#heardAt = Date.now();
  }

  /** The caller was told something. */
  said(): void {
    this.#saidAt = Date.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(silences: Silences, now: number): void {
    const idleAt = this.#heardAt + silences.idleMs;
    const quietAt = silences.onQuiet === undefined ? Infinity : this.#saidAt + silences.quietMs;
    const look = (): void => this.#look(silences);
    this.#timer = setTimeout(look, Math.max(Math.min(idleAt, quietAt) - now, 1));
  }

  #look(silences: Silences): void {
    const now = Date.now();
    if (now >= this.#heardAt + silences.idleMs) {
      this.isOver = true;
      silences.onIdle();
      return;
    }
    if (now >= this.#saidAt + silences.quietMs) {
      this.#saidAt = now;
      silences.onQuiet?.();
    }
    this.#arm(silences, now);
  }
}
