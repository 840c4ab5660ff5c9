/**
 * The log's format, read by somebody who has only its page: nothing of the gateway is imported, and
 * everything is worked out anew from docs/reference/log-format.md, signed notes and RFC 6962.
 */
import { createPublicKey, verify } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { canonical, leafOf, nodeOf as node, rootOf, sha256 } from "../support/page-tree.ts";

const folder = path.resolve(import.meta.dirname, "../../docs/reference/log-vectors");

interface Expected {
  shard: string;
  origin: string;
  keys: { publicKey: string; keyId: string; verifierKey: string; firstSegment: number }[];
  segments: {
    n: number;
    events: string[];
    leaves: string[];
    root: string;
    manifestHash: string;
    manifestLeaf: string;
    logRoot: string;
    inclusion: string[][];
    manifestInclusion: string[];
  }[];
  consistency: { from: number; to: number; proof: string[] }[];
}
const expected = JSON.parse(readFileSync(path.join(folder, "expected.json"), "utf8")) as Expected;
const read = (kind: string, n: number, end: string): Buffer =>
  readFileSync(path.join(folder, expected.shard, kind, `${String(n).padStart(10, "0")}.${end}`));

const hex = (text: string): Buffer => Buffer.from(text, "hex");

/** Section 2.1.1, from the leaf up: the root that a path gives. */
function rootBy(leaf: Buffer, index: number, size: number, proof: readonly string[]): Buffer {
  if (size === 1) return leaf;
  const cut = 2 ** Math.floor(Math.log2(size - 1));
  const [top = "", rest] = [proof.at(-1), proof.slice(0, -1)];
  return index < cut
    ? sha256(Buffer.of(1), rootBy(leaf, index, cut, rest), hex(top))
    : sha256(Buffer.of(1), hex(top), rootBy(leaf, index - cut, size - cut, rest));
}

/** Section 2.1.2: the roots of both trees as a consistency proof gives them. */
function bothRoots(
  from: number,
  to: number,
  proof: string[],
  earlier: Buffer,
  whole: boolean,
): [Buffer, Buffer] {
  if (from === to) {
    const root = whole ? earlier : hex(proof.shift() ?? "");
    return [root, root];
  }
  const cut = 2 ** Math.floor(Math.log2(to - 1));
  const top = hex(proof.pop() ?? "");
  if (from <= cut) {
    const [was, is] = bothRoots(from, cut, proof, earlier, whole);
    return [was, node(is, top)];
  }
  const [was, is] = bothRoots(from - cut, to - cut, proof, earlier, false);
  return [node(top, was), node(top, is)];
}

/** C2SP signed-note and tlog-checkpoint: what is said, and who has signed it. */
function readCheckpoint(note: string): { origin: string; size: number; root: string; by: string } {
  const [text = "", signatures = ""] = note.split(/(?<=\n)\n/);
  const [origin = "", size = "", root = "", ...rest] = text.split("\n");
  expect(rest).toEqual([""]);
  const [dash, name, encoded = "", ...more] = signatures.trimEnd().split(/ |\n/);
  expect([dash, name, more]).toEqual(["\u2014", origin, []]);
  const bytes = Buffer.from(encoded, "base64");
  expect(bytes.toString("base64")).toBe(encoded);
  const signer = expected.keys.find(({ keyId }) => keyId === bytes.subarray(0, 4).toString("hex"));
  const publicKey = Buffer.from(signer?.publicKey ?? "", "base64");
  const key = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: publicKey.toString("base64url") },
    format: "jwk",
  });
  expect(verify(null, Buffer.from(text), key, bytes.subarray(4))).toBe(true);
  expect(sha256(`${origin}\n`, Buffer.of(1), publicKey).toString("hex").slice(0, 8)).toBe(
    signer?.keyId,
  );
  return { origin, size: Number(size), root, by: signer?.publicKey ?? "" };
}

interface Event {
  hash: string;
  prev: string;
  seq: number;
  stream: string;
  at: number;
}
const linesOf = (n: number): string[] => {
  const text = gunzipSync(read("segments", n, "ndjson.gz")).toString("utf8");
  expect(text.endsWith("\n")).toBe(true);
  return text.slice(0, -1).split("\n");
};

describe("a reader of the page alone", () => {
  test("finds the artefacts that it names, and no other", () => {
    const names = expected.segments.map(({ n }) => String(n).padStart(10, "0"));
    for (const [kind, end] of [
      ["segments", "ndjson.gz"],
      ["manifests", "json"],
      ["checkpoints", "txt"],
    ]) {
      const files = readdirSync(path.join(folder, expected.shard, kind ?? ""));
      expect(files.toSorted()).toEqual(names.map((name) => `${name}.${end}`));
    }
  });

  test("hashes every event, without its hash, to its hash, and follows every chain", () => {
    const heads = new Map<string, Event>();
    for (const { n, events } of expected.segments) {
      const seen = linesOf(n).map((line) => {
        const event = JSON.parse(line) as Event;
        expect(canonical(event)).toBe(line);
        const { hash, ...rest } = event;
        expect(sha256(canonical(rest)).toString("hex")).toBe(hash);
        // The short way that the page gives: the last occurrence in the line is the envelope's own.
        const own = `,"hash":"${hash}"`;
        const at = line.lastIndexOf(own);
        expect(line.slice(0, at) + line.slice(at + own.length)).toBe(canonical(rest));
        const head = heads.get(event.stream);
        expect([event.seq, event.prev]).toEqual([
          (head?.seq ?? 0) + 1,
          head?.hash ?? "0".repeat(64),
        ]);
        expect(event.at).toBeGreaterThanOrEqual(head?.at ?? 0);
        heads.set(event.stream, event);
        return hash;
      });
      expect(seen).toEqual(events);
    }
    expect(heads.size).toBe(2);
  });

  test("finds in every manifest its segment, its place and the manifest before", () => {
    let position = 0;
    let previous = "0".repeat(64);
    for (const { n, leaves, root, manifestHash } of expected.segments) {
      const text = read("manifests", n, "json").toString("utf8");
      const manifest = JSON.parse(text) as Record<string, unknown>;
      expect(`${canonical(manifest)}\n`).toBe(text);
      const packed = read("segments", n, "ndjson.gz");
      const lines = linesOf(n);
      const entries = lines.map((line) => leafOf(hex((JSON.parse(line) as Event).hash)));
      expect(entries.map((leaf) => leaf.toString("hex"))).toEqual(leaves);
      expect(manifest).toMatchObject({
        v: 1,
        shard: expected.shard,
        n,
        position,
        events: lines.length,
        previous,
        bytes: packed.length,
        sha256: sha256(packed).toString("hex"),
        root: rootOf(entries).toString("hex"),
      });
      expect(manifest["root"]).toBe(root);
      const streams = manifest["streams"] as {
        stream: string;
        first: number;
        last: number;
        head: string;
      }[];
      for (const { stream, first, last, head } of streams) {
        const own = lines
          .map((line) => JSON.parse(line) as Event)
          .filter((event) => event.stream === stream);
        expect([own[0]?.seq, own.at(-1)?.seq, own.at(-1)?.hash]).toEqual([first, last, head]);
      }
      position += lines.length;
      previous = sha256(text).toString("hex");
      expect(previous).toBe(manifestHash);
    }
  });

  test("checks every checkpoint against the manifests so far, before and after the key was changed", () => {
    const leaves: Buffer[] = [];
    const signers: string[] = [];
    for (const { n, manifestLeaf, logRoot } of expected.segments) {
      leaves.push(leafOf(read("manifests", n, "json")));
      expect(leaves.at(-1)?.toString("hex")).toBe(manifestLeaf);
      const { origin, size, root, by } = readCheckpoint(
        read("checkpoints", n, "txt").toString("utf8"),
      );
      expect([origin, size]).toEqual([expected.origin, n + 1]);
      expect(Buffer.from(root, "base64")).toEqual(rootOf(leaves));
      expect(rootOf(leaves).toString("hex")).toBe(logRoot);
      signers.push(by);
    }
    const [first, second] = expected.keys;
    expect(signers).toEqual(
      expected.segments.map(({ n }) =>
        n < (second?.firstSegment ?? 0) ? first?.publicKey : second?.publicKey,
      ),
    );
  });

  test("proves every event in its segment, and every manifest in the log of its checkpoint", () => {
    for (const {
      n,
      leaves,
      root,
      inclusion,
      manifestLeaf,
      manifestInclusion,
      logRoot,
    } of expected.segments) {
      for (const [index, proof] of inclusion.entries()) {
        const leaf = hex(leaves[index] ?? "");
        expect(rootBy(leaf, index, leaves.length, proof).toString("hex")).toBe(root);
        expect(rootBy(sha256("other"), index, leaves.length, proof).toString("hex")).not.toBe(root);
      }
      const found = rootBy(hex(manifestLeaf), n, n + 1, manifestInclusion);
      expect(found.toString("hex")).toBe(logRoot);
    }
  });

  test("proves that every later log began with every earlier one", () => {
    const rootAt = (size: number): string => expected.segments[size - 1]?.logRoot ?? "";
    expect(expected.consistency.length).toBeGreaterThan(10);
    for (const { from, to, proof } of expected.consistency) {
      const roots = bothRoots(from, to, [...proof], hex(rootAt(from)), true);
      expect(roots.map((root) => root.toString("hex"))).toEqual([rootAt(from), rootAt(to)]);
      if (from === to) continue;
      const altered = proof.with(0, sha256("other").toString("hex"));
      const other = bothRoots(from, to, altered, hex(rootAt(from)), true);
      expect(other.map((root) => root.toString("hex"))).not.toEqual([rootAt(from), rootAt(to)]);
    }
  });
});
