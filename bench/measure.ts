/** The rounds: every target once a round, in a new random order each time. */
import type { LoadGenerator, LoadResult } from "./load.ts";
import { cpuUs, untilIdle } from "./processes.ts";
import { shuffled } from "./stats.ts";
import type { Target } from "./targets.ts";
import { warmUp, type WarmUp } from "./warm-up.ts";

/** One target's figures, one of each for every round. */
export interface Series {
  p50Us: number[];
  rps: number[];
  /** Empty where the system does not count CPU time. */
  cpuUs: number[];
  firstByteUs: number[];
  gapUs: number[];
  /** Answers that were looked at. */
  answers: number;
  /** The first wrong answer: no figure of this target counts. */
  wrong?: string;
  /** Why there is no figure for streams, when whole answers were right and streams were not. */
  wrongStream?: string;
}

const concurrency = 16;
const streamsPerRound = 3;
/** Streams of each target that are not measured, so that their code is compiled. */
const streamsBefore = 40;

export const emptySeries = (): Series => ({
  p50Us: [],
  rps: [],
  cpuUs: [],
  firstByteUs: [],
  gapUs: [],
  answers: 0,
});

const median3 = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

async function measureStreams(
  target: Target,
  generator: LoadGenerator,
  into: Series,
): Promise<void> {
  const { port, path, callers } = target;
  const first: number[] = [];
  const gaps: number[] = [];
  for (let n = 0; n < streamsPerRound; n++) {
    const result = await generator.stream({ port, path, callers });
    if (result.wrong !== undefined) {
      into.wrongStream = result.wrong;
      return;
    }
    first.push(result.firstByteUs);
    gaps.push(result.gapUs);
  }
  into.firstByteUs.push(median3(first));
  into.gapUs.push(median3(gaps));
}

/** Notes a wrong answer: from then on the target has no figures. */
function isWrong({ wrong }: Pick<LoadResult, "wrong">, into: Series): boolean {
  if (wrong !== undefined) into.wrong ??= wrong;
  return into.wrong !== undefined;
}

async function measureOnce(
  target: Target,
  generator: LoadGenerator,
  seconds: number,
  into: Series,
): Promise<void> {
  const { port, path, callers, pid } = target;
  const alone = await generator.load({ port, path, callers, connections: 1, seconds });
  if (isWrong(alone, into)) return;
  const before = pid === undefined ? undefined : cpuUs(pid);
  const busy = await generator.load({ port, path, callers, connections: concurrency, seconds });
  if (isWrong(busy, into)) return;
  // What is done after the answer is paid for too: settlements, and the way to the ledger.
  if (pid !== undefined) await untilIdle(pid);
  const after = pid === undefined ? undefined : cpuUs(pid);
  into.p50Us.push(alone.p50Us);
  into.rps.push(busy.rps);
  if (before !== undefined && after !== undefined) into.cpuUs.push((after - before) / busy.count);
  into.answers += alone.count + busy.count;
  if (into.wrongStream === undefined) await measureStreams(target, generator, into);
}

/** Warms `targets`, then measures them for `rounds` rounds; `progress` hears of each. */
export async function measure(options: {
  targets: readonly Target[];
  generator: LoadGenerator;
  rounds: number;
  seconds: number;
  progress: (text: string) => void;
}): Promise<{ series: Map<string, Series>; warmUps: WarmUp[] }> {
  const { targets, generator, rounds, seconds } = options;
  const series = new Map(targets.map((target) => [target.name, emptySeries()]));
  const warmUps: WarmUp[] = [];
  for (const target of targets) {
    options.progress(`warming ${target.name}`);
    const into = series.get(target.name);
    const warmed = await warmUp(target, generator, concurrency);
    if (into) isWrong(warmed, into);
    warmUps.push(warmed);
    // Streams take a way of their own. What is wrong with them is told when they are measured.
    for (let n = 0; n < streamsBefore; n++) await generator.stream(target);
  }
  for (let round = 1; round <= rounds; round++) {
    for (const target of shuffled(targets, Math.random)) {
      const into = series.get(target.name);
      if (!into || into.wrong !== undefined) continue;
      options.progress(`round ${round} of ${rounds}: ${target.name}`);
      await measureOnce(target, generator, seconds, into);
    }
  }
  return { series, warmUps };
}
