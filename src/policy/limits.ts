/** How large a policy document may be: everything in it is read on every request. */

/** The whole document as canonical JSON: it lives in one event row (2 MB) and in every isolate. */
export const documentBytesMax = 256 * 1024;
/** Candidates are tried one after another within one hold. */
export const candidatesMax = 20;
export const tiersMax = 50;
/** Conditions of routes are tried in order on every request. */
export const routesMax = 100;
/** Values that one condition lists. */
export const matchesMax = 100;
export const providersMax = 100;
/** Credentials of one provider: each has a circuit of its own in every isolate. */
export const credentialsMax = 20;
/** Every limit that applies is checked in the admitting transaction. */
export const limitsMax = 100;
export const budgetsMax = 100;
/** Each rule is scanned for on every text, both ways. */
export const dlpRulesMax = 200;
/** Types of entities that the service may be asked for at once. */
export const entityTypesMax = 32;
/** Providers keep a conversation for about a month. */
export const conversationDaysMax = 30;
/** Each is sent every event that it asks for, by every shard. */
export const sinksMax = 20;
/** Members who are split; each is counted in the PolicyActor for good. */
export const splitsMax = 100;
/** Actors of one member: each is told of every version and asked for its past. */
export const shardsMax = 16;
export const nameCharsMax = 64;
/** A month of 31 days: the longest window and the reach of the fold. */
export const windowMsMax = 31 * 24 * 60 * 60 * 1000;
/** How long a request may be open: a hold lives for a day at most, and is extended while it lasts. */
export const openMsMax = 2 * 24 * 60 * 60 * 1000;
/** An answer names at most this many problems of a document. */
export const problemsMax = 100;
/** Teams' and organisations' budgets that are told of a new version; others hear at their next lease. */
export const nodesMax = 1_000;
