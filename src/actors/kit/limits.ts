/** Bounds of the actor kit, each with its reason. */

/** How often an actor that is to go back sends its ledger what it lacks: tens of thousands of events. */
export const collectRoundsMax = 16;
/** How long an actor that is to go back in time waits for the word to restart. */
export const restartWithinMs = 10_000;
/** Events in one call to the ledger: keeps one ingest transaction short. */
export const outboxEventsMax = 256;
/** Calls to the ledger in one alarm: the rest waits for the next, so commands get their turn. */
export const outboxBatchesMax = 16;
/** How long an appended event may wait for its company before it goes to the ledger. */
export const outboxDelayMs = 1_000;
/** First wait after the ledger did not answer; doubles up to the last. */
export const outboxRetryMs = 1_000;
export const outboxRetryMaxMs = 60_000;
/** Events folded at most when an actor wakes; a snapshot is written once the tail is longer. */
export const snapshotTailMax = 256;
/** A snapshot is one row, of at most 2 MB in UTF-8. */
export const snapshotCharsMax = 1_800_000;
/** Commands in one commit. */
export const commitCommandsMax = 128;
/** Commands this close together share a commit, which waits as long for the next of them. */
export const commitQuietMs = 2;
/** Commits at once after a wait that brought no company: a caller that asks one by one pays few. */
export const commitsAloneMax = 15;
/** Events of the ledger that a restored actor adopts in one transaction: a few megabytes. */
export const adoptEventsMax = 1_000;
/** Events that a restored stream carries over a fork; beyond, a human decides. */
export const carriedEventsMax = 5_000;
/** Characters of a branch that is kept in one event: an event fits a row, of at most 2 MB. */
export const setAsideCharsMax = 500_000;
/** Events that stay in memory until the ledger has them: a second of a busy member's. */
export const recentEventsMax = 1_024;
