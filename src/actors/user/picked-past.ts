/**
 * What a shared budget that picks some requests (one model, some members) counts of those before it,
 * and which of them are still to be read (`picked-scan.ts` reads, `picked-lease.ts` takes in).
 *
 * Invariants, each the title of a test:
 * - what a shared budget counts of its past is what it would have counted had it been there;
 * - one that is part of another counts no less, and new exactly that; nothing of it is lost above.
 */
import type { RulePicks } from "#policy/picks.ts";
import { localScope } from "#policy/split.ts";
import { startOf } from "./budgets.ts";
import type { LeaseOpening } from "./lease-past.ts";
import { leaseOf, leaseRefOf } from "./leases.ts";
import type { Lease, RequestData, UserState } from "./state.ts";

/** What a principal's stream says of such a budget, in a period. */
export interface PickedPast {
  /** Spent and held, by the team that it was spent in, `""` for none. */
  bySlice: Record<string, number>;
  /** Of that what is held by requests that are open. */
  heldNanos: number;
  /** Of all: what was admitted under the budget's own lease. */
  direct: Record<string, number>;
  /** Of all: what has come to its truth, and was admitted under a lease of the budget above. */
  aboveNanos: number;
  /** Requests that have not come to their truth: open, or expired. */
  open: string[];
}

/** Whether a budget picks some requests, came within its period, and its past here was not read. */
export function isUnread(
  { since: read }: Lease,
  { lease, since, startsAt }: LeaseOpening,
): boolean {
  if (since === undefined || localScope(lease.scope) !== undefined) return false;
  return since > startsAt && read !== since;
}

/** An opening whose past was read: as of a budget that was there when the period began. */
export function asRead(opening: LeaseOpening): LeaseOpening {
  return { ...opening, since: opening.startsAt };
}

/** The shared budgets of a request that pick some requests and whose past is to be read. */
export function openingsToRead(
  state: UserState,
  request: Pick<RequestData, "policyVersion" | "shared">,
  { budgets = {} }: RulePicks,
): LeaseOpening[] {
  if (request.policyVersion < state.policyVersion) return [];
  return (request.shared ?? []).flatMap((budget): LeaseOpening[] => {
    const when = budgets[budget.name];
    if (when === undefined || budget.whole === true) return [];
    const { since, parent } = budget;
    const lease = leaseRefOf(budget);
    const own = { lease, startsAt: startOf(budget), parent: parent?.name, whole: false };
    const opening = { ...own, since, when, met: true };
    return isUnread(leaseOf(state, lease), opening) ? [opening] : [];
  });
}
