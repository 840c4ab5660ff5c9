/** Lines of a segment, manifests, and the tree that grows. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "#events/canonical.ts";
import { EMPTY_HEAD, seal } from "#events/envelope.ts";
import {
  EMPTY_FRONTIER,
  formatManifest,
  grow,
  NO_MANIFEST,
  parseManifest,
  rootOf,
} from "#events/manifest.ts";
import { leafHash, merkleRoot } from "#events/merkle.ts";
import { readLine, segmentText, toLine } from "#events/segment.ts";
import { SampleStream } from "../support/sample-events.ts";

test("a line is the envelope's canonical JSON, and gives the sealed event back", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), fc.string(), (value, organisation, command) => {
      const data = { value, hash: "x", epoch: 5, organisation: ',"hash":"' };
      const stream = { organisation, stream: "u_1" };
      const fact = { type: "Anything", v: 1, data };
      const sealed = seal({ ...EMPTY_HEAD, seq: 6 }, stream, fact, 17, { command });
      const line = toLine(sealed);
      expect(line).toBe(canonicalJson({ ...JSON.parse(sealed.body), hash: sealed.hash }));
      const { seq, body, hash, epoch, prev } = readLine(line) ?? {};
      expect({ seq, body, hash }).toEqual(sealed);
      expect([epoch, prev]).toEqual([1, EMPTY_HEAD.hash]);
    }),
    { numRuns: 300 },
  );
});

test("what is no line is not read as one", () => {
  const stream = new SampleStream();
  stream.request(1);
  const [line = ""] = segmentText(stream.events).split("\n");
  expect(readLine(line)?.stream).toBe("u_alice");
  for (const other of [
    "",
    "{}",
    line.slice(1, -1),
    `${line} `,
    line.replace('"seq":1', '"seq":0'),
  ]) {
    expect(readLine(other), other.slice(-30)).toBeUndefined();
  }
});

test("a tree that grows has the root of the whole tree at every size", () => {
  let tree = EMPTY_FRONTIER;
  const leaves: string[] = [];
  for (let n = 0; n < 70; n += 1) {
    leaves.push(leafHash(`leaf ${n}`));
    tree = grow(tree, leaves.at(-1) ?? "");
    expect(rootOf(tree)).toBe(merkleRoot(leaves));
  }
});

test("a manifest is read only as it is written", () => {
  const manifest = {
    v: 1 as const,
    organisation: "acme",
    shard: "l_1_0",
    n: 0,
    at: 5,
    position: 0,
    events: 1,
    previous: NO_MANIFEST,
    bytes: 10,
    sha256: "ab".repeat(32),
    root: "cd".repeat(32),
    streams: [],
  };
  const text = formatManifest(manifest);
  expect(parseManifest(text)).toEqual(manifest);
  for (const other of [` ${text}`, text.trim(), text.replace(":5,", ":5.0,"), "null\n", ""]) {
    expect(parseManifest(other)).toBeUndefined();
  }
});
