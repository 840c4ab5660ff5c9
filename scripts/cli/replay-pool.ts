/** A folder's shards folded to views in threads, as many at a time as the machine has cores. */
import { availableParallelism } from "node:os";
import { shardViewsAt } from "#projections/replay/archive.ts";
import type { ViewsThen } from "#projections/replay/views.ts";
import { gunzipText, openFolder } from "./artefacts.ts";
import { inThreads } from "./threads.ts";

/** What every thread is given. */
export interface ReplayData {
  folder: string;
  /** The moment, milliseconds, inclusive. */
  at: number;
}

export interface ReplayFolder extends ReplayData {
  /** Threads at most; as many as there are cores when it is not said. */
  threads?: number | undefined;
}

/** The views of every shard of a folder as they were, by the shards' names; throws where one is none. */
export async function replayFolder({ folder, at, threads }: ReplayFolder): Promise<ViewsThen[]> {
  const shards = await openFolder(folder);
  if (shards.length === 0) throw new Error(`There is no archive in "${folder}".`);
  const count = Math.min(threads ?? availableParallelism(), shards.length);
  if (count <= 1) {
    const views: ViewsThen[] = [];
    for (const shard of shards) views.push(await shardViewsAt(shard, { at, gunzip: gunzipText }));
    return views;
  }
  const views = await inThreads<ViewsThen>({
    module: "replay-thread",
    workerData: { folder, at } satisfies ReplayData,
    threads: count,
    shards: shards.map(({ shard }) => shard),
    onProgress: () => {},
  });
  return shards.flatMap(({ shard }) => views.get(shard) ?? []);
}
