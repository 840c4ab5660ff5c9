/** Bounds of a BudgetActor, each with its reason. */

/** Children of one budget in one period: all of them live in memory and in one snapshot row. */
export const childrenMax = 10_000;
/** Periods that are kept: the current one, its neighbours, and old ones that still get returns. */
export const accountsMax = 64;
/** An account outlives its period by as long as a settlement may still be booked to it. */
export const accountKeepMs = 4 * 24 * 60 * 60 * 1_000;
/** A first lease covers this many requests like the one that asked. */
export const firstLeaseHolds = 4;
/** Leases double while renewals come closer than this. */
export const busyMs = 30_000;
/** Leases halve once nothing was asked for this long, and unused credit goes back. */
export const idleMs = 10 * 60_000;
/** Below this share of the limit, leases are exactly what is asked for. */
export const exactBelowShare = 0.05;
/** Children that are asked at once, so that one recall does not open thousands of calls. */
export const recallLanes = 16;
/** Children whose idle credit is called back for a request that found none. */
export const recallOthersMax = 256;
/** Between two such rounds: a used-up budget must not keep its children busy. */
export const recallGapMs = 1_000;
/** Wait before an unanswered recall is sent again; doubles up to the last. */
export const recallRetryMs = 1_000;
export const recallRetryMaxMs = 60_000;
/** Tries of one renewal: its own lease, a recall, and what others took meanwhile. */
export const renewRoundsMax = 8;
/** Permits of a shared rate may be used for its window, but at least and at most so long. */
export const permitMsMin = 1_000;
export const permitMsMax = 5 * 60_000;
/** Slots of a cap are never taken back by time: a hundred years. */
export const slotMs = 100 * 366 * 24 * 60 * 60 * 1_000;
/** Moments in one word of a child: a few kilobytes. */
export const momentsMax = 256;
/** Members whose words about a draft in the shadow are kept: a megabyte of moments at most. */
export const shadowMembersMax = 1_000;
/** How long such words wait in memory before they are kept, all of them in one row. */
export const shadowKeepMs = 2_000;
