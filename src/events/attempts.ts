/** What the calls of one settled request are to each other. */
import type { AttemptData } from "./user-events.ts";

/** The place of the last call to somebody who was to answer: not to the guard's; -1 for none. */
export function answeringAttempt(attempts: readonly Pick<AttemptData, "role">[]): number {
  return attempts.findLastIndex(({ role }) => role === undefined);
}
