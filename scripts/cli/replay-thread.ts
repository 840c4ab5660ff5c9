/** A thread of `tallygate replay --folder`: folds one shard after the other, each as it is told. */
import { workerData } from "node:worker_threads";
import { shardViewsAt } from "#projections/replay/archive.ts";
import type { ViewsThen } from "#projections/replay/views.ts";
import { gunzipText, openShard } from "./artefacts.ts";
import type { ReplayData } from "./replay-pool.ts";
import { serve } from "./threads.ts";

const { folder, at } = workerData as ReplayData;

serve<ViewsThen>(async (shard, onProgress) =>
  shardViewsAt(await openShard(folder, shard), { at, gunzip: gunzipText, onProgress }),
);
