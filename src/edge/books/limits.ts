/** Bounds of the books' HTTP surface, each with its reason. */

/** Entries in one page: about a megabyte of JSON. */
export const pageMax = 500;
export const pageDefault = 50;
/** Groups that `top` may ask for: a list that people read. */
export const topMax = 100;
/** Events of one entry that are sent raw: a request has two or three; what lies between is its chain. */
export const rawEventsShown = 256;
/** A query string: filters are names, not documents. */
export const queryCharsMax = 2_048;
/** Shared budgets that one read asks: each is an actor, which asks its own children. */
export const budgetsAskedMax = 50;
/** Members whose budgets one read asks for: each is two actors. */
export const membersAskedMax = 50;
/** Budgets that one read splits into groups: each is a question to every shard. */
export const budgetsSplitMax = 500;
/** A query string that names members. */
export const namesCharsMax = 16_384;
/** As the policy bounds a member's id. */
export const memberIdCharsMax = 200;
/** Entries of one export with proofs: each with some 6 KB of evidence. */
export const provenEntriesMax = 100_000;
