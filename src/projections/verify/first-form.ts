/**
 * Views as they were published before sums were kept by key, route and tag: two lists, with fewer
 * columns. All of them add up, so they follow from today's rows; old archives stay comparable.
 */
import { bucketsOf } from "../histogram.ts";
import type { Cell, Row } from "../projection.ts";

const keys = ["hour", "model", "provider", "user", "team"];
const tokens = ["inputTokens", "outputTokens", "cachedTokens"];
const outcomes = [
  "requests",
  "completed",
  "failed",
  "aborted",
  "blocked",
  "cut",
  "refused",
  "released",
  "expired",
  "cacheHits",
  ...tokens,
  "latencyMsSum",
];
const boundsMs = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000];

type Sums = Record<string, number>;

/** The rows of `cost` and `usage`, each list by its own keys. */
export function firstForm(rows: readonly Row[]): { cost: Row[]; usage: Row[] } {
  return { cost: regroup(rows, costOf), usage: regroup(rows, usageOf) };
}

function regroup(rows: readonly Row[], columnsOf: (row: Row) => Sums): Row[] {
  const groups = new Map<string, { key: Record<string, Cell>; sums: Sums }>();
  for (const row of rows) {
    const key = Object.fromEntries(keys.map((column) => [column, row[column] ?? ""]));
    const name = JSON.stringify(key);
    const group = groups.get(name) ?? { key, sums: {} };
    for (const [column, amount] of Object.entries(columnsOf(row))) {
      group.sums[column] = (group.sums[column] ?? 0) + amount;
    }
    groups.set(name, group);
  }
  return [...groups.values()]
    .filter(({ sums }) => Object.values(sums).some((amount) => amount !== 0))
    .map(({ key, sums }) => ({ ...key, ...sums }));
}

function pick(row: Row, columns: readonly string[]): Sums {
  return Object.fromEntries(columns.map((column) => [column, Number(row[column])]));
}

function costOf(row: Row): Sums {
  const { charged: requests = 0, costNanos = 0 } = pick(row, ["charged", "costNanos"]);
  return { requests, costNanos, ...pick(row, tokens) };
}

function usageOf(row: Row): Sums {
  const beyond = "latencyBeyond";
  const names = [...boundsMs.map((bound) => `latencyLe${bound}`), beyond];
  const counts: Sums = Object.fromEntries(names.map((name) => [name, 0]));
  for (const [ms, count] of bucketsOf(String(row["latency"]))) {
    const bound = boundsMs.find((bound) => ms <= bound);
    const name = bound === undefined ? beyond : `latencyLe${bound}`;
    counts[name] = (counts[name] ?? 0) + count;
  }
  return { ...pick(row, outcomes), ...counts };
}
