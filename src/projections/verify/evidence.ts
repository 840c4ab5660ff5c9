/**
 * Evidence: some events, and the proofs that tie them to a signed checkpoint. Who has a bundle and
 * the public key needs nothing else, and learns nothing of other events but their hashes.
 */
import * as z from "zod";
import { originOf, parseCheckpoint } from "#events/checkpoint.ts";
import { hashBody } from "#events/envelope.ts";
import { manifestLeaf, parseManifest, paths } from "#events/manifest.ts";
import { includes } from "#events/merkle.ts";
import { isSignedBy, parseNote } from "#events/note.ts";
import { eventLeaf, readLine } from "#events/segment.ts";
import type { Finding } from "./finding.ts";

const text = z.string().max(1_000_000);
const path = z.array(z.string().max(64)).max(64);

/** What a bundle holds. */
export const Evidence = z.strictObject({
  v: z.literal(1),
  shard: text,
  /** Each event as its line in the archive, and its path in the tree of its segment. */
  events: z.array(z.strictObject({ line: text, n: z.int().min(0), index: z.int().min(0), path })),
  /** The manifests of those segments, each with its path in the log and the checkpoint after it. */
  segments: z.array(z.strictObject({ n: z.int().min(0), manifest: text, path, checkpoint: text })),
});
export type Evidence = z.infer<typeof Evidence>;

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
  for (const { n, manifest, path, checkpoint } of segments) {
    const file = paths.manifest(n);
    const said = parseManifest(manifest);
    const note = parseNote(checkpoint);
    const head = note && parseCheckpoint(note.text);
    if (said?.n !== n || said.shard !== shard || note === undefined || head === undefined) {
      add("damaged", "it is not this segment's manifest and checkpoint", { file });
      continue;
    }
    const name = originOf(shard);
    const keys = publicKeys.map((publicKey) => ({ name, publicKey }));
    if (!(await isSignedBy(note, keys)))
      add("signature", "no known key has signed its checkpoint", { file });
    const leaf = manifestLeaf(manifest);
    const isIn = includes({ leaf, index: n, size: head.size, root: head.root }, path);
    if (head.origin !== name || !isIn) add("root", "the checkpoint does not cover it", { file });
    roots.set(n, said);
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
