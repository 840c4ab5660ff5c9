/**
 * The two waits of an answer that comes whole, for its head and for its body, on one timer: each timer
 * is a call into the runtime, and so is its end.
 */

export class Deadline {
  #timer: ReturnType<typeof setTimeout>;
  #endsAt: number;
  readonly #leastMs: number;
  readonly #onOver: () => void;
  /** Whether the time was over before the end. */
  isOver = false;

  /** Begins a wait of `ms`; none that follows is shorter than `leastMs`. At its end `onOver`, once. */
  constructor(ms: number, leastMs: number, onOver: () => void) {
    this.#endsAt = Date.now() + ms;
    this.#leastMs = leastMs;
    this.#onOver = onOver;
    this.#timer = this.#lookIn(ms);
  }

  /** Begins the next wait. */
  next(ms: number): void {
    this.#endsAt = Date.now() + ms;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Looks before any wait that may begin meanwhile can be over. */
  #lookIn(ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#look(), Math.min(ms, this.#leastMs));
  }

  #look(): void {
    const left = this.#endsAt - Date.now();
    if (left > 0) {
      this.#timer = this.#lookIn(left);
      return;
    }
    this.isOver = true;
    this.#onOver();
  }
}
