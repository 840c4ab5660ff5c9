/** Shards verified in threads: the same report as in one, whatever is wrong and wherever. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { paths } from "#events/manifest.ts";
import { openSigner } from "#events/note.ts";
import { verifyFolder } from "../../../scripts/cli/verify-pool.ts";
import { liveTogether, packArchive, signingKey } from "../../support/archives.ts";

const folder = mkdtempSync(path.join(tmpdir(), "tallygate-verify-"));
afterAll(() => rmSync(folder, { recursive: true }));
const publicKeys = [(await openSigner(signingKey)).publicKey];
const names = ["l_0", "l_1", "l_2"];
for (const [index, shard] of names.entries()) {
  const files = await packArchive(liveTogether(2, 6 + index), { shard, segmentEvents: 10 });
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

test("what is wrong in one shard is found by threads as by one", async () => {
  const file = path.join(folder, "l_1", paths.manifest(1));
  rmSync(file);
  const one = await verify(1);
  const several = await verify(3);
  expect(one.report.findings).toContainEqual(
    expect.objectContaining({ kind: "missing", shard: "l_1", file: paths.manifest(1) }),
  );
  expect(several.report).toEqual(one.report);
}, 240_000);

test("a folder that is not there is said so by name", async () => {
  const options = { publicKeys, trusted: [], threads: 2, onProgress: () => {} };
  await expect(verifyFolder({ ...options, folder: path.join(folder, "nowhere") })).rejects.toThrow(
    /There is no folder/,
  );
});
