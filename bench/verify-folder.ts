/**
 * `npm run bench -- --only verify`: how fast `tallygate verify` reads a large archive from disk, by
 * threads, with every check and with those of the chain alone, and how much memory it takes; beside
 * that, what nothing but unpacking and hashing takes. Each run is a process of its own, so that its
 * peak is its own.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { EventEnvelope } from "#events/envelope.ts";
import { SegmentScan } from "#events/segment-scan.ts";
import { viewsAt } from "#projections/replay/views.ts";
import { openSigner } from "#events/note.ts";
import { sha256Hex } from "#events/sha256.ts";
import type { Depth } from "#projections/verify/streams.ts";
import { gunzipText, openFolder } from "../scripts/cli/artefacts.ts";
import { verifyFolder } from "../scripts/cli/verify-pool.ts";
import { liveTogether, packArchive, signingKey } from "../test/support/archives.ts";
import { describeMachine } from "./machine.ts";

const { values } = parseArgs({
  options: {
    shards: { type: "string", default: "4" },
    rounds: { type: "string", default: "2700" },
    folder: { type: "string" },
    threads: { type: "string" },
    depth: { type: "string", default: "decisions" },
    only: { type: "string" },
  },
});
const count = (events: number): string => Math.round(events).toLocaleString("en");

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

/** What a run does: every check, those of the chain, or what no verifier can do without. */
const depths = ["decisions", "chain", "replay", "floor"] as const;
type Run = (typeof depths)[number];

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
async function replay(folder: string): Promise<number> {
  let events = 0;
  for (const shard of await openFolder(folder)) {
    async function* runs(): AsyncGenerator<EventEnvelope[]> {
      for (const file of (await shard.list()).filter((name) => name.endsWith(".gz"))) {
        const scan = new SegmentScan(
          await gunzipText((await shard.read(file)) ?? new Uint8Array()),
        );
        const run: EventEnvelope[] = [];
        for (let index = 0; index < scan.size; index += 1) {
          const line = scan.read(index);
          if (line !== undefined) run.push(line.event());
        }
        yield run;
      }
    }
    events += (await viewsAt(runs(), Infinity)).position;
  }
  return events;
}

async function verifyAll(folder: string, threads: number, depth: Depth): Promise<number> {
  const publicKeys = [(await openSigner(signingKey)).publicKey];
  const options = { folder, publicKeys, trusted: [], threads, depth, onProgress: () => {} };
  const { shards, count: faults } = await verifyFolder(options);
  if (faults > 0) throw new Error("the archive does not verify");
  return shards.reduce((sum, shard) => sum + shard.events, 0);
}

function work(folder: string, threads: number, run: Run): Promise<number> {
  if (run === "floor") return floor(folder);
  return run === "replay" ? replay(folder) : verifyAll(folder, threads, run);
}

/** The child: verifies, and prints what it took. */
async function verify(folder: string, threads: number, run: Run): Promise<void> {
  const started = performance.now();
  const events = await work(folder, threads, run);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage();
  const perSecond = count(events / seconds);
  const perCpu = count(events / ((user + system) / 1e6));
  const peakMb = Math.round(process.resourceUsage().maxRSS / 1024);
  const what = {
    decisions: "every check",
    chain: "the chain alone",
    replay: "replay: folded to views",
    floor: "unpacking and hashing alone",
  }[run];
  const each = count(events / seconds / threads);
  console.log(
    `${what}, ${threads} threads: ${perSecond} events/s together, ${each} a thread, ${perCpu} a second of CPU, peak ${peakMb} MB`,
  );
}

function measure(folder: string, threads: number, run: Run): void {
  const told = ["--folder", folder, "--threads", String(threads), "--depth", run];
  const args = [fileURLToPath(import.meta.url), ...told];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) throw new Error("the verification failed");
}

if (values.folder === undefined) {
  const folder = mkdtempSync(path.join(tmpdir(), "tallygate-verify-"));
  try {
    console.log(JSON.stringify(describeMachine()));
    const events = await write(folder, Number(values.shards), Number(values.rounds));
    console.log(`${count(events)} events in ${values.shards} shards`);
    measure(folder, 1, "floor");
    measure(folder, 1, "replay");
    for (const run of ["chain", "decisions"] as const) {
      for (let threads = 1; threads <= availableParallelism(); threads *= 2) {
        measure(folder, threads, run);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
} else {
  const run = depths.find((depth) => depth === values.depth) ?? "decisions";
  await verify(values.folder, Number(values.threads), run);
}
