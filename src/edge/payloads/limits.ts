/** Bounds of kept payloads, each with its reason. */

/** Runs of text in one answer (choices, tool calls, blocks): more is no conversation. */
export const payloadRunsMax = 256;
/** Gathered beyond what is kept, so that a secret at the cut is seen whole: longer than any detector's. */
export const answerSlackChars = 16_384;
/** How long the store may take: what runs after an answer has 30 s in all. */
export const payloadStoreMs = 10_000;
