/**
 * `npm run bench -- --only verify`: how fast `tallygate verify` reads a large archive from disk, by
 * threads, with every check and with those of the chain alone, and how much memory it takes; beside
 * that, what folding it to views takes, and what nothing but unpacking and hashing does. It writes the
 * archive and builds what reads it; `verify-run.ts` reads it.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { openSigner, toBase64 } from "#events/note.ts";
import { buildForNode } from "../scripts/build-package.ts";
import { liveTogether, packArchive, signingKey } from "../test/support/archives.ts";
import { describeMachine } from "./machine.ts";

const { values } = parseArgs({
  options: {
    shards: { type: "string", default: "4" },
    rounds: { type: "string", default: "2700" },
    only: { type: "string" },
  },
});

/** Writes shards of fifty lives of `rounds` requests each; answers how many events they have. */
async function write(folder: string, shards: number, rounds: number): Promise<number> {
  let events = 0;
  for (let shard = 0; shard < shards; shard += 1) {
    const batches = liveTogether(50, rounds);
    for (const batch of batches) events += batch.length;
    const files = await packArchive(batches, { shard: `l_bench_${shard}`, segmentEvents: 16_384 });
    for (const [name, bytes] of files) {
      const file = path.join(folder, `l_bench_${shard}`, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, bytes);
    }
  }
  return events;
}

const folder = mkdtempSync(path.join(tmpdir(), "tallygate-verify-"));
const archive = path.join(folder, "archive");
const built = path.join(folder, "built");
const key = toBase64((await openSigner(signingKey)).publicKey);

function measure(threads: number, run: string): void {
  const told = ["--folder", archive, "--key", key, "--threads", String(threads), "--run", run];
  const args = [path.join(built, "verify-run.js"), ...told];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) throw new Error("the verification failed");
}

try {
  console.log(JSON.stringify(describeMachine()));
  const threads = ["verify-thread", "replay-thread"].map((name) => `scripts/cli/${name}.ts`);
  await buildForNode(["bench/verify-run.ts", ...threads], built);
  const events = await write(archive, Number(values.shards), Number(values.rounds));
  console.log(`${events.toLocaleString("en")} events in ${values.shards} shards`);
  measure(1, "floor");
  for (const run of ["replay", "chain", "decisions"]) {
    for (let threads = 1; threads <= availableParallelism(); threads *= 2) measure(threads, run);
  }
} finally {
  rmSync(folder, { recursive: true });
}
