/** Bounds of a UserActor's state, each with its reason. */

/** Distinct moments that one limit remembers exactly; beyond, moments are merged into cells. */
export const logEntriesMax = 1_024;
/** Cells that a merged window is divided into: a merged moment leaves at most one cell late. */
export const cellsPerWindow = 512;
/** Open holds of one principal: they live in memory and in the snapshot. */
export const openHoldsMax = 2_048;
/** Ended requests that are remembered, so that a repeated message changes nothing. */
export const outcomesMax = 4_096;
/** How long an ended request is remembered, and a late settlement still corrects an expiry. */
export const rememberMs = 48 * 60 * 60 * 1_000;
/** Expired holds that a late settlement can still correct. */
export const expiredMax = 1_024;
/** Buckets of limits, and accounts of budgets: scopes such as sessions are the caller's to invent. */
export const bucketsMax = 2_048;
export const accountsMax = 2_048;
/** Leases of shared budgets: a few a request, in this period and the last. */
export const leasesMax = 256;
/** Leases of shared rates: a few a request. */
export const rateLeasesMax = 256;
/** Moments in one word to a counter; more are merged into that many cells of the window. */
export const wordMomentsMax = 128;
/** Credit that was not used for so long goes back to its node. */
export const leaseIdleMs = 10 * 60_000;
/** Tries of one admission to get credit, each a round trip to the node. */
export const renewRoundsMax = 8;
/** After a node said no, it is not asked again for this long, and up to so much longer at random. */
export const deniedMs = 1_000;
export const deniedJitterMs = 4_000;
/** The same of a full cap: any request that ends makes room. Each asking is at most one event. */
export const capDeniedMs = 200;
/** An account outlives its period by as long as anything can still be booked to it. */
export const accountKeepMs = 4 * 24 * 60 * 60 * 1_000;
/**
 * Scopes (the user, keys, models, tags) whose past is kept for limits that are made later, and as
 * many teams that the user was in.
 */
export const historyScopesMax = 32;
/** Distinct moments of it; a month of busy hours and a busy half hour are half as many. */
export const historyEntriesMax = 2_048;
/** How far that past reaches: the longest window and the longest month, and a day. */
export const historyMs = 32 * 24 * 60 * 60 * 1_000;
/** Holds that one command may expire: the rest is due again at once. */
export const expiriesPerCommandMax = 256;
/** The longest that a hold may live, however often it is extended. */
export const holdMsMax = 24 * 60 * 60 * 1_000;
/** Refusals alike within this time of a recorded one are counted, not recorded one by one. */
export const quietMsMax = 60_000;
/** How long counted refusals may wait in memory before they are recorded. */
export const countedDelayMs = 1_000;
/** Request ids that a count of refusals names. */
export const sampleIdsMax = 5;
/** Quiet times that are remembered. */
export const quietsMax = 256;
/** How long a former member who was erased gets no new key: isolates know their callers for less. */
export const formerKeyMs = 60_000;
/** Events read at once for a price correction, and in one call of it. */
export const correctionPage = 200;
export const correctionEventsMax = 50_000;
/**
 * Events read at once for the past of a new rule; in all, while a request waits; and in one alarm,
 * where there are more.
 */
export const pastPage = 200;
export const pastEventsMax = 100_000;
export const pastStepEvents = 20_000;
/** Scopes of one rule whose past is read in one go; of a rule with more, one at a time. */
export const pastScopesMax = 256;
/** Rules that wait for a long past to be read. */
export const pastRulesMax = 256;
/** Rules whose past is known to be read, or to be awaited: more than a policy lists. */
export const readRulesMax = 512;
/** Payload objects deleted in one go: as many as the store lists and deletes in one call. */
export const payloadDeletesMax = 1_000;
/** Wait after payload objects could not be deleted. */
export const payloadRetryMs = 60_000;
/** From one question about what others used, for a draft in the shadow, to the next. */
export const shadowAskEveryMs = 1_000;
/** How old an answer may be to be decided by: what is older is asked anew first. */
export const shadowKnownMs = 2_000;
/** How long a request waits for such an answer: nobody is to feel a shadow. */
export const shadowWaitMs = 250;
/** Moments in one word about a rate: a kilobyte. */
export const shadowMomentsMax = 64;
/** Shared budgets that are remembered as having too long a past to be read. */
export const pastSkipsMax = 256;
