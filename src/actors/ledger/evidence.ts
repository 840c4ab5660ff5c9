/** Gathers the proofs for a few events of a stream from the archive. */
import { parseManifest, paths, EMPTY_FRONTIER, type Frontier } from "#events/manifest.ts";
import { inclusionProof } from "#events/merkle.ts";
import { eventLeaf, readLine } from "#events/segment.ts";
import type { Evidence } from "#projections/verify/evidence.ts";
import { gunzip, type ArchiveStore } from "./archive-store.ts";

/** Which events. */
export interface EvidenceQuery {
  stream: string;
  epoch: number;
  seqs: readonly number[];
}

/** A segment, newest first, with the tree of the manifests before it. */
export interface SegmentBefore {
  n: number;
  treeBefore: Frontier | undefined;
}

/** The lines of a segment, in order. */
export async function readSegmentText(store: ArchiveStore, n: number): Promise<string[]> {
  const packed = await store.read(paths.segment(n));
  return ((packed && (await gunzip(packed))) ?? "").slice(0, -1).split("\n");
}

/** An artefact's text. */
export async function readText(store: ArchiveStore, path: string): Promise<string> {
  const bytes = await store.read(path);
  if (bytes === undefined) throw new Error(`${path} is not in the archive`);
  return new TextDecoder().decode(bytes);
}

/**
 * Finds the events, newest segment first. Events that are not archived yet are not in the answer:
 * the caller archives first.
 */
export async function gatherEvidence(
  store: ArchiveStore,
  shard: string,
  segments: Iterable<SegmentBefore>,
  query: EvidenceQuery,
): Promise<Evidence> {
  const wanted = new Set(query.seqs);
  const evidence: Evidence = { v: 1, shard, events: [], segments: [] };
  for (const { n, treeBefore } of segments) {
    if (wanted.size === 0) break;
    const text = await readText(store, paths.manifest(n));
    const manifest = parseManifest(text);
    const holds = manifest?.streams.some(
      ({ stream, epoch, first, last }) =>
        stream === query.stream &&
        epoch === query.epoch &&
        [...wanted].some((seq) => seq >= first && seq <= last),
    );
    if (manifest === undefined || holds !== true) continue;
    const lines = await readSegmentText(store, n);
    const read = lines.map((line) => readLine(line));
    const leaves = read.map((line) => eventLeaf(line?.hash ?? ""));
    for (const [index, event] of read.entries()) {
      const isWanted = event?.stream === query.stream && event.epoch === query.epoch;
      if (event === undefined || !isWanted || !wanted.delete(event.seq)) continue;
      const path = inclusionProof(leaves, index);
      evidence.events.push({ line: lines[index] ?? "", n, index, path });
    }
    // The last leaf's path is the roots of the whole subtrees before it, smallest first.
    const path = [...(treeBefore ?? EMPTY_FRONTIER).roots].reverse();
    const checkpoint = await readText(store, paths.checkpoint(n));
    evidence.segments.push({ n, manifest: text, path, checkpoint });
  }
  evidence.events.sort((a, b) => a.n - b.n || a.index - b.index);
  return evidence;
}
