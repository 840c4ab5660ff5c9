/** What a budget can still grant, pass on and hope for in a period. */
import { ownSpare, type Account, type BudgetState } from "./state.ts";

/** What this budget can still grant in a period. */
export function freeIn(state: BudgetState, account: Account): number {
  const room = state.limitNanos - account.outstandingNanos;
  return Math.max(state.parent === undefined ? room : Math.min(room, passable(account)), 0);
}

/** What can still be had in a period: of a budget with a parent, also what that had left. */
export function leftIn(state: BudgetState, account: Account): number {
  const room = roomIn(state, account);
  return state.parent === undefined
    ? room
    : Math.min(room, Math.max(passable(account), 0) + account.own.freeNanos);
}

/** What the limit leaves, whatever the parent leased. */
export function roomIn(state: BudgetState, account: Account): number {
  return Math.max(state.limitNanos - account.outstandingNanos, 0);
}

/** Own credit that may be passed on. */
function passable(account: Account): number {
  return account.own.recalled ? 0 : ownSpare(account);
}
