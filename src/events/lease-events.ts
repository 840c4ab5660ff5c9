/** What happens to one principal's leases of shared budgets: part of the principal's own stream. */
import * as z from "zod";
import { LeaseRefData } from "./budget-events.ts";

const count = z.int().min(0);
const nanos = z.int().min(0);

/** Credit of a shared budget came from its node. Used by: audit. */
export const LeaseGranted = z.strictObject({
  type: z.literal("LeaseGranted"),
  v: z.literal(1),
  data: z.strictObject({
    lease: LeaseRefData,
    /** All that was ever granted in the period. */
    grantedNanos: nanos,
    /** What the node, and its parent, had left just then. */
    freeNanos: nanos.optional(),
    parentFreeNanos: nanos.optional(),
  }),
});

/**
 * What was spent and held in a period before a shared budget counted it: from here on it counts
 * there, as if it had been leased. Used by: audit.
 */
export const LeaseOpened = z.strictObject({
  type: z.literal("LeaseOpened"),
  v: z.literal(1),
  data: z.strictObject({
    lease: LeaseRefData,
    /** The policy version that brought the budget: nothing older is admitted any more. */
    version: count,
    /** When the period began, milliseconds. */
    startsAt: count,
    /** The budget that this one leases from. */
    parent: z.string().optional(),
    /** Spent and held, and counted by no lease of this budget yet. */
    usedNanos: nanos,
    heldNanos: nanos,
    /** Of the organisation's budget: the same by the team that it was spent in, `""` for none. */
    bySlice: z.record(z.string(), nanos).optional(),
    /** The budgets that lease from it: what they count is theirs. Without it, all that ever did. */
    below: z.array(z.string()).optional(),
    /** All that is spent under this lease and that the parent counts for this principal already. */
    prepaidNanos: nanos,
    /**
     * True when a member's own budget begins under a newer version: what comes back from older
     * requests is not spent without a new lease.
     */
    recalled: z.boolean().optional(),
    /** Where the past was read from the stream: since when the budget is what it is, milliseconds. */
    since: count.optional(),
    /** For one of several members also a hash of what it picks, where nothing else is counted. */
    picks: z.string().optional(),
    /** And those it counts that have not come to their truth. Without it, all of its scope. */
    open: z.array(z.string()).max(4_096).optional(),
    /** What it counted when it picked others: what is used and held stands in place of that. */
    before: z.strictObject({ usedNanos: nanos, heldNanos: nanos }).optional(),
  }),
});

/** Credit goes back to its node: it is idle, or was recalled. Used by: audit. */
export const LeaseReturned = z.strictObject({
  type: z.literal("LeaseReturned"),
  v: z.literal(1),
  data: z.strictObject({
    lease: LeaseRefData,
    returnedNanos: nanos,
    /** The recall that this answers: nothing more is spent without a new lease. */
    recall: count.optional(),
  }),
});

/** A node had no credit, or did not answer: requests that need it are refused until then. Used by: audit. */
export const LeaseDenied = z.strictObject({
  type: z.literal("LeaseDenied"),
  v: z.literal(1),
  data: z.strictObject({
    lease: LeaseRefData,
    reason: z.enum(["exhausted", "unavailable"]),
    /** The budget that has none left: this one, or the one it leases from. */
    by: z.string(),
    untilAt: count,
  }),
});
