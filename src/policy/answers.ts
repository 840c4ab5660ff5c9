/** How many answers a request may have to pay for, and what the dearest of them come to. */
import type { Serving } from "./route.ts";

/** A hedge's second, and those that are asked anew; each is another candidate's. */
export function answersOf(serving: Serving, candidates: number, stream: boolean): number {
  const hedge = serving.hedgeAfterMs === undefined ? 0 : 1;
  // A stream that breaks is rare: what another takes is held when it is asked.
  const again = stream ? 0 : (serving.answerRetries ?? 0);
  return Math.max(Math.min(1 + hedge + again, candidates), 1);
}

export function sumOfLargest(numbers: readonly number[], count: number): number {
  // Nearly every request has one answer, and its chain one or two candidates.
  if (count === 1) return Math.max(0, ...numbers);
  return numbers
    .toSorted((a, b) => b - a)
    .slice(0, count)
    .reduce((sum, number) => sum + number, 0);
}
