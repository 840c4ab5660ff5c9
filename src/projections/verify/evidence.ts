/**
 * Evidence: some events, and the proofs that tie them to a signed checkpoint. Who has a bundle and
 * the public key needs nothing else, and learns nothing of other events but their hashes.
 */
import * as z from "zod";
import { originOf, parseCheckpoint } from "#events/checkpoint.ts";
import { hashBody } from "#events/envelope.ts";
import { manifestLeaf, parseManifest, paths, type Manifest } from "#events/manifest.ts";
import { includes } from "#events/merkle.ts";
import { isSignedBy, parseNote } from "#events/note.ts";
import { eventLeaf, readLine } from "#events/segment.ts";
import type { Finding } from "./finding.ts";

const text = z.string().max(1_000_000);

/** The siblings from a leaf to the root, nearest first. */
export const ProofPath = z.array(z.string().max(64)).max(64);

/** A manifest, its path in the log, and the checkpoint after it. */
export const EvidenceSegment = z.strictObject({
  n: z.int().min(0),
  manifest: text,
  path: ProofPath,
  checkpoint: text,
});

/** What a bundle holds. */
export const Evidence = z.strictObject({
  v: z.literal(1),
  shard: text,
  /** Each event as its line in the archive, and its path in the tree of its segment. */
  events: z.array(
    z.strictObject({ line: text, n: z.int().min(0), index: z.int().min(0), path: ProofPath }),
  ),
  /** The manifests of those segments, each with its path in the log and the checkpoint after it. */
  segments: z.array(EvidenceSegment),
});
export type Evidence = z.infer<typeof Evidence>;

/** Reads a segment's manifest, and tells what is wrong with it or its proof. Total. */
export async function provenManifest(
  { n, manifest: text, path, checkpoint }: z.infer<typeof EvidenceSegment>,
  shard: string,
  publicKeys: readonly Uint8Array<ArrayBuffer>[],
): Promise<{ manifest?: Manifest; findings: Finding[] }> {
  const file = paths.manifest(n);
  const findings: Finding[] = [];
  const add = (kind: Finding["kind"], message: string) =>
    findings.push({ kind, message, shard, file });
  const manifest = parseManifest(text);
  const note = parseNote(checkpoint);
  const head = note && parseCheckpoint(note.text);
  if (manifest?.n !== n || manifest.shard !== shard || note === undefined || head === undefined) {
    add("damaged", "it is not this segment's manifest and checkpoint");
    return { findings };
  }
  const name = originOf(shard);
  const keys = publicKeys.map((publicKey) => ({ name, publicKey }));
  if (!(await isSignedBy(note, keys))) add("signature", "no known key has signed its checkpoint");
  const leaf = manifestLeaf(text);
  const isIn = includes({ leaf, index: n, size: head.size, root: head.root }, path);
  if (head.origin !== name || !isIn) add("root", "the checkpoint does not cover it");
  return { manifest, findings };
}

/** Checks a bundle. Returns what is wrong with it: nothing, when every event is proven. Total. */
export async function verifyEvidence(
  bundle: unknown,
  publicKeys: readonly Uint8Array<ArrayBuffer>[],
): Promise<Finding[]> {
  const parsed = Evidence.safeParse(bundle);
  if (!parsed.success)
    return [{ kind: "damaged", message: "it is not a bundle of evidence", shard: "" }];
  const { shard, events, segments } = parsed.data;
  const findings: Finding[] = [];
  const add = (kind: Finding["kind"], message: string, where: Partial<Finding> = {}) =>
    findings.push({ kind, message, shard, ...where });
  if (events.length === 0) add("missing", "it holds no event");
  const roots = new Map<number, { root: string; events: number }>();
  for (const segment of segments) {
    const { manifest, findings: wrong } = await provenManifest(segment, shard, publicKeys);
    findings.push(...wrong);
    if (manifest !== undefined) roots.set(segment.n, manifest);
  }
  for (const { line, n, index, path } of events) {
    const file = paths.segment(n);
    const event = readLine(line);
    const segment = roots.get(n);
    if (event === undefined || segment === undefined) {
      add("damaged", "it is not an event of a segment that is here", { file, line: index + 1 });
      continue;
    }
    const where = { file, line: index + 1, stream: event.stream, seq: event.seq };
    if (hashBody(event.body) !== event.hash) add("chain", "the event was altered", where);
    const leaf = eventLeaf(event.hash);
    if (!includes({ leaf, index, size: segment.events, root: segment.root }, path)) {
      add("root", "the event is not in the segment", where);
    }
  }
  return findings;
}
