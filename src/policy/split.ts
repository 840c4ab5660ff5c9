/**
 * Members who are too hot for one actor: their requests go to several, which lease the member's own
 * budgets and rates as members of a team lease theirs.
 *
 * Invariant: who was split once is never decided by own budgets, rates and caps again, so what any of
 * the actors spent is counted once and for good.
 */
import type { LimitData } from "#events/user-events.ts";
import type { SharedBudgetSpec } from "./compile.ts";
import type { PolicyDocument } from "./document.ts";
import type { PolicyProblem } from "./validate.ts";

/** How a member is split, by the version in hand. */
export interface SplitOf {
  /** Actors that serve; 1 for a member whose split was taken back. */
  shards: number;
  /** The most that ever served: all of them may have spent. */
  most: number;
}

/** The most actors of one member, by member, that any version had. */
export type SplitBook = readonly (readonly [member: string, most: number])[];

const prefix = "member:";

/** The scope of a member's own budget or rate where several actors share it. */
export function splitScope(member: string, scope: string): string {
  const name = member.replaceAll("%", "%25").replaceAll("/", "%2F");
  return `${prefix}${name}/${scope}`;
}

/** The scope within the member's actors; undefined for scopes of teams, organisations and one actor. */
export function localScope(scope: string): string | undefined {
  return scope.startsWith(prefix) ? scope.slice(scope.indexOf("/") + 1) : undefined;
}

/** The member that such a scope is of. */
export function memberOfScope(scope: string): string | undefined {
  if (!scope.startsWith(prefix)) return undefined;
  const name = scope.slice(prefix.length, scope.indexOf("/"));
  return name.replaceAll("%2F", "/").replaceAll("%25", "%");
}

/** What a version adds to the book. */
export function withSplits(book: SplitBook, split: PolicyDocument["split"]): SplitBook {
  const most = new Map(book);
  for (const { member, shards } of split ?? []) {
    most.set(member, Math.max(most.get(member) ?? 0, shards));
  }
  return [...most];
}

/** How each member of the book is split under a document. */
export function splitsUnder(
  book: SplitBook,
  { split = [] }: PolicyDocument,
): Record<string, SplitOf> {
  return Object.fromEntries(
    book.map(([member, most]) => {
      const { shards = 1 } = split.find((one) => one.member === member) ?? {};
      return [member, { shards, most }];
    }),
  );
}

/** The actor that serves a request: as good as random, and the same for the same id. */
export function shardOfRequest(requestId: string, { shards }: SplitOf): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < requestId.length; index += 1) {
    hash = Math.imul(hash ^ requestId.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % shards;
}

/** What is counted in lists for one member. */
interface Counted {
  limits: LimitData[];
  sharedLimits: LimitData[];
  budgets: SharedBudgetSpec[];
  sharedBudgets: SharedBudgetSpec[];
}

/** A member's own rates, caps and budgets become shared ones of their actors. Changes the lists. */
export function splitUp(member: string, resolved: Counted): void {
  for (const limit of resolved.limits) {
    // No counter knows bursts: what evens out is counted as sliding, which admits no more.
    const mode = limit.mode === "gcra" ? "sliding" : limit.mode;
    resolved.sharedLimits.push({ ...limit, mode, scope: splitScope(member, limit.scope) });
  }
  resolved.limits = [];
  for (const budget of resolved.budgets) {
    resolved.sharedBudgets.push({ ...budget, scope: splitScope(member, budget.scope) });
  }
  resolved.budgets = [];
}

/** Members named twice. */
export function splitProblems({ split = [] }: PolicyDocument): PolicyProblem[] {
  return split.flatMap(({ member }, index): PolicyProblem[] => {
    const path = `split[${index}].member`;
    const isFirst = split.findIndex((other) => other.member === member) === index;
    return isFirst ? [] : [{ path, message: `"${member}" is split twice` }];
  });
}
