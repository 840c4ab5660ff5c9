/** A folder's shards read in threads, each one shard after the other: both ends of them. */
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parentPort, Worker } from "node:worker_threads";

/** What a thread tells of the shard that it was given. */
type Told<Result> =
  | { kind: "progress"; shard: string; events: number }
  | { kind: "done"; shard: string; result: Result }
  | { kind: "failed"; message: string };

/** Threads run what is beside this module: a source, or what was built of it. */
const here = fileURLToPath(import.meta.url);

/** Events die young here: with room for them they are never copied. Per thread. */
const youngMb = 32;

export interface Threads {
  /** The module that a thread runs, without its extension; it calls `serve`. */
  module: string;
  /** What every thread is given. */
  workerData: unknown;
  threads: number;
  shards: readonly string[];
  /** Told how many events were read so far, of all shards. */
  onProgress(events: number): void;
}

/** Has every shard read in threads; what came of each. */
export async function inThreads<Result>(options: Threads): Promise<Map<string, Result>> {
  const waiting = [...options.shards];
  const events = new Map<string, number>();
  const results = new Map<string, Result>();
  const note = (told: Told<Result>): void => {
    if (told.kind === "done") results.set(told.shard, told.result);
    if (told.kind !== "progress") return;
    events.set(told.shard, told.events);
    options.onProgress([...events.values()].reduce((sum, count) => sum + count, 0));
  };
  const count = Math.min(options.threads, options.shards.length);
  const runs = Array.from({ length: count }, () => runThread(options, () => waiting.shift(), note));
  await Promise.all(runs);
  return results;
}

/** One thread, until nothing waits. */
async function runThread<Result>(
  { module, workerData }: Threads,
  next: () => string | undefined,
  note: (told: Told<Result>) => void,
): Promise<void> {
  const thread = new Worker(path.join(path.dirname(here), `${module}${path.extname(here)}`), {
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: youngMb },
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const proceed = (): void => {
        const shard = next();
        if (shard === undefined) return resolve();
        // eslint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
        thread.postMessage(shard);
      };
      thread.on("error", reject);
      thread.on("exit", () => reject(new Error("A thread of the reader ended early.")));
      thread.on("message", (told: Told<Result>) => {
        if (told.kind === "failed") return reject(new Error(told.message));
        note(told);
        if (told.kind === "done") proceed();
      });
      proceed();
    });
  } finally {
    // It ends by itself, once what it still unpacks is done: to be torn out of that can crash Node.
    const gone = thread.threadId === -1 ? undefined : once(thread, "exit");
    // eslint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
    thread.postMessage(null);
    await gone;
  }
}

/** The thread's end: reads each shard that it is told, until it is told that there is no more. */
export function serve<Result>(
  read: (shard: string, onProgress: (events: number) => void) => Promise<Result>,
): void {
  // eslint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
  const tell = (told: Told<Result>): void => parentPort?.postMessage(told);
  parentPort?.on("message", (shard: string | null) => {
    if (shard === null) return parentPort?.close();
    read(shard, (events) => tell({ kind: "progress", shard, events })).then(
      (result) => tell({ kind: "done", shard, result }),
      (error: unknown) =>
        tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
    );
  });
}
