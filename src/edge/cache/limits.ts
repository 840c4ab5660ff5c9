/** Bounds of the cache, each with its reason. */

/** Characters of an entry: answers of text are far below, and an isolate holds several at once. */
export const entryBytesMax = 4 * 1024 * 1024;
