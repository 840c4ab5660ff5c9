/**
 * Members who are split, as one: what their actors recorded, told as if one actor had decided it all.
 *
 * Invariant: what the actors lease of their member's own rules becomes a rule of the member again, and
 * nothing of a lease is left, so whoever folds the facts of all of them has one set of books.
 */
import type { BudgetData, LimitData, SharedBudgetData, UserFact } from "#events/user-events.ts";
import { localScope } from "#policy/split.ts";

/** The book that a stream's requests are decided in, where it is not the stream's own. */
export type Books = ReadonlyMap<string, string>;

/** What decides, uses or frees something; all else is of no matter to a member's books. */
const counted: ReadonlySet<string> = new Set<UserFact["type"]>([
  "RequestAdmitted",
  "RequestRefused",
  "RefusalsCounted",
  "RequestSettled",
  "ExpiryCorrected",
  "RequestReleased",
  "HoldExpired",
  "HoldExtended",
  "KeyFenced",
]);

/** Whether a fact of one of several actors is to be taken for their member. */
export function isCounted(type: string): boolean {
  return counted.has(type);
}

/** A fact of one of several actors, as the one actor of their member would have written it. */
export function asOne(fact: UserFact): UserFact {
  if (fact.type !== "RequestAdmitted" && fact.type !== "RequestRefused") return fact;
  const { limits = [], budgets = [], sharedLimits = [], shared = [] } = fact.data;
  const data = {
    ...fact.data,
    limits: [...limits, ...ownOf<LimitData>(sharedLimits)],
    budgets: [...budgets, ...ownOf<SharedBudgetData>(shared).map(withoutParent)],
    sharedLimits: sharedLimits.filter(isOthers),
    shared: shared.filter(isOthers),
  };
  return { ...fact, data } as UserFact;
}

function ownOf<R extends { scope: string }>(rules: readonly R[]): R[] {
  return rules.flatMap((rule) => {
    const scope = localScope(rule.scope);
    return scope === undefined ? [] : [{ ...rule, scope }];
  });
}

function withoutParent({ parent: _parent, ...budget }: SharedBudgetData): BudgetData {
  return budget;
}

const isOthers = ({ scope }: { scope: string }): boolean => localScope(scope) === undefined;
