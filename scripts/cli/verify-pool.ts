/** A folder's shards verified in threads, as many at a time as the machine has cores. */
import { availableParallelism } from "node:os";
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
import { inThreads } from "./threads.ts";

/** What every thread is given. */
export interface ThreadData {
  folder: string;
  publicKeys: readonly Uint8Array<ArrayBuffer>[];
  trusted: readonly Checkpoint[];
  depth?: Depth | undefined;
  witnesses?: WitnessDemand | undefined;
}

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
  const verdicts = await inThreads<ShardVerdict>({
    module: "verify-thread",
    workerData: { folder, ...asked } satisfies ThreadData,
    threads,
    shards: shards.map(({ shard }) => shard),
    onProgress,
  });
  return conclude(shards.flatMap(({ shard }) => verdicts.get(shard) ?? []));
}
