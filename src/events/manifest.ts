/**
 * Manifests: what one segment holds, tied to all that came before.
 *
 * A manifest is canonical JSON and one line break. It names the segment's exact bytes, the Merkle
 * root of its events, where each stream stands after it, and the hash of the manifest before, so
 * that the last one fixes the whole archive. Manifests are the leaves of the log whose signed root
 * a checkpoint tells.
 */
import { createHash } from "node:crypto";
import * as z from "zod";
import { canonicalJson } from "./canonical.ts";
import { leafHash, merkleRoot, type Hash } from "./merkle.ts";
import { tryParseJson } from "./parse-json.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

/** A stream's part of a segment; `prev` is the hash before `first`, `head` that of `last`. */
const StreamPart = z.strictObject({
  stream: z.string(),
  epoch: count.min(1),
  first: count.min(1),
  last: count.min(1),
  prev: hash,
  head: hash,
});

/** Where a base is named: how many segments it stands for, and exactly which file it is. */
const BaseRef = z.strictObject({
  segments: count.min(1),
  /** Lines of its text, and the RFC 6962 root over them. */
  lines: count.min(1),
  root: hash,
  bytes: count,
  sha256: hash,
});
export type BaseRef = z.infer<typeof BaseRef>;

export const Manifest = z.strictObject({
  /** The format. */
  v: z.literal(1),
  organisation: z.string(),
  shard: z.string(),
  /** Number of the segment, from 0. */
  n: count,
  /** When the segment was begun, milliseconds. */
  at: count,
  /** Position of its first event in the shard, from 0, and how many there are: 0 where it only names a base. */
  position: count,
  events: count,
  /** SHA-256 of the manifest before; zeros for the first. */
  previous: hash,
  /** The segment as it is stored: the bytes of the gzip file, and their SHA-256. */
  bytes: count,
  sha256: hash,
  /** RFC 6962 root over the events' hashes. */
  root: hash,
  /** By name, then epoch. */
  streams: z.array(StreamPart),
  /** A base that was written since the manifest before; see `base.ts`. */
  base: BaseRef.exactOptional(),
});
export type Manifest = z.infer<typeof Manifest>;
export type StreamPart = z.infer<typeof StreamPart>;

/** `previous` of the first manifest. */
export const NO_MANIFEST = "0".repeat(64);

export function formatManifest(manifest: Manifest): string {
  return `${canonicalJson(manifest)}\n`;
}

/** Reads a manifest; `undefined` unless the text is exactly how one is written. Total. */
export function parseManifest(text: string): Manifest | undefined {
  const parsed = Manifest.safeParse(tryParseJson(text));
  return parsed.success && formatManifest(parsed.data) === text ? parsed.data : undefined;
}

/** What the next manifest names. */
export function manifestHash(text: string): Hash {
  return createHash("sha256").update(text).digest("hex");
}

/** The leaf of a manifest in the shard's log. */
export function manifestLeaf(text: string): Hash {
  return leafHash(text);
}

/**
 * A Merkle tree that grows at its right end: the roots of its whole subtrees, largest first, are all
 * that has to be kept.
 */
export interface Frontier {
  size: number;
  roots: readonly Hash[];
}

export const EMPTY_FRONTIER: Frontier = { size: 0, roots: [] };

/** The tree with one leaf more. */
export function grow({ size, roots }: Frontier, leaf: Hash): Frontier {
  const next = [...roots];
  let right = leaf;
  for (let n = size; n % 2 === 1; n = (n - 1) / 2) right = merkleRoot([next.pop() ?? "", right]);
  return { size: size + 1, roots: [...next, right] };
}

/** The root of a tree that has leaves. */
export function rootOf({ roots }: Frontier): Hash {
  return roots.reduceRight((right, left) => merkleRoot([left, right]));
}

const digits = (n: number): string => String(n).padStart(10, "0");

/** Where the artefacts of a shard are, below the shard's own folder. */
export const paths = {
  segment: (n: number) => `segments/${digits(n)}.ndjson.gz`,
  manifest: (n: number) => `manifests/${digits(n)}.json`,
  checkpoint: (n: number) => `checkpoints/${digits(n)}.txt`,
  base: (n: number) => `bases/${digits(n)}.ndjson.gz`,
  cosigned: (n: number) => `cosigned/${digits(n)}.txt`,
  views: "views.json",
} as const;
