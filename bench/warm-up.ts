/**
 * Before anything counts: each target is asked, at the concurrency of the rounds, until another
 * slice makes a request no cheaper. A runtime compiles what is hot while it is asked, so a round that
 * comes too early measures the compiler.
 */
import type { LoadGenerator } from "./load.ts";
import { cpuUs, untilIdle } from "./processes.ts";
import type { Target } from "./targets.ts";

const sliceSeconds = 0.5;
/** With fewer requests behind it no target is warm, however steady it looks. */
const requestsMin = 2_000;
/** After so many, eight seconds of load, it is as warm as it gets here. */
const slicesMax = 16;
/** A slice that is cheaper than the best before it by less than this share is noise. */
const gainMin = 0.05;

/** How one target became warm. */
export interface WarmUp {
  name: string;
  requests: number;
  /** What a request cost in the first and in the best slice: CPU, or time where none is counted. */
  firstUs: number;
  bestUs: number;
  /** Whether it stopped getting cheaper; else its bound was reached, and early rounds may gain. */
  isSettled: boolean;
  /** The first answer that was wrong. */
  wrong?: string;
}

/** Whether the last two slices were no cheaper than the best before them. */
export function isSettled(costs: readonly number[]): boolean {
  if (costs.length < 3) return false;
  const best = Math.min(...costs.slice(0, -2));
  return costs.slice(-2).every((cost) => cost > best * (1 - gainMin));
}

/** Asks `target` until it is warm, `slicesMax` slices at most. */
export async function warmUp(
  { name, port, path, callers, pid }: Target,
  generator: LoadGenerator,
  connections: number,
): Promise<WarmUp> {
  const costs: number[] = [];
  let requests = 0;
  let wrong: string | undefined;
  const done = (): boolean => requests >= requestsMin && isSettled(costs);
  while (!done() && costs.length < slicesMax && wrong === undefined) {
    const before = pid === undefined ? undefined : cpuUs(pid);
    const slice = await generator.load({ port, path, callers, connections, seconds: sliceSeconds });
    // What follows an answer is to be warm, too, and belongs to the slice that caused it.
    if (pid !== undefined) await untilIdle(pid);
    const after = pid === undefined ? undefined : cpuUs(pid);
    const isCounted = before !== undefined && after !== undefined;
    costs.push(isCounted ? (after - before) / slice.count : 1e6 / slice.rps);
    requests += slice.count;
    wrong = slice.wrong;
  }
  return {
    name,
    requests,
    firstUs: costs[0] ?? Number.NaN,
    bestUs: Math.min(...costs),
    isSettled: isSettled(costs),
    ...(wrong === undefined ? {} : { wrong }),
  };
}

/** What was done, as one line. */
export function printWarmUp(all: readonly WarmUp[]): string {
  const each = all.map(({ name, requests, firstUs, bestUs, isSettled: settled }) => {
    const change = `${firstUs.toFixed(0)} to ${bestUs.toFixed(0)} us`;
    return `${name} ${requests} requests, ${change}${settled ? "" : ", still falling"}`;
  });
  return `warmed before the rounds: ${each.join("; ")}`;
}
