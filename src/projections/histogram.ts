/** Latencies as counts in fixed buckets: they add up over rows and shards, percentiles do not. */

/** Upper bounds of the buckets, milliseconds, inclusive; one more bucket holds what is longer. */
export const latencyBoundsMs = [
  10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000,
] as const;

const BEYOND = "latencyBeyond";

export const latencyColumns: readonly string[] = [
  ...latencyBoundsMs.map((bound) => `latencyLe${bound}`),
  BEYOND,
];

/** The column that counts a latency. */
export function latencyColumn(latencyMs: number): string {
  const bound = latencyBoundsMs.find((bound) => latencyMs <= bound);
  return bound === undefined ? BEYOND : `latencyLe${bound}`;
}

/**
 * The upper bound of the bucket in which a share of all latencies is reached, milliseconds; `null`
 * when there are none or it lies beyond the last bound.
 */
export function percentileBoundMs(sums: Record<string, number>, share: number): number | null {
  const total = latencyColumns.reduce((sum, column) => sum + (sums[column] ?? 0), 0);
  let seen = 0;
  for (const bound of latencyBoundsMs) {
    seen += sums[`latencyLe${bound}`] ?? 0;
    if (total > 0 && seen >= total * share) return bound;
  }
  return null;
}
