/** Bounds of Cloudflare's log endpoints and of its WebSocket API, each with its reason. */

/** As Cloudflare's own. */
export const perPageMax = 50;
export const perPageDefault = 20;
/** Entries that one list looks at: ten pages of the ledger, each from every shard. */
export const entriesSeenMax = 5_000;
/** Conditions in one list, and values in each. */
export const filtersMax = 20;
export const filterValuesMax = 20;
export const filterCharsMax = 500;
/** A query string with filters written out. */
export const logQueryCharsMax = 8_192;
/** Entries that feedback may add to a request's events: opinions change, but not without end. */
export const requestEventsMax = 64;
export const feedbackBytesMax = 16_384;
/** A log comes into the books within two seconds of its end; who asks at once waits this often. */
export const logTriesMax = 8;
export const logTryMs = 500;

/** Requests of one socket that are under way: the runtime lets one invocation have six connections. */
export const socketRequestsMax = 6;
/**
 * Attempts in the life of one socket, which is one invocation: each is three calls of ours or more,
 * and the runtime counts ten thousand. Then the client connects again.
 */
export const socketAttemptsMax = 1_000;
/** Sockets of one member in one isolate. */
export const socketsPerMemberMax = 64;
/** `eventId` of a message, as of the header. */
export const eventIdCharsMax = 200;
