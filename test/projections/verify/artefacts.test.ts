import { expect, test } from "vitest";
import { paths } from "#events/manifest.ts";
import { unpackAhead, type ShardArtefacts } from "#projections/verify/artefacts.ts";

function shardOf(read: ShardArtefacts["read"]): ShardArtefacts {
  return { shard: "l_test_0", list: async () => [], read };
}

test("a segment's unpacking has begun before the one in front of it is handed over", async () => {
  const begun: number[] = [];
  // As a file is: it takes turns of the loop to come.
  const shard = shardOf(async (path) => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return new Uint8Array([Number(/\d+/.exec(path)?.[0])]);
  });
  const seen: [number | undefined, number[]][] = [];
  const unpack = async (bytes: Uint8Array | undefined, n: number) => {
    begun.push(n);
    return bytes?.[0];
  };
  for await (const segment of unpackAhead(shard, { first: 3, segments: 6 }, unpack)) {
    seen.push([segment, [...begun]]);
  }
  expect(seen).toEqual([
    [3, [3, 4]],
    [4, [3, 4, 5]],
    [5, [3, 4, 5]],
  ]);
});

test("a segment that cannot be read ends the reading, and says why", async () => {
  const shard = shardOf(async (path) => {
    if (path === paths.segment(2)) throw new Error("the disk is gone");
    return new Uint8Array();
  });
  const seen: number[] = [];
  const reading = (async () => {
    const segments = unpackAhead(shard, { first: 0, segments: 4 }, async (_, n) => n);
    for await (const n of segments) seen.push(n);
  })();
  await expect(reading).rejects.toThrow("the disk is gone");
  expect(seen).not.toContain(2);
});
