/**
 * docs/reference/log-vectors: a small signed archive with its keys, and what a reader of it must find:
 * hashes, roots, proofs. Everything is made of fixed lives and keys, so the same bytes come out again.
 */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { parseCheckpoint } from "#events/checkpoint.ts";
import { manifestLeaf, parseManifest, paths } from "#events/manifest.ts";
import { consistencyProof, inclusionProof } from "#events/merkle.ts";
import { noteKeyId, openSigner, parseNote, toBase64, toVerifierKey } from "#events/note.ts";
import { eventLeaf, readLine } from "#events/segment.ts";
import { liveTogether, packArchive, type Archived } from "../test/support/archives.ts";
import { root } from "./from-wrangler.ts";

export const folder = path.join(root, "docs/reference/log-vectors");
const shard = "l_vectors_0";
const segmentEvents = 7;
/** Published, so they protect nothing: the base64 of 32 equal bytes each. */
const seeds = [1, 2].map((byte) => toBase64(new Uint8Array(32).fill(byte)));
/** The second key signs from this segment on. */
const rotatedAt = 3;

const textAt = (files: Archived, name: string): string => new TextDecoder().decode(files.get(name));

/** The archive's files, by their path below the shard's folder. */
export function makeArchive(): Promise<Archived> {
  const [key = "", next = ""] = seeds;
  const later = { from: rotatedAt, key: next };
  return packArchive(liveTogether(2, 9), { shard, segmentEvents, key, later, level: 0 });
}

/** What a reader must find in it. */
export async function makeExpected(files: Archived): Promise<object> {
  const signers = await Promise.all(seeds.map((seed) => openSigner(seed)));
  const name = `tallygate/${shard}`;
  const keys = signers.map(({ publicKey }, n) => ({
    seed: seeds[n],
    publicKey: toBase64(publicKey),
    keyId: noteKeyId({ name, publicKey }),
    verifierKey: toVerifierKey({ name, publicKey }),
    firstSegment: n === 0 ? 0 : rotatedAt,
  }));
  const segments: object[] = [];
  const manifests: string[] = [];
  for (let n = 0; files.has(paths.manifest(n)); n += 1) {
    const manifest = textAt(files, paths.manifest(n));
    manifests.push(manifestLeaf(manifest));
    const text = gunzipSync(files.get(paths.segment(n)) ?? new Uint8Array()).toString();
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => readLine(line));
    const leaves = lines.map((line) => eventLeaf(line?.hash ?? ""));
    const head = parseCheckpoint(parseNote(textAt(files, paths.checkpoint(n)))?.text ?? "");
    segments.push({
      n,
      events: lines.map((line) => line?.hash),
      leaves,
      root: parseManifest(manifest)?.root,
      manifestHash: createHash("sha256").update(manifest).digest("hex"),
      manifestLeaf: manifests.at(-1),
      logRoot: head?.root,
      inclusion: leaves.map((_leaf, index) => inclusionProof(leaves, index)),
      manifestInclusion: inclusionProof(manifests, n),
    });
  }
  const consistency = manifests.flatMap((_leaf, at) =>
    Array.from({ length: at + 1 }, (_, before) => ({
      from: before + 1,
      to: at + 1,
      proof: consistencyProof(manifests.slice(0, at + 1), before + 1),
    })),
  );
  return { shard, origin: name, keys, segments, consistency };
}

async function main(): Promise<void> {
  const files = await makeArchive();
  rmSync(folder, { recursive: true, force: true });
  for (const [name, bytes] of files) {
    const file = path.join(folder, shard, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  const expected = await makeExpected(files);
  writeFileSync(path.join(folder, "expected.json"), `${JSON.stringify(expected, undefined, 1)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
