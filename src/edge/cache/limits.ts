/** Bounds of the cache, each with its reason. */

/** Characters of an entry: answers of text are far below, and an isolate holds several at once. */
export const entryBytesMax = 4 * 1024 * 1024;
/** How long somebody waits for another's answer to the same request before asking for themselves. */
export const flightMs = 30_000;
/** Steps of a stream that is given again, and the wait between them: half a second in all. */
export const replayStepsMax = 100;
export const replayStepMs = 5;
