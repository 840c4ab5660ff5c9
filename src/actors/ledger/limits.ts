/** Bounds of the ledger, each with its reason. */

/** Characters of events in one row of the log: at most three bytes each, and a row holds 2 MB. */
export const logRowCharsMax = 500_000;
/** Events in one `ingest`; a sender's batch is 256, and one transaction must stay short. */
export const ingestEventsMax = 2_048;
/** Audit rows that one query looks at: bounds its time; the page's `next` goes on from there. */
export const auditScanMax = 10_000;
/** Entries in one page. */
export const auditPageMax = 500;
/** Groups in one answer of sums: about 2 MB over RPC. */
export const sumsGroupsMax = 10_000;
/**
 * Requests whose latencies are joined in one text: three bytes each at most, and a text of SQLite's
 * may have two million.
 */
export const joinedRequestsMax = 500_000;
/** Events in one answer of raw events: as many as a sender's batch. */
export const rawEventsMax = 256;
/** Events in one answer to an actor that was restored: what it adopts in one transaction. */
export const historyEventsMax = 1_000;
/** Faults kept: the first ones tell, and a sender that repeats itself must not fill the disk. */
export const faultsMax = 1_000;
/** Live tails on one shard: each is sent every match. */
export const tailsMax = 64;
/** Entries sent to one tail in one second; what is over is counted, not sent. */
export const tailEntriesPerSecondMax = 200;
/** Events folded between writes while views are rebuilt: bounds memory. */
export const rebuildEventsMax = 2_000;
/** Rows of a view compared in one transaction: a few milliseconds. */
export const compareRowsMax = 500;
/** From one self-audit to the next: each writes as many rows as the views have, beside them. */
export const auditEveryMs = 7 * 24 * 60 * 60 * 1_000;
/** From one part of a self-audit to the next: collecting comes first. */
export const auditStepMs = 1_000;
/** Wait after a part failed, as the archive may be out of reach. */
export const auditRetryMs = 300_000;
/** How long an event waits for its company before it is archived: three objects a segment are paid. */
export const archiveDelayMs = 60_000;
/** Wait after the archive could not be written; doubles up to the last. */
export const archiveRetryMs = 5_000;
export const archiveRetryMaxMs = 600_000;
/** Events and characters of one segment: it is built in memory, twice, beside everything else. */
export const segmentEventsMax = 16_384;
export const segmentCharsMax = 8_000_000;
/** Segments written in one alarm: the rest waits for the next. */
export const segmentsPerAlarmMax = 8;
/** How long archived events stay in the log, where they are read without the archive. */
export const hotMs = 30 * 24 * 60 * 60 * 1_000;
/** Rows removed from the log in one alarm: each is a write. */
export const trimRowsMax = 2_000;
/** Events between two words about a what-if's progress: a few milliseconds of work. */
export const whatIfEventsMax = 1_000;
/**
 * Events of split members held back until they are in the order of their times: some 2 KB each. One
 * actor may be collected so many of theirs later than another.
 */
export const splitHeldMax = 16_384;
/** Events and characters in one sending: what the narrowest collectors take (1,000 and 5 MB), with room. */
export const sinkEventsMax = 500;
export const sinkCharsMax = 1_000_000;
/** Events looked at in one read for a sink that asks for few. */
export const sinkReadMax = 512;
/** How long a sink may take to answer, and what one alarm may spend on it. */
export const sinkTimeoutMs = 10_000;
export const sinkRunMs = 20_000;
/** How long an event waits for its company before it is sent on. */
export const sinkDelayMs = 2_000;
/** How old the shard's knowledge of the policy's sinks may be. */
export const sinkRefreshMs = 60_000;
/** First wait after a sink did not take a batch; doubles up to the last. */
export const sinkRetryMs = 1_000;
export const sinkRetryMaxMs = 600_000;
/** Dead letters of one sink: beyond, it waits for a human, as nothing may be lost. */
export const deadLettersMax = 10_000;
/** Dead letters tried again in one alarm, and shown in one answer. */
export const deadLettersAtOnce = 200;
/** Rules and members in one answer about a draft in the shadow. */
export const shadowRowsMax = 2_000;
/** Events of a person's evidence in one answer, each with a path of a kilobyte, and segments looked at. */
export const evidenceEventsMax = 1_000;
export const evidenceSegmentsMax = 64;
/** Names of streams in one answer to another actor. */
export const principalsMax = 1_000;
/** From one look at what policy lets go to the next, and from one base to the next. */
export const retentionEveryMs = 24 * 60 * 60 * 1_000;
export const baseEveryMs = 7 * 24 * 60 * 60 * 1_000;
/** A base as it is packed: it is built in memory, and read as a whole. */
export const basePackedBytesMax = 32 * 1024 * 1024;
/** Lines of a base that are put into the views in one transaction. */
export const baseLinesAtOnce = 1_000;
/** Segments removed in one go, four objects each: a call takes a thousand. */
export const segmentsGoneAtOnce = 240;
/** Rows of the audit list removed in one go: each is a write. */
export const oldEntriesAtOnce = 2_000;
/** Manifests that a witness is shown the growth by at once: each is read from the archive. */
export const witnessManifestsMax = 256;
/** How long a witness may take to answer. */
export const witnessTimeoutMs = 10_000;
/** Wait after a witness did not cosign; doubles up to the last. */
export const witnessRetryMs = 60_000;
export const witnessRetryMaxMs = 3_600_000;
/** Witnesses of a deployment, and characters of an answer of one. */
export const witnessesMax = 16;
export const witnessAnswerCharsMax = 16_384;
