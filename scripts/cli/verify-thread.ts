/** A thread of `tallygate verify`: verifies one shard after the other, each as it is told. */
import { workerData } from "node:worker_threads";
import { verifyShard, type ShardVerdict } from "#projections/verify/verify.ts";
import { gunzipText, openShard } from "./artefacts.ts";
import { serve } from "./threads.ts";
import type { ThreadData } from "./verify-pool.ts";

const { folder, publicKeys, trusted, depth = "decisions", witnesses } = workerData as ThreadData;

serve<ShardVerdict>(async (shard, onProgress) => {
  const options = { publicKeys, trusted, depth, witnesses, gunzip: gunzipText, onProgress };
  return verifyShard(await openShard(folder, shard), options);
});
