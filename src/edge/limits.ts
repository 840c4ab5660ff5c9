/** Bounds of the edge, each with its reason. */

/** A request's body: the largest prompts with images fit, and an isolate (128 MB) holds several. */
export const bodyBytesMax = 20 * 1024 * 1024;
/** What is read and thrown away of a body that is too large, so that its sender sees why. */
export const discardBytesMax = 100 * 1024 * 1024;
/** Parts of a form: a batch of images is the largest known. */
export const formPartsMax = 200;
/** An opaque answer that is passed on as it comes (recordings, pictures, files). */
export const opaqueAnswerBytesMax = 512 * 1024 * 1024;
/** A provider's whole answer, when it is not a stream. */
export const answerBytesMax = 32 * 1024 * 1024;
/** An error's text that is read from a provider. */
export const errorBytesMax = 64 * 1024;
/** `x-tallygate-action` and `-resource`: names, not documents. */
export const nameHeaderCharsMax = 200;
/** `x-tallygate-metadata`, flat JSON. */
export const metadataBytesMax = 4_096;
export const metadataEntriesMax = 20;
/** `x-tallygate-tags`: each may have limits of its own, counted one by one. */
export const tagsMax = 16;
export const userAgentCharsMax = 256;
/** Principals and tokens that an isolate remembers; the oldest go first. */
export const principalsCachedMax = 10_000;
/** How long an isolate trusts a key's owner; a revoked key is refused by its actor's fence at once. */
export const principalCacheMs = 5_000;
/** Tries of one admission or settlement when an actor is moved or restarted. */
export const actorTriesMax = 3;
/** Between two questions whether an answer that takes its time is there. */
export const followMs = 500;
/** The longest time between two such questions. */
export const followMsMax = 10_000;
/** How long after its time a run is still asked for: its end has to be written down. */
export const lateRunMs = 30_000;
/** How long a provider may take to hear that its work is wanted no more. */
export const cancelMs = 5_000;
/** How often a hold that is half over is extended. */
export const settleTriesMax = 4;

/**
 * How long a settlement waits for its principal's next admission, which may carry it. A killed
 * process loses at most these to their holds' expiry, beside the calls that were under way.
 */
export const settleDelayMs = 15;
/** How long one request sees to the settlements of those after it: it keeps its context alive. */
export const settleWatchMsMax = 1_000;
/** Settlements in one call to an actor. */
export const settlementsMax = 32;
/** After how long a silence a stream's caller is told that it lives; below what proxies hang up at. */
export const keepAliveMs = 15_000;
/** Characters of a stream's beginning that wait for its first content, where it may be begun anew. */
export const heldCharsMax = 64 * 1024;
/** Characters of a body that a shadowed draft looks at too: beyond, it says that it did not. */
export const shadowCharsMax = 256_000;
/** Rules that an event names of what a shadowed draft found. */
export const shadowFindingsMax = 50;
/** Texts and characters of a prompt that are looked into for entities; over that is a failure. */
export const entityTextsMax = 1_000;
export const entityCharsMax = 256_000;
/** Rules that the record names where their service did not answer: some tell enough. */
export const unsearchedRulesMax = 32;
/** An answer with spans: some 60 bytes each. */
export const entityAnswerBytesMax = 1024 * 1024;
/** Questions to the guard's second stage per request: one, and another under a newer policy. */
export const secondOpinionsMax = 2;

/** Time to sign in at the identity provider: passwords are looked for, second factors are fetched. */
export const signInMs = 10 * 60 * 1_000;
/** Time and size of one answer of the identity provider: its addresses, or an ID token. */
export const signInTimeoutMs = 10_000;
export const signInAnswerBytesMax = 256 * 1024;
