/**
 * Caps on requests at once: what is open under each.
 *
 * Invariant: a cap that is new, or that a policy was without, counts the open requests of its scope;
 * one that picks some of them is told by `rule-past.ts` which.
 */
import type { LimitData } from "#events/user-events.ts";
import { localScope } from "#policy/split.ts";
import { lacksPast } from "./history.ts";
import { bucketsMax } from "./limits.ts";
import { bucketKey, keyBefore, type Cap, type Hold, type UserState } from "./state.ts";

/** Open holds under a cap; one that is new, or that a policy was without, counts those of its scope. */
export function capOf(state: UserState, limit: LimitData, version: number): Cap {
  const known = state.caps.get(bucketKey(limit));
  if (known !== undefined && (limit.whole !== true || known.version >= version)) return known;
  let open = 0;
  for (const hold of lacks(state, limit)) if (isUnderCap(hold, limit)) open++;
  return { open, version };
}

/** What a cap that is met for the first time may lack: nothing, once its past was read. */
function lacks(state: UserState, limit: LimitData): Iterable<Hold> {
  return lacksPast(state, "limit", limit, -1) ? state.holds.values() : [];
}

/** Whether an open request counts under a cap that was made after it: since then, it picked none. */
function isUnderCap({ scopes, caps, at }: Hold, limit: LimitData): boolean {
  const { scope, whole, since } = limit;
  const before = keyBefore(limit);
  // But those that the member's own cap counted before they were split.
  if (before !== undefined && caps.includes(before)) return true;
  if (whole !== true && since !== undefined && at >= since) return false;
  return scopes.includes(localScope(scope) ?? scope);
}

/** Keeps a cap in the fold; one that is new is occupied by the open holds of its scope. */
export function keepCap(state: UserState, limit: LimitData, version: number): Cap {
  const key = bucketKey(limit);
  const cap = capOf(state, limit, version);
  if (state.caps.get(key) === cap) return cap;
  if (state.caps.size >= bucketsMax) {
    for (const [other, { open }] of state.caps) if (open === 0) state.caps.delete(other);
  }
  state.caps.set(key, cap);
  for (const hold of lacks(state, limit)) {
    if (isUnderCap(hold, limit) && !hold.caps.includes(key)) hold.caps.push(key);
  }
  return cap;
}
