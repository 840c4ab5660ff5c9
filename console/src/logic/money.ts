/** Dollars of the policy as the integers of the books. */

/** Whole nano-dollars; the policy allows nine decimals at most, so nothing is lost. */
export function usdToNanos(usd: number): number {
  return Math.round(usd * 1e9);
}
