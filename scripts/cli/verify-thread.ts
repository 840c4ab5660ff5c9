/** A thread of `tallygate verify`: verifies one shard after the other, each as it is told. */
import { parentPort, workerData } from "node:worker_threads";
import { verifyShard } from "#projections/verify/verify.ts";
import { gunzipText, openFolder } from "./artefacts.ts";
import type { ThreadData, ThreadTold } from "./verify-pool.ts";

const { folder, publicKeys, trusted, depth = "decisions", witnesses } = workerData as ThreadData;
// eslint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
const tell = (told: ThreadTold): void => parentPort?.postMessage(told);
const shards = await openFolder(folder);

async function verify(shard: string): Promise<void> {
  const artefacts = shards.find((one) => one.shard === shard);
  if (artefacts === undefined) throw new Error(`The folder of shard ${shard} is gone.`);
  const onProgress = (events: number): void => tell({ kind: "progress", shard, events });
  const options = { publicKeys, trusted, depth, witnesses, gunzip: gunzipText, onProgress };
  tell({ kind: "verdict", shard, verdict: await verifyShard(artefacts, options) });
}

parentPort?.on("message", (shard: string) => {
  verify(shard).catch((error: unknown) =>
    tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
});
