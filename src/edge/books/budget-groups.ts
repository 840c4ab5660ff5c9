/** What each budget spent, by group: its standing is the actors' word, its groups are the ledger's. */
import { budgetAccount } from "#projections/budgets.ts";
import { largest, mergeSums, splitTags } from "#projections/merge.ts";
import type { Dimension, SumsGroup } from "#projections/queries.ts";
import type { BudgetStanding } from "#actors/user/commands.ts";
import { GatewayError } from "../errors.ts";
import { toUsd } from "#events/money.ts";
import type { LedgerShard } from "./ledgers.ts";
import { budgetsSplitMax } from "./limits.ts";

/** How budgets are split. */
export interface BudgetSplit {
  groupBy: readonly Dimension[];
  /** The largest groups of each, so many. */
  top?: number | undefined;
}

type Standing = Pick<
  BudgetStanding,
  "budget" | "scope" | "period" | "periodKey" | "resetsAt" | "settledNanos"
> & { member?: string };

const hourMs = 3_600_000;
/** The longest that a period may have begun before it ends: its days, and an hour for summer time. */
const periodMs = { day: 25 * hourMs, week: 169 * hourMs, month: 745 * hourMs };

/**
 * Standings with `rows`, one a group (`requests`, `costNanos`, `costUsd`), and `otherNanos`: what the
 * budget counts and no collected request names it for. A member's standing is split by what that
 * member spent. `isCut` where there were too many groups for one answer.
 */
export async function splitStandings<S extends Standing>(
  ledgers: readonly LedgerShard[],
  standings: readonly S[],
  { groupBy, top }: BudgetSplit,
) {
  if (standings.length > budgetsSplitMax) {
    throw new GatewayError(
      "invalid_request",
      `${standings.length} budgets cannot be split in one answer, ${budgetsSplitMax} can: name fewer members.`,
    );
  }
  const by = [...new Set(groupBy)];
  const asked = standings.map(({ budget: name, member, ...rest }) => {
    const account = budgetAccount({ name, ...rest });
    return member === undefined ? { account } : { account, user: member };
  });
  const from = Math.min(...standings.map(({ resetsAt, period }) => resetsAt - periodMs[period]));
  const answers =
    standings.length === 0
      ? []
      : await Promise.all(ledgers.map((one) => one.budgetSums({ asked, groupBy: by, from })));
  const split = standings.map((standing, place) => {
    const parts = answers.flatMap(({ budgets }) => budgets[place] ?? []);
    const groups = parts.map(({ groups: ofShard }) => ({ groups: ofShard, truncated: false }));
    const spentNanos = parts.reduce((sum, { totalNanos }) => sum + totalNanos, 0);
    const otherNanos = standing.settledNanos - spentNanos;
    return {
      ...standing,
      rows: rowsOf(mergeSums(groups, by).groups, by, top),
      otherNanos,
      otherUsd: toUsd(otherNanos),
    };
  });
  return { split, isCut: answers.some(({ truncated }) => truncated) };
}

function rowsOf(groups: readonly SumsGroup[], by: readonly Dimension[], top: number | undefined) {
  const named = by.includes("tag") ? splitTags(groups, by) : groups;
  const shown = top === undefined ? named : largest(named, "costNanos", top);
  return shown.map(({ by: names, sums: { charged = 0, costNanos = 0 } }) => ({
    ...names,
    requests: charged,
    costNanos,
    costUsd: toUsd(costNanos),
  }));
}
