/** When a principal's actor has something to do on its own. */
import { nextDeadline } from "./holds.ts";
import { nextIdleAt } from "./leases.ts";
import type { UserState } from "./state.ts";

/** The first of: a hold's deadline, credit that is idle, and what helpers of the actor wait for. */
export function nextDueOf(state: UserState, ...others: readonly number[]): number | undefined {
  const due = Math.min(nextDeadline(state) ?? Infinity, nextIdleAt(state) ?? Infinity, ...others);
  return due === Infinity ? undefined : due;
}
