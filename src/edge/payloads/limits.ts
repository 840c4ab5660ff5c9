/** Bounds of kept payloads, each with its reason. */

/** Runs of text in one answer (choices, tool calls, blocks): more is no conversation. */
export const payloadRunsMax = 256;
/** Gathered beyond what is kept, so that a secret at the cut is seen whole: longer than any detector's. */
export const answerSlackChars = 16_384;
/** How long the store may take: what runs after an answer has 30 s in all. */
export const payloadStoreMs = 10_000;
/** Placeholders of one conversation that are kept: the newest, as many as a long one has. */
export const tokensMax = 2_000;
/** Bytes of a conversation's map: beyond, values are documents, and no map is kept. */
export const tokensBytesMax = 262_144;
/** How long the store of maps may take: a caller waits for it. */
export const tokensStoreMs = 3_000;
/** A map lies under a day of this grid, wider than the longest that policy keeps one (30 days). */
export const tokenDaysGrid = 32;
/** Texts read again for one what-if: each is a call, of which a run has ten thousand in all. */
export const rereadTextsMax = 6_000;
/** Of them at once: as many calls as run beside each other. */
export const rereadAtOnce = 6;
/** People's keys that one run holds in memory. */
export const keysKnownMax = 1_000;
