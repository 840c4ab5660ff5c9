/** The books as JSON: units in every name, money also as decimal dollars. */
import { toUsd } from "#events/money.ts";
import { percentileMs } from "#projections/histogram.ts";
import { largest, splitTags, totalOf } from "#projections/merge.ts";
import { usageColumns } from "#projections/sums.ts";
import { showEntry } from "#projections/out/audit-list.ts";
import type { AuditPage, Dimension, Ranking, SumsAnswer, SumsGroup } from "#projections/queries.ts";

/** `{events, nextCursor}`; `nextCursor` is null at the end. */
export function showPage(page: AuditPage) {
  return { events: page.entries.map(showEntry), nextCursor: page.next ?? null };
}

type Shown = Record<string, number | string | null>;
type Sums = Pick<SumsGroup, "sums" | "histograms">;

/** A share with six decimals; `null` of nothing. */
function share(part: number, of: number): number | null {
  return of === 0 ? null : Math.round((part / of) * 1e6) / 1e6;
}

function percentiles(name: string, histogram: string): Shown {
  return Object.fromEntries(
    [50, 90, 95, 99].map((percent) => [
      `${name}P${percent}BoundMs`,
      percentileMs(histogram, percent),
    ]),
  );
}

/** Sums of nothing are zeros: a reader of a total need not ask whether there was anything. */
const noUsage = Object.fromEntries(usageColumns.map((column) => [column, 0]));
const noTokens = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };

function showUsage({ sums, histograms }: Sums): Shown {
  const { latencyMsSum = 0, ...counts } = { ...noUsage, ...sums };
  const n = (column: string): number => sums[column] ?? 0;
  const outcomes = ["completed", "failed", "aborted", "blocked", "cut"];
  const answered = outcomes.reduce((sum, outcome) => sum + n(outcome), 0);
  return {
    ...counts,
    errors: n("failed"),
    errorRate: share(n("failed"), answered),
    cacheHitRatio: share(n("cacheHits"), n("cacheHits") + n("cacheMisses")),
    savedUsd: toUsd(n("savedNanos")),
    latencyMeanMs: answered === 0 ? null : Math.round(latencyMsSum / answered),
    ...percentiles("latency", histograms?.latency ?? ""),
    ...percentiles("firstByte", histograms?.firstByte ?? ""),
  };
}

function showCosts({ sums }: Sums): Shown {
  const { charged = 0, costNanos = 0, savedNanos = 0, ...tokens } = sums;
  const money = { costNanos, costUsd: toUsd(costNanos), savedNanos, savedUsd: toUsd(savedNanos) };
  return { requests: charged, ...money, ...noTokens, ...tokens };
}

/**
 * `{rows, total, truncated}`: one row a group, its names and its sums side by side. With `top` the
 * largest groups only, largest first; `total` is always of all of them.
 */
export function showSums(
  view: "usage" | "costs",
  answer: SumsAnswer,
  { groupBy, rankBy, top }: { groupBy: Dimension[]; rankBy?: Ranking; top?: number },
) {
  const show = view === "usage" ? showUsage : showCosts;
  const named = groupBy.includes("tag") ? splitTags(answer.groups, groupBy) : answer.groups;
  const groups = rankBy === undefined ? named : largest(named, rankBy, top ?? named.length);
  return {
    rows: groups.map(({ by, ...sums }) => ({ ...by, ...show(sums) })),
    total: show(totalOf(answer.groups)),
    truncated: answer.truncated,
  };
}
