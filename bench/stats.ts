/** The arithmetic of the bench: medians, and ratios taken within one round. */

export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The median of all rounds, the least and the greatest. */
export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
});

/** `of[i] / to[i]` for each round: what slows a whole round cancels out. */
export const ratios = (of: readonly number[], to: readonly number[]): Spread =>
  spreadOf(of.map((value, round) => value / (to[round] ?? Number.NaN)));

/** `of[i] - to[i]` for each round. */
export const differences = (of: readonly number[], to: readonly number[]): Spread =>
  spreadOf(of.map((value, round) => value - (to[round] ?? Number.NaN)));

/** A new order, each as likely as the others; `random` gives numbers from 0 to 1. */
export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  return values
    .map((value) => ({ value, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
