/**
 * Room for another try after one that may have been paid for: its worst case is spent from the hold,
 * so as much is held anew before anybody else is asked.
 */
import type { Env } from "#actors/kit/env.ts";
import { askActor } from "../actors.ts";
import type { Admission } from "./admit.ts";

/** What lost tries have cost of one admission, and whether the hold still covers another try. */
export class Losses {
  readonly #admission: Admission;
  /** What was held for answers alone. */
  readonly #heldNanos: number;
  #lostNanos = 0;

  constructor(admission: Admission) {
    this.#admission = admission;
    this.#heldNanos = admission.holdNanos;
  }

  add(nanos: number): void {
    this.#lostNanos += nanos;
  }

  /** Makes the hold cover another try; `false` when the budgets have no room for it. */
  async cover(env: Env, at: number): Promise<boolean> {
    const costNanos = this.#heldNanos + this.#lostNanos;
    if (costNanos <= this.#admission.holdNanos) return true;
    const { home, plan } = this.#admission;
    const { requestId, deadlineAt } = plan.request;
    const command = { home, at, requestId, deadlineAt, costNanos };
    const { ok } = await askActor(() => env.USERS.getByName(home.stream).extend(command));
    if (ok) this.#admission.holdNanos = costNanos;
    return ok;
  }
}
