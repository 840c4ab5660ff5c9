/** A folder's shards verified in threads, as many at a time as the machine has cores. */
import { availableParallelism } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Checkpoint } from "#events/checkpoint.ts";
import type { Depth } from "#projections/verify/streams.ts";
import {
  conclude,
  verifyArchive,
  type ShardVerdict,
  type VerifyReport,
} from "#projections/verify/verify.ts";
import type { WitnessDemand } from "#projections/verify/witnessed.ts";
import { gunzipText, openFolder } from "./artefacts.ts";

/** What every thread is given. */
export interface ThreadData {
  folder: string;
  publicKeys: readonly Uint8Array<ArrayBuffer>[];
  trusted: readonly Checkpoint[];
  depth?: Depth | undefined;
  witnesses?: WitnessDemand | undefined;
}

/** What a thread tells. */
export type ThreadTold =
  | { kind: "progress"; shard: string; events: number }
  | { kind: "verdict"; shard: string; verdict: ShardVerdict }
  | { kind: "failed"; message: string };

/** What a thread runs, beside this module: a source, or what was built of it. */
const here = fileURLToPath(import.meta.url);
const threadFile = `verify-thread${path.extname(here)}`;

/** Events die young here: with room for them they are never copied. Per thread. */
const youngMb = 32;

export interface PoolOptions extends ThreadData {
  /** Threads at most; as many as there are cores when it is not said. */
  threads?: number | undefined;
  /** Told how many events were verified so far. */
  readonly onProgress: (events: number) => void;
}

/** Verifies every shard of a folder. */
export async function verifyFolder(options: PoolOptions): Promise<VerifyReport> {
  const { folder, publicKeys, trusted, depth = "decisions", witnesses, onProgress } = options;
  const shards = await openFolder(folder);
  const threads = Math.min(options.threads ?? availableParallelism(), shards.length);
  const asked = { publicKeys, trusted, depth, witnesses };
  if (threads <= 1) {
    return verifyArchive(shards, { ...asked, gunzip: gunzipText, onProgress });
  }
  const waiting = shards.map(({ shard }) => shard);
  const events = new Map<string, number>();
  const verdicts = new Map<string, ShardVerdict>();
  const note = (told: ThreadTold): void => {
    if (told.kind === "verdict") verdicts.set(told.shard, told.verdict);
    if (told.kind !== "progress") return;
    events.set(told.shard, told.events);
    onProgress([...events.values()].reduce((sum, count) => sum + count, 0));
  };
  const runs = Array.from({ length: threads }, () =>
    runThread({ folder, ...asked }, () => waiting.shift(), note),
  );
  await Promise.all(runs);
  return conclude(shards.flatMap(({ shard }) => verdicts.get(shard) ?? []));
}

/** One thread, until nothing waits. */
async function runThread(
  workerData: ThreadData,
  next: () => string | undefined,
  note: (told: ThreadTold) => void,
): Promise<void> {
  const thread = new Worker(path.join(path.dirname(here), threadFile), {
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: youngMb },
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const proceed = (): void => {
        const shard = next();
        // eslint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
        if (shard !== undefined) return thread.postMessage(shard);
        resolve();
      };
      thread.on("error", reject);
      thread.on("exit", () => reject(new Error("A thread of the verifier ended early.")));
      thread.on("message", (told: ThreadTold) => {
        if (told.kind === "failed") return reject(new Error(told.message));
        note(told);
        if (told.kind === "verdict") proceed();
      });
      proceed();
    });
  } finally {
    await thread.terminate();
  }
}
