/** What several actors of one member say of their budgets, put together. */
import type { BudgetStanding } from "#actors/user/commands.ts";
import type { SharedNode } from "#policy/shared.ts";
import { localScope } from "#policy/split.ts";

/**
 * Leases of a team's or the organisation's budget are one lease of the member; the member's own
 * budgets, where several actors share them, are asked of their nodes. An account from before the
 * split is in its node's sums.
 */
export function mergeStandings(told: readonly BudgetStanding[]): {
  own: BudgetStanding[];
  split: SharedNode[];
} {
  const own = new Map<string, BudgetStanding>();
  const split = new Map<string, SharedNode>();
  for (const { budget, scope, limitNanos } of told) {
    if (localScope(scope) === undefined) continue;
    split.set(`${budget} ${scope}`, { budget, scope, limitNanos, thresholds: [] });
  }
  const taken = new Set(
    [...split.values()].map((node) => `${node.budget} ${localScope(node.scope)}`),
  );
  for (const standing of told) {
    const { budget, scope, periodKey } = standing;
    if (localScope(scope) !== undefined || taken.has(`${budget} ${scope}`)) continue;
    const key = `${budget} ${scope} ${periodKey}`;
    const known = own.get(key);
    own.set(key, known === undefined ? standing : sumOf(known, standing));
  }
  return { own: [...own.values()], split: [...split.values()] };
}

function sumOf(one: BudgetStanding, other: BudgetStanding): BudgetStanding {
  return {
    ...one,
    limitNanos: one.limitNanos + other.limitNanos,
    settledNanos: one.settledNanos + other.settledNanos,
    heldNanos: one.heldNanos + other.heldNanos,
    leasedNanos: (one.leasedNanos ?? 0) + (other.leasedNanos ?? 0),
  };
}
