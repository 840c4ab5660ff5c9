/**
 * Refusals that are only counted: an attacker must not buy a row of the log with each request.
 *
 * They wait in memory for at most a second; a process that dies loses the counts of that second and
 * nothing else, since a refusal changes no state.
 */
import type { Refusal } from "./admit.ts";
import { sampleIdsMax } from "./limits.ts";
import { quietKey, type DataOf, type RequestData } from "./state.ts";

export type Count = DataOf<"RefusalsCounted">;

export class CountedRefusals {
  #counts = new Map<string, Count>();

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  add(request: RequestData, refusal: Refusal, at: number): void {
    const { requestId, member } = request;
    const key = quietKey(refusal);
    const known = this.#counts.get(key);
    if (known === undefined) {
      const { code, by = code } = refusal;
      const sampleRequestIds = [requestId];
      this.#counts.set(key, {
        code,
        by,
        member,
        count: 1,
        firstAt: at,
        lastAt: at,
        sampleRequestIds,
      });
      return;
    }
    known.count++;
    known.lastAt = at;
    if (known.sampleRequestIds.length < sampleIdsMax) known.sampleRequestIds.push(requestId);
  }

  /** What was counted since the last call. */
  take(): Count[] {
    const counts = [...this.#counts.values()];
    this.#counts = new Map();
    return counts;
  }
}
