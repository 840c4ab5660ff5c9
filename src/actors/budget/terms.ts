/** What a renewal says of its budget: which period's lease, under which terms. */
import type { LeaseRefData } from "#events/budget-events.ts";
import type { BudgetData } from "#events/user-events.ts";
import { localScope } from "#policy/split.ts";
import type { RenewCommand } from "./api.ts";
import type { LimitTerms } from "./decider.ts";

export function refOf({ name, scope, period, periodKey, resetsAt }: BudgetData): LeaseRefData {
  return { budget: name, scope, period, periodKey, resetsAt };
}

export function termsOf(budget: RenewCommand["budget"], version: number): LimitTerms {
  const { name, scope, limitNanos, thresholds, parent, whole } = budget;
  // One that counts all of its scope knows its past better, and a member's own asks at each version.
  const picks = whole !== true && localScope(scope) === undefined;
  const since = picks ? budget.since : undefined;
  return { budget: name, scope, version, limitNanos, thresholds, parent: parent?.name, since };
}
