/** What of a branch that began after a restore still says something beside the ledger's branch. */
import type { UserFact } from "#events/user-events.ts";
import type { UserState } from "./state.ts";

/** What changes an open hold. */
const ENDS: ReadonlySet<UserFact["type"]> = new Set([
  "RequestSettled",
  "RequestReleased",
  "HoldExtended",
  "HoldExpired",
]);

/**
 * Whether a fact of the branch has an effect on the state with the ledger's branch folded in. The end
 * of a request that ended there, too, has none: it would be told twice in the views.
 */
export function outlivesFork(
  state: UserState,
  fact: UserFact,
  branch: readonly UserFact[],
): boolean {
  if (fact.type === "ExpiryCorrected") {
    const { requestId } = fact.data;
    return state.expired.has(requestId) || wasAdmitted(branch, requestId);
  }
  if (!ENDS.has(fact.type)) return true;
  const { requestId } = fact.data as { requestId: string };
  return state.holds.has(requestId) || wasAdmitted(branch, requestId);
}

function wasAdmitted(branch: readonly UserFact[], requestId: string): boolean {
  return branch.some(
    ({ type, data }) => type === "RequestAdmitted" && data.requestId === requestId,
  );
}
