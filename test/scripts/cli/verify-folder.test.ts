/** Shards verified and folded in threads: the same as in one, whatever is wrong and wherever. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { paths } from "#events/manifest.ts";
import { unseal, type SealedEvent } from "#events/envelope.ts";
import { openSigner } from "#events/note.ts";
import { viewsAt } from "#projections/replay/views.ts";
import { replayFolder } from "../../../scripts/cli/replay-pool.ts";
import { verifyFolder } from "../../../scripts/cli/verify-pool.ts";
import { liveTogether, packArchive, signingKey } from "../../support/archives.ts";

const folder = mkdtempSync(path.join(tmpdir(), "tallygate-verify-"));
afterAll(() => rmSync(folder, { recursive: true }));
const publicKeys = [(await openSigner(signingKey)).publicKey];
const names = ["l_0", "l_1", "l_2"];
const lives: SealedEvent[][] = [];
for (const [index, shard] of names.entries()) {
  const batches = liveTogether(2, 6 + index);
  lives.push(batches.flat());
  const files = await packArchive(batches, { shard, segmentEvents: 10 });
  for (const [name, bytes] of files) {
    const file = path.join(folder, shard, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}

async function verify(threads: number) {
  let told = 0;
  const onProgress = (events: number): void => void (told = events);
  const report = await verifyFolder({ folder, publicKeys, trusted: [], threads, onProgress });
  return { report, told };
}

test("threads give the report that one gives, and count every event", async () => {
  const one = await verify(1);
  const several = await verify(2);
  expect(one.report.count).toBe(0);
  expect(one.report.shards.map(({ shard }) => shard)).toEqual(names);
  expect(several).toEqual(one);
  expect(several.told).toBe(one.report.shards.reduce((sum, { events }) => sum + events, 0));
}, 240_000);

const inOrder = (rows: readonly object[]): string[] =>
  rows.map((row) => JSON.stringify(row)).sort();

test("the books out of a folder are those of its events, at any moment, by threads as by one", async () => {
  const times = lives.flat().map((sealed) => unseal(sealed).at);
  for (const at of [Math.min(...times), times[20] ?? 0, Number.MAX_SAFE_INTEGER]) {
    const one = await replayFolder({ folder, at, threads: 1 });
    expect(await replayFolder({ folder, at, threads: 2 })).toEqual(one);
    for (const [index, events] of lives.entries()) {
      async function* runs() {
        yield events.map((sealed) => unseal(sealed));
      }
      const { position, sums } = await viewsAt(runs(), at);
      expect(one[index]?.position).toBe(position);
      expect(inOrder(one[index]?.sums ?? [])).toEqual(inOrder(sums));
    }
  }
}, 240_000);

test("what is wrong in one shard is found by threads as by one", async () => {
  const file = path.join(folder, "l_1", paths.manifest(1));
  rmSync(file);
  const one = await verify(1);
  const several = await verify(3);
  expect(one.report.findings).toContainEqual(
    expect.objectContaining({ kind: "missing", shard: "l_1", file: paths.manifest(1) }),
  );
  expect(several.report).toEqual(one.report);
  const at = Number.MAX_SAFE_INTEGER;
  await expect(replayFolder({ folder, at, threads: 2 })).rejects.toThrow(/l_1\/manifests/);
}, 240_000);

test("no books are made of a folder that is no archive", async () => {
  const empty = mkdtempSync(path.join(folder, "..", "tallygate-empty-"));
  const replay = (threads: number) =>
    replayFolder({ folder: empty, at: Number.MAX_SAFE_INTEGER, threads });
  await expect(replay(1)).rejects.toThrow(/There is no archive in ".*tallygate-empty-/);
  mkdirSync(path.join(empty, "notes"));
  mkdirSync(path.join(empty, "photos"));
  for (const threads of [1, 2]) {
    await expect(replay(threads)).rejects.toThrow(/(?:notes|photos)\/: there is no segment/);
  }
  rmSync(empty, { recursive: true });
});

test("a folder that is not there is said so by name", async () => {
  const options = { publicKeys, trusted: [], threads: 2, onProgress: () => {} };
  await expect(verifyFolder({ ...options, folder: path.join(folder, "nowhere") })).rejects.toThrow(
    /There is no folder/,
  );
});
