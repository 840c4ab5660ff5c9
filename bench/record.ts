/**
 * `npm run bench -- --only record`: what the record can take and tell: a shard's intake, its views, its
 * live tail, what-if and the verifier, each beside its target.
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { unseal } from "#events/envelope.ts";
import { openSigner } from "#events/note.ts";
import { PolicyDocument } from "#policy/document.ts";
import { sha256Hex } from "#events/sha256.ts";
import type { Depth } from "#projections/verify/streams.ts";
import { verifyArchive } from "#projections/verify/verify.ts";
import { Draft } from "#projections/what-if/draft.ts";
import { WhatIf } from "#projections/what-if/what-if.ts";
import { gunzipText } from "../scripts/cli/artefacts.ts";
import { inMemory, liveTogether, packArchive, signingKey } from "../test/support/archives.ts";
import { describeMachine } from "./machine.ts";
import type { Job } from "./record-worker.ts";
import { questions } from "./view-questions.ts";
import { spreadOf, type Spread } from "./stats.ts";
import { diskFolder } from "./targets.ts";
import { serveWorker } from "./workerd.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "100000" },
    views: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "5" },
    only: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const requests = Number(values.requests);
const viewed = Number(values.views);

const show = (one: number): string =>
  one >= 100 ? Math.round(one).toLocaleString("en") : one.toFixed(2);

/** A figure, and what it should be at least or at most. */
function print(name: string, unit: string, value: Spread, target: [">" | "<", number]): void {
  const [sign, bound] = target;
  const met = sign === ">" ? value.median >= bound : value.median <= bound;
  const range = `${show(value.min)}-${show(value.max)}`;
  const verdict = `target ${sign} ${show(bound)}: ${met ? "met" : "missed"}`;
  console.log(`${name}: ${show(value.median)} ${unit} (${range}), ${verdict}`);
}

/** Seconds that `work` takes, in rounds. */
async function seconds(work: () => Promise<unknown>): Promise<number[]> {
  const all: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const from = performance.now();
    await work();
    all.push((performance.now() - from) / 1_000);
  }
  return all;
}

/** Seconds of this process's own CPU, in rounds: what others do on the machine does not count. */
async function cpuSeconds(work: () => unknown): Promise<number[]> {
  const all: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const from = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(from);
    all.push((user + system) / 1e6);
  }
  return all;
}

async function shard(): Promise<void> {
  const entry = path.join(import.meta.dirname, "record-worker.ts");
  const vars = { TALLYGATE_SECRET: "a secret of the bench" };
  const served = await serveWorker({ entry, vars, bindings: true, folder: diskFolder });
  const ask = async (job: Job): Promise<number> => {
    const url = `http://127.0.0.1:${served.port}/__record`;
    const answer = await fetch(url, { method: "POST", body: JSON.stringify(job) });
    if (!answer.ok) throw new Error(await answer.text());
    return Number(await answer.text());
  };
  try {
    const rates: number[] = [];
    const part = 5_000;
    for (let taken = 0; taken < requests; taken += part) {
      await ask({ kind: "make", count: part });
      const from = performance.now();
      const events = await ask({ kind: "ingest", count: 0 });
      rates.push((events / (performance.now() - from)) * 1_000);
    }
    print("events a shard takes, batches of up to 256", "1/s", spreadOf(rates), [">", 5_000]);
    const asked = 10;
    const usage = await seconds(() => ask({ kind: "usage", count: asked }));
    const ms = usage.map((one) => (one / asked) * 1_000);
    const name = `usage by day and model of ${requests.toLocaleString("en")} requests`;
    print(name, "ms", spreadOf(ms), ["<", 50]);
    const tails = 50;
    const told = await seconds(() => ask({ kind: "tail", count: tails }));
    const delay = told.map((one) => (one / tails) * 1_000);
    print("from a batch of one request to its line in a live tail", "ms", spreadOf(delay), [
      "<",
      50,
    ]);
    await views(ask);
  } finally {
    await served.stop();
  }
}

/** A month of requests in the views of another shard, and how long each question about it takes. */
async function views(ask: (job: Job) => Promise<number>): Promise<void> {
  const part = 10_000;
  for (let from = 0; from < viewed; from += part) await ask({ kind: "fill", from, count: part });
  const of = `of ${viewed.toLocaleString("en")} requests`;
  for (const question of questions) {
    const asked = await seconds(() => ask({ kind: "ask", question, count: 4 }));
    const ms = asked.map((one) => (one / 4) * 1_000);
    print(`${question}, ${of}`, "ms", spreadOf(ms), ["<", 50]);
  }
}

const verifications: Record<Depth, string> = {
  chain: "the chain alone",
  decisions: "every check",
};

async function record(): Promise<void> {
  const batches = liveTogether(50, 1_000);
  const events = batches.flat();
  const known = events.map((event) => unseal(event));
  const decisions = known.filter(({ type }) => /^Request(Admitted|Refused)$/.test(type)).length;
  const document = PolicyDocument.parse({
    schema: 1,
    providers: { openai: { kind: "openai" } },
    tiers: { standard: { candidates: [{ provider: "openai", serves: ["*"] }] } },
    prices: { m: { inputUsdPerMtok: 1, outputUsdPerMtok: 2 } },
    limits: [{ name: "rpm", metric: "requests", limit: 100, windowMs: 60_000 }],
    budgets: [{ name: "month", limitUsd: 100, period: "month" }],
  });
  const again = await cpuSeconds(() => {
    const whatIf = new WhatIf(new Draft(document, () => undefined), 0, Infinity);
    for (const event of known) whatIf.take(event);
    if (whatIf.result.requests !== decisions) throw new Error("not every request was decided");
  });
  const rate = again.map((one) => decisions / one);
  print("requests decided again under a draft", "1/s of CPU", spreadOf(rate), [">", 100_000]);
  const files = await packArchive(batches, { segmentEvents: 16_384 });
  const publicKeys = [(await openSigner(signingKey)).publicKey];
  const floor = await cpuSeconds(async () => {
    for (const [name, bytes] of files) {
      if (!name.endsWith(".gz")) continue;
      const { bytes: unpacked } = await gunzipText(bytes);
      for (let from = 0; from < unpacked.length;) {
        const end = unpacked.indexOf(0x0a, from);
        sha256Hex(unpacked.subarray(from, end));
        from = end + 1;
      }
    }
  });
  const hashed = spreadOf(floor.map((one) => events.length / one));
  print("events unpacked and hashed, no more", "1/s of CPU", hashed, [">", 200_000]);
  for (const [depth, what] of Object.entries(verifications) as [Depth, string][]) {
    const verified = await cpuSeconds(async () => {
      const options = { publicKeys, gunzip: gunzipText, depth };
      const { count } = await verifyArchive([inMemory(files)], options);
      if (count > 0) throw new Error("the archive does not verify");
    });
    const speed = verified.map((one) => events.length / one);
    print(`events verified, ${what}`, "1/s of CPU", spreadOf(speed), [">", 200_000]);
  }
}

console.log(JSON.stringify(describeMachine()));
await record();
await shard();
