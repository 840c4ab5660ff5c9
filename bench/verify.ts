/** How fast an archive is verified: events a second of one thread, each check on and by itself. */
import { hashBody } from "#events/envelope.ts";
import { eventLeaf, readLine, segmentText } from "#events/segment.ts";
import { openSigner } from "#events/note.ts";
import { verifyArchive } from "#projections/verify/verify.ts";
import {
  inMemory,
  liveTogether,
  packArchive,
  signingKey,
  unzip,
} from "../test/support/archives.ts";

const batches = liveTogether(50, 1_000);
const events = batches.flat();
const text = segmentText(events);
const files = await packArchive(batches, { segmentEvents: 16_384 });
const publicKeys = [(await openSigner(signingKey)).publicKey];
const packedBytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
console.log(
  `${events.length} events, ${(text.length / events.length).toFixed(0)} bytes each, ${(packedBytes / events.length).toFixed(0)} packed`,
);

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

async function rate(name: string, work: () => unknown): Promise<void> {
  const seconds: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const from = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(from);
    seconds.push((user + system) / 1e6);
  }
  console.log(
    `${name}: ${Math.round(events.length / median(seconds)).toLocaleString("en")} events/s of CPU`,
  );
}

const lines = text.slice(0, -1).split("\n");
await rate("verify, everything", async () => {
  const { count } = await verifyArchive([inMemory(files)], { publicKeys, gunzip: unzip });
  if (count > 0) throw new Error("the archive does not verify");
});
await rate("  of which unpacking", async () => {
  for (const [path, bytes] of files) if (path.endsWith(".gz")) await unzip(bytes);
});
await rate("  of which reading lines", () => lines.forEach((line) => readLine(line)));
await rate("  of which hashing events", () => events.forEach(({ body }) => hashBody(body)));
await rate("  of which hashing leaves", () => events.forEach(({ hash }) => eventLeaf(hash)));
await rate("  of which parsing", () => events.forEach(({ body }) => JSON.parse(body)));
