/**
 * One run of `npm run bench -- --only verify`: reads an archive that is there, and prints how fast.
 * A process of its own, so that its peak of memory is its own, and built like the command line, so
 * that what is timed is what is installed.
 */
import { parseArgs } from "node:util";
import { readPublicKey } from "#events/note.ts";
import { sha256Hex } from "#events/sha256.ts";
import type { Depth } from "#projections/verify/streams.ts";
import { gunzipText, openFolder } from "../scripts/cli/artefacts.ts";
import { replayFolder } from "../scripts/cli/replay-pool.ts";
import { verifyFolder } from "../scripts/cli/verify-pool.ts";

/** What a run does: every check, those of the chain, a fold, or what no verifier can do without. */
const runs = ["decisions", "chain", "replay", "floor"] as const;
type Run = (typeof runs)[number];

const { values } = parseArgs({
  options: {
    folder: { type: "string", default: "." },
    threads: { type: "string", default: "1" },
    run: { type: "string", default: "decisions" },
    key: { type: "string", default: "" },
  },
});
const count = (events: number): string => Math.round(events).toLocaleString("en");

/** Unpacks each segment and hashes its lines, and no more; on one thread, as a figure for each. */
async function floor(folder: string): Promise<number> {
  let events = 0;
  for (const shard of await openFolder(folder)) {
    for (const file of (await shard.list()).filter((name) => name.endsWith(".gz"))) {
      const { bytes } = await gunzipText((await shard.read(file)) ?? new Uint8Array());
      for (let from = 0; from < bytes.length; events += 1) {
        const end = bytes.indexOf(0x0a, from);
        sha256Hex(bytes.subarray(from, end));
        from = end + 1;
      }
    }
  }
  return events;
}

/** Folds every event to the views, as the books of a moment are folded; nothing is verified. */
async function replay(folder: string, threads: number): Promise<number> {
  const views = await replayFolder({ folder, at: Number.MAX_SAFE_INTEGER, threads });
  return views.reduce((sum, { position }) => sum + position, 0);
}

async function verify(folder: string, threads: number, depth: Depth): Promise<number> {
  const key = readPublicKey(values.key);
  if (key === undefined) throw new Error("--key is the public key of the archive");
  const options = { folder, publicKeys: [key], trusted: [], threads, depth, onProgress: () => {} };
  const { shards, count: faults } = await verifyFolder(options);
  if (faults > 0) throw new Error("the archive does not verify");
  return shards.reduce((sum, shard) => sum + shard.events, 0);
}

function work(folder: string, threads: number, run: Run): Promise<number> {
  if (run === "floor") return floor(folder);
  return run === "replay" ? replay(folder, threads) : verify(folder, threads, run);
}

const names = {
  decisions: "every check",
  chain: "the chain alone",
  replay: "replay: folded to views",
  floor: "unpacking and hashing alone",
};

const run = runs.find((name) => name === values.run) ?? "decisions";
const threads = Number(values.threads);
const started = performance.now();
const events = await work(values.folder, threads, run);
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage();
const cpuSeconds = (user + system) / 1e6;
const peakMb = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(
  `${names[run]}, ${threads} threads: ${count(events / seconds)} events/s together, ${count(events / seconds / threads)} a thread, ${((cpuSeconds / events) * 1e6).toFixed(2)} s of CPU a million, peak ${peakMb} MB`,
);
