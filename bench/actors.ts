/** What an actor does in a second, how seldom it asks others, and how cheaply it decides and wakes. */
import path from "node:path";
import type { Done, Job } from "./actors-worker.ts";
import { ruledPolicy, serveGateway, type Gateway } from "./gateway.ts";
import type { LoadGenerator } from "./load.ts";
import { cpuUs, untilIdle } from "./processes.ts";
import { differences, ratios, spreadOf, type Spread } from "./stats.ts";
import { diskFolder } from "./targets.ts";
import { serveWorker, type Served } from "./workerd.ts";

/** One figure, and what it should be below. */
export interface ActorRow {
  name: string;
  unit: "1/s" | "x bare RPC" | "%" | "ms";
  value: Spread;
  /** The value's median should be under this. */
  below?: number;
  met?: boolean;
}

const steady: Pick<Job, "rules"> = { rules: "own" };
/** Events in the window of the actor that is woken: a request is two. */
const eventsInWindow = 10_000;
const wakes = 40;

interface Tools {
  upstreamUrl: string;
  generator: LoadGenerator;
}

interface Taken {
  seconds: number;
  /** CPU of the whole server, until it is idle again, microseconds. */
  cpuUs: number | undefined;
  done: Done;
}

async function take({ port, pid }: Served, job: Job): Promise<Taken> {
  const cpuBefore = cpuUs(pid);
  const from = performance.now();
  const answer = await fetch(`http://127.0.0.1:${port}/__actors`, {
    method: "POST",
    body: JSON.stringify(job),
  });
  const text = await answer.text();
  const seconds = (performance.now() - from) / 1_000;
  if (!answer.ok) throw new Error(`the bench's Worker answered ${answer.status}: ${text}`);
  await untilIdle(pid);
  const cpuAfter = cpuUs(pid);
  const cpu = cpuBefore === undefined ? undefined : (cpuAfter ?? Number.NaN) - cpuBefore;
  return { seconds, cpuUs: cpu, done: JSON.parse(text) as Done };
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

const perSecond = ({ seconds, done }: Taken): number => done.count / seconds;
const cpuEach = ({ cpuUs: cpu = Number.NaN, done }: Taken): number => cpu / done.count;

/** Does `work` once a round; what came of each, by name. */
async function inRounds(
  rounds: number,
  work: (round: number) => Promise<Record<string, number>>,
): Promise<Record<string, number[]>> {
  const all: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, value] of Object.entries(await work(round))) (all[name] ??= []).push(value);
  }
  return all;
}

const row = (name: string, unit: ActorRow["unit"], value: Spread, below?: number): ActorRow =>
  below === undefined
    ? { name, unit, value }
    : { name, unit, value, below, met: value.median < below };

async function throughput(served: Served, rounds: number, actors: number): Promise<ActorRow[]> {
  const common = { ...steady, name: `many${actors}`, actors, inFlight: 64 };
  const taken = await inRounds(rounds, async () => {
    const bare = await take(served, { kind: "bare", ...common, count: 6_000 });
    const admit = await take(served, { kind: "admit", ...common, count: 3_000 });
    return { bare: perSecond(bare), admit: perSecond(admit) };
  });
  const { bare = [], admit = [] } = taken;
  const of = actors === 1 ? "one actor" : `${actors} actors`;
  return [
    row(`admissions with a settlement, ${of}, 64 at once`, "1/s", spreadOf(admit)),
    row(`the same beside bare RPCs, ${of}`, "x bare RPC", ratios(admit, bare)),
  ];
}

async function renewals(served: Served, rounds: number): Promise<ActorRow[]> {
  const job: Job = {
    kind: "admit",
    rules: "a team",
    name: "team",
    actors: 8,
    inFlight: 16,
    count: 2_000,
  };
  // The first leases are small: what they cost is the start's, not the steady state's.
  await take(served, job);
  const { share = [] } = await inRounds(rounds, async () => {
    const { done } = await take(served, { ...job, count: 4_000 });
    return { share: (done.renewals / done.count) * 100 };
  });
  return [row("requests that cause a lease renewal, steady spend", "%", spreadOf(share), 1)];
}

/** How much more a ratio is than one, in percent. */
const percent = (ratio: number): number => (ratio - 1) * 100;

/** What many rules cost a whole request, over HTTP with everything on. */
async function rules({ upstreamUrl, generator }: Tools, rounds: number): Promise<ActorRow[]> {
  const serve = (limits: number, levels: 1 | 3) => {
    const policy = ruledPolicy(upstreamUrl, limits, levels);
    return serveGateway({ folder: diskFolder, upstreamUrl, users: 8, team: "red", policy });
  };
  const gateways: Gateway[] = [];
  try {
    for (const [limits, levels] of [
      [1, 1],
      [10, 3],
    ] as const) {
      gateways.push(await serve(limits, levels));
    }
    const cpuOf = async ({ port, pid, keys }: Gateway): Promise<number> => {
      const callers = keys.map((key) => ({ authorization: `Bearer ${key}` }));
      const load = { port, path: "/v1/chat/completions", callers, connections: 16 };
      const before = cpuUs(pid) ?? Number.NaN;
      const { count, wrong } = await generator.load({ ...load, seconds: 2 });
      if (wrong !== undefined) throw new Error(wrong);
      await untilIdle(pid);
      return ((cpuUs(pid) ?? Number.NaN) - before) / count;
    };
    for (const gateway of gateways) await cpuOf(gateway);
    const cpu: number[][] = [[], []];
    for (let round = 0; round < rounds; round++) {
      for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
        const gateway = gateways[index];
        if (gateway !== undefined) cpu[index]?.push(await cpuOf(gateway));
      }
    }
    const [one = [], ten = []] = cpu;
    const more = ratios(ten, one);
    const value = {
      median: percent(more.median),
      min: percent(more.min),
      max: percent(more.max),
    };
    return [row("more CPU for ten limits and three budgets than for one of each", "%", value, 15)];
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
  }
}

async function waking(served: Served, rounds: number): Promise<ActorRow[]> {
  const load = { ...steady, actors: 1, inFlight: 1 };
  const full = { ...load, name: "full" };
  await take(served, { kind: "admit", ...full, count: eventsInWindow / 2 });
  const empty = { ...load, name: "empty" };
  await take(served, { kind: "admit", ...empty, count: 1 });
  // The alarm that sends events to the ledger also writes the snapshot.
  await pause(2_500);
  await untilIdle(served.pid);
  const { own = [], none = [] } = await inRounds(rounds, async () => ({
    own: cpuEach(await take(served, { kind: "wake", ...full, count: wakes })) / 1_000,
    none: cpuEach(await take(served, { kind: "wake", ...empty, count: wakes })) / 1_000,
  }));
  const name = `CPU to wake with ${eventsInWindow} events in the window, over an empty actor`;
  return [row(name, "ms", differences(own, none), 5)];
}

/** Takes every row; one that cannot be taken says why in `skipped`. */
export async function measureActors(options: {
  rounds: number;
  upstreamUrl: string;
  generator: LoadGenerator;
  progress: (text: string) => void;
}): Promise<{ rows: ActorRow[]; skipped: Record<string, string> }> {
  const { rounds, progress } = options;
  const entry = path.join(import.meta.dirname, "actors-worker.ts");
  const vars = { TALLYGATE_SECRET: "a secret of the bench" };
  const rows: ActorRow[] = [];
  const skipped: Record<string, string> = {};
  // A server of its own for each: what one leaves to be collected is not another's.
  const served = (part: (served: Served) => Promise<ActorRow[]>) => async () => {
    const server = await serveWorker({ entry, vars, bindings: true, folder: diskFolder });
    try {
      return await part(server);
    } finally {
      await server.stop();
    }
  };
  const parts: Record<string, () => Promise<ActorRow[]>> = {
    "one actor": served((server) => throughput(server, rounds, 1)),
    "64 actors": served((server) => throughput(server, rounds, 64)),
    renewals: served((server) => renewals(server, rounds)),
    rules: () => rules(options, rounds),
    waking: served((server) => waking(server, rounds)),
  };
  for (const [name, part] of Object.entries(parts)) {
    progress(`actors: ${name}`);
    try {
      const taken = await part();
      if (taken.some(({ value }) => Number.isNaN(value.median))) {
        throw new Error("this system does not count CPU time");
      }
      rows.push(...taken);
    } catch (error) {
      skipped[name] = error instanceof Error ? error.message : String(error);
    }
  }
  return { rows, skipped };
}

const digits = ({ unit }: ActorRow): number => (unit === "1/s" ? 0 : 2);

/** The rows as people read them. */
export function printActors({
  rows,
  skipped,
}: Awaited<ReturnType<typeof measureActors>>): string[] {
  return [
    ...rows.map((each) => {
      const { name, unit, value, below, met } = each;
      const [middle, min, max] = [value.median, value.min, value.max].map((one) =>
        one.toFixed(digits(each)),
      );
      const target = below === undefined ? "" : `, target < ${below}: ${met ? "met" : "missed"}`;
      return `${name}: ${middle} ${unit} (${min}-${max})${target}`;
    }),
    ...Object.entries(skipped).map(([name, why]) => `no figure for ${name}: ${why}`),
  ];
}
