/**
 * Bases: what the first segments of a shard come to, so that they need not be kept for ever.
 *
 * A base is lines of canonical JSON: a head, then a line for each stream, then the rows of the sums.
 * Whoever has it goes on from it as from the events that it stands for. A later manifest names its
 * bytes and the Merkle root of its lines, so the checkpoints that follow sign it too.
 */
import * as z from "zod";
import { canonicalJson } from "./canonical.ts";
import type { BaseRef } from "./manifest.ts";
import { leafHash, MerkleTree } from "./merkle.ts";
import { tryParseJson } from "./parse-json.ts";
import { createHash } from "node:crypto";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const versions = z.array(z.tuple([count, z.string()]));

/** The first line. */
const BaseHead = z.strictObject({
  kind: z.literal("head"),
  v: z.literal(1),
  organisation: z.string(),
  shard: z.string(),
  /** Segments that it stands for, and events in them. */
  segments: count.min(1),
  position: count.min(1),
  /** The latest time of any of those events, milliseconds. */
  through: count,
  /** SHA-256 of the last of their manifests, and the tree over all of them: its right edge. */
  previous: hash,
  tree: z.strictObject({ size: count.min(1), roots: z.array(hash).max(64) }),
  /** The form of the streams' states: another version of the code may not read them. */
  stateVersion: count,
  /** Policy versions as published, and as requests named them, each with its hash. */
  policies: z.strictObject({ published: versions, named: versions, hasStream: z.boolean() }),
  /** How many lines of each kind follow. */
  streams: count,
  rows: count,
});
export type BaseHead = z.infer<typeof BaseHead>;

const amounts = z.tuple([z.string(), z.int(), z.int()]);

/** Where a stream stands. */
const BaseStream = z.strictObject({
  kind: z.literal("stream"),
  stream: z.string(),
  epoch: count.min(1),
  seq: count.min(1),
  hash,
  at: count,
  /** Events to come that were decided on the other branch of a fork. */
  carried: count,
  /** Of a principal: the folded state; null where it is not known. */
  state: z.unknown(),
  /** Budgets as counted without the deciders. */
  tally: z
    .strictObject({
      accounts: z.array(amounts),
      open: z.array(z.tuple([z.string(), z.int(), z.array(z.string())])),
    })
    .nullable(),
  /** Events of requests that have not ended, as their lines in the segments. */
  open: z.array(z.string()),
});
export type BaseStream = z.infer<typeof BaseStream>;

/** A row of a view: of the sums by hour, or of what a draft in the shadow would have changed. */
const BaseRow = z.strictObject({
  kind: z.enum(["sums", "shadow"]),
  row: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});
export type BaseRow = z.infer<typeof BaseRow>;

const BaseLine = z.discriminatedUnion("kind", [BaseHead, BaseStream, BaseRow]);
export type BaseLine = z.infer<typeof BaseLine>;

/** A line, without its line break. */
export function formatBaseLine(line: BaseLine): string {
  return canonicalJson(line);
}

/** Reads a line; `undefined` unless the text is exactly how one is written. Total. */
export function parseBaseLine(text: string): BaseLine | undefined {
  const json = tryParseJson(text);
  const parsed = BaseLine.safeParse(json);
  return parsed.success && canonicalJson(json) === text ? parsed.data : undefined;
}

/** What names a base, but for the file that its lines were packed into. */
export class BaseDigest {
  readonly #tree = new MerkleTree();

  add(line: string): void {
    this.#tree.add(leafHash(line));
  }

  /** `packed` is the file as it is stored. */
  end(segments: number, packed: Uint8Array): BaseRef {
    const sha256 = createHash("sha256").update(packed).digest("hex");
    const { size: lines } = this.#tree;
    return { segments, lines, root: this.#tree.root(), bytes: packed.length, sha256 };
  }
}
