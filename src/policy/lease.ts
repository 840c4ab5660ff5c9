/** How long an isolate may act on a policy version it has read, and what follows for publishing. */

/** An isolate may start calls under a version for this long, counted from before it asked for it. */
export const POINTER_LEASE_MS = 5_000;

/** Longer than any lease by a margin for timers that fire late: then no old version is in use. */
export const IN_FORCE_AFTER_MS = POINTER_LEASE_MS + 1_000;
