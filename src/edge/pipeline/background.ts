/** What goes on after an answer. */

/** Keeps the runtime waiting for what is still to be done. */
export type Later = Pick<ExecutionContext, "waitUntil">;

/**
 * One promise for the runtime, however much there is to wait for: each that it is told of costs as
 * much as a timer. It is over when all that was added is, whatever became of it.
 */
export class Background implements Later {
  readonly #over = Promise.withResolvers<void>();
  #open = 0;

  constructor(ctx: Later) {
    ctx.waitUntil(this.#over.promise);
  }

  /** Add the longest first: once nothing is open, what is added later is not waited for. */
  waitUntil(work: Promise<unknown>): void {
    this.#open += 1;
    const end = (): void => {
      this.#open -= 1;
      if (this.#open === 0) this.#over.resolve();
    };
    work.then(end, end);
  }
}
