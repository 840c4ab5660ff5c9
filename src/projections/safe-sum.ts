/** Sums stay exact: past the safe integers a wrong total would look like a right one. */

/** Returns a sum that a JavaScript number holds exactly; throws a RangeError on any other. */
export function assertSafeSum(sum: number, what: string): number {
  if (!Number.isSafeInteger(sum)) throw new RangeError(`the sum of ${what} is not a safe integer`);
  return sum;
}
