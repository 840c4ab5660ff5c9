/** The books as JSON: units in every name, money also as decimal dollars. */
import { NANOS_PER_DOLLAR } from "#events/money.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { latencyColumns, percentileBoundMs } from "#projections/histogram.ts";
import { totalOf } from "#projections/merge.ts";
import type { AuditPage, SumsAnswer, SumsGroup } from "#projections/queries.ts";

/** Nano-dollars as dollars, exact: `1234567890` is `"1.23456789"`. */
export function toUsd(costNanos: number): string {
  const whole = Math.trunc(costNanos / NANOS_PER_DOLLAR);
  const rest = Math.abs(costNanos % NANOS_PER_DOLLAR);
  const sign = costNanos < 0 && whole === 0 ? "-" : "";
  if (rest === 0) return `${sign}${whole}`;
  return `${sign}${whole}.${String(rest).padStart(9, "0").replace(/0+$/, "")}`;
}

/** An entry with its time readable and its cost in dollars. */
export function showEntry(entry: AuditEntry) {
  return {
    ...entry,
    time: new Date(entry.at).toISOString(),
    ...(entry.costNanos === undefined ? {} : { costUsd: toUsd(entry.costNanos) }),
  };
}

/** `{events, nextCursor}`; `nextCursor` is null at the end. */
export function showPage(page: AuditPage) {
  return { events: page.entries.map(showEntry), nextCursor: page.next ?? null };
}

function showUsage(sums: Record<string, number>): Record<string, number | null> {
  const { latencyMsSum = 0, ...rest } = sums;
  const counts = Object.entries(rest).filter(([column]) => !latencyColumns.includes(column));
  const timed = latencyColumns.reduce((sum, column) => sum + (sums[column] ?? 0), 0);
  return {
    ...Object.fromEntries(counts),
    errors: sums["failed"] ?? 0,
    latencyMeanMs: timed === 0 ? null : Math.round(latencyMsSum / timed),
    latencyP50BoundMs: percentileBoundMs(sums, 0.5),
    latencyP95BoundMs: percentileBoundMs(sums, 0.95),
    latencyP99BoundMs: percentileBoundMs(sums, 0.99),
  };
}

function showCosts(sums: Record<string, number>): Record<string, number | string> {
  return { ...sums, costUsd: toUsd(sums["costNanos"] ?? 0) };
}

/** `{rows, total, truncated}`: one row a group, its names and its sums side by side. */
export function showSums(view: "usage" | "costs", answer: SumsAnswer) {
  const show = view === "usage" ? showUsage : showCosts;
  return {
    rows: answer.groups.map(({ by, sums }: SumsGroup) => ({ ...by, ...show(sums) })),
    total: show(totalOf(answer.groups)),
    truncated: answer.truncated,
  };
}
