/** Bounds of the policy actor, each with its reason. */

/** Members and keys live in one snapshot row (2 MB) together with the current document (256 KB). */
export const membersMax = 2_000;
export const keysMax = 4_000;
/** Removing a member revokes all their keys in one transaction. */
export const keysPerMemberMax = 50;
/** Revoked keys that lists still show; the log has them all. */
export const revokedShownMax = 500;
/** Removed members whose spending a new budget still counts, for as long as the longest period. */
export const departedMax = 1_000;
export const departedKeepMs = 32 * 24 * 60 * 60 * 1_000;
/** Versions that can be listed and brought back; the log has them all. */
export const versionsMax = 500;
/** Members of one setup call: each gets a key in the same transaction. */
export const foundersMax = 500;

/** A frame from an admin: a document of 256 KB, escaped, fits. */
export const frameCharsMax = 512 * 1024;
/** Longer document bodies are left out of broadcasts; `GetPolicy` has them. */
export const broadcastDocumentCharsMax = 64 * 1024;
/** Events in the answer to one `Resume`; the client asks on from the last. */
export const resumeEventsMax = 500;
/** Admins' sockets of one organisation: each commit is sent to all of them. */
export const socketsMax = 64;
/** Commands a socket may send at once, and then each second. */
export const commandBurst = 40;
export const commandsPerSecond = 20;
/** Proposals that wait at once: each has a document in the log, and somebody has to read it. */
export const proposalsMax = 20;
/** Erasures that wait for their actor at once, and those carried out that lists still show. */
export const erasuresPendingMax = 100;
export const erasuresShownMax = 500;
/** Wait before an actor that did not answer is told again to erase; doubles up to the last. */
export const erasureRetryMs = 2_000;
export const erasureRetryMaxMs = 60_000;
/** Actors told to erase at the same time. */
export const erasureLanes = 6;
/** Price corrections that wait at once, and those applied that lists still show. */
export const correctionsPendingMax = 20;
export const correctionsShownMax = 200;
/** Principals costed anew in one alarm, and at the same time: other work has its turn between. */
export const correctionsPerRun = 48;
export const correctionLanes = 6;
/** Wait before principals that were not reached are asked again; doubles up to the last. */
export const correctionRetryMs = 2_000;
export const correctionRetryMaxMs = 60_000;
/** Names of streams asked of a ledger at once. */
export const principalsPage = 1_000;
/** Answers kept so that a command sent again gets the same one. */
export const answersMax = 1_000;

/** Named filters of the audit list: they are in every snapshot. */
export const savedViewsMax = 100;
/** Keys copied to KV or fenced in one go; the rest follows with the next alarm. */
export const mirrorBatch = 100;
/** Keys copied at the same time: KV takes six connections. */
export const mirrorLanes = 6;
/** Wait before a copy that failed is tried again. */
export const mirrorRetryMs = 2_000;
/** Nodes of shared budgets that are told of a new limit at once. */
export const limitLanes = 16;
/** Wait before a node that has not called back all credit is asked again; doubles up to the last. */
export const limitRetryMs = 500;
export const limitRetryMaxMs = 60_000;
/** How long an order to restore an actor stands without its end: longer than the edge tries. */
export const restoringMaxMs = 5 * 60_000;
