/** What a process and its children cost, as Linux counts it; `undefined` where it does not. */
import { existsSync, readFileSync, readdirSync } from "node:fs";

const canCount = existsSync("/proc/self/schedstat");

/** `pid` and everything below it. */
function family(pid: number): number[] {
  const below = (at: number): number[] => {
    try {
      const threads = readdirSync(`/proc/${at}/task`);
      return threads
        .map((thread) => readFileSync(`/proc/${at}/task/${thread}/children`, "utf8"))
        .flatMap((text) => text.split(" ").map(Number).filter(Boolean))
        .flatMap((child) => [child, ...below(child)]);
    } catch {
      return [];
    }
  };
  return [pid, ...below(pid)];
}

/** CPU time so far of all threads, in microseconds. */
export function cpuUs(pid: number): number | undefined {
  if (!canCount) return undefined;
  let nanos = 0;
  for (const each of family(pid)) {
    try {
      for (const thread of readdirSync(`/proc/${each}/task`)) {
        nanos += Number(
          readFileSync(`/proc/${each}/task/${thread}/schedstat`, "utf8").split(" ")[0],
        );
      }
    } catch {
      // It ended between two looks.
    }
  }
  return nanos / 1000;
}

/** Resident memory, in kilobytes. */
export function rssKb(pid: number): number | undefined {
  if (!canCount) return undefined;
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]);
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** Waits until the process does next to nothing (3 s at most): the next target is not to pay for it. */
export async function untilIdle(pid: number): Promise<void> {
  for (let look = 0; look < 30; look++) {
    const before = cpuUs(pid);
    await pause(100);
    const after = cpuUs(pid);
    if (before === undefined || after === undefined || after - before < 3000) return;
  }
}
