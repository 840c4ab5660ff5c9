/** Gathers the proofs for a few events of a stream from the archive. */
import {
  EMPTY_FRONTIER,
  parseManifest,
  paths,
  type Frontier,
  type StreamPart,
} from "#events/manifest.ts";
import { InclusionProofs } from "#events/merkle.ts";
import { eventLeaf, readLine } from "#events/segment.ts";
import type { Evidence } from "#projections/verify/evidence.ts";
import { gunzip, type ArchiveStore } from "./archive-store.ts";

/** Which events. */
export interface EvidenceQuery {
  stream: string;
  epoch: number;
  seqs: readonly number[];
}

/** The events of several entries, of which the earliest began at `at`, milliseconds. */
export interface ListEvidenceQuery {
  queries: readonly EvidenceQuery[];
  at: number;
}

/** A segment with the tree of the manifests before it. */
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
 * Finds the events in segments, in the order in which they are given. Events that are not archived
 * yet are not in the answer: the caller archives first.
 */
export async function gatherEvidence(
  store: ArchiveStore,
  shard: string,
  segments: Iterable<SegmentBefore>,
  queries: readonly EvidenceQuery[],
): Promise<Evidence> {
  const wanted = new Wanted(queries);
  const evidence: Evidence = { v: 1, shard, events: [], segments: [] };
  for (const { n, treeBefore } of segments) {
    if (wanted.size === 0) break;
    const text = await readText(store, paths.manifest(n));
    const manifest = parseManifest(text);
    if (manifest?.streams.some((part) => wanted.isIn(part)) !== true) continue;
    const lines = await readSegmentText(store, n);
    const read = lines.map((line) => readLine(line));
    const proofs = new InclusionProofs(read.map((line) => eventLeaf(line?.hash ?? "")));
    for (const [index, event] of read.entries()) {
      if (event === undefined || !wanted.take(event)) continue;
      evidence.events.push({ line: lines[index] ?? "", n, index, path: proofs.path(index) });
    }
    // The last leaf's path is the roots of the whole subtrees before it, smallest first.
    const path = [...(treeBefore ?? EMPTY_FRONTIER).roots].reverse();
    const checkpoint = await readText(store, paths.checkpoint(n));
    evidence.segments.push({ n, manifest: text, path, checkpoint });
  }
  evidence.events.sort((a, b) => a.n - b.n || a.index - b.index);
  evidence.segments.sort((a, b) => a.n - b.n);
  return evidence;
}

/** Events that are looked for, by stream and epoch. */
class Wanted {
  readonly #seqs = new Map<string, Set<number>>();
  size = 0;

  constructor(queries: readonly EvidenceQuery[]) {
    for (const { stream, epoch, seqs } of queries) {
      const key = `${epoch} ${stream}`;
      const known = this.#seqs.get(key) ?? new Set();
      const before = known.size;
      for (const seq of seqs) known.add(seq);
      this.#seqs.set(key, known);
      this.size += known.size - before;
    }
  }

  /** Whether a part of a segment holds one that is looked for. */
  isIn({ stream, epoch, first, last }: StreamPart): boolean {
    const seqs = this.#seqs.get(`${epoch} ${stream}`);
    return seqs !== undefined && [...seqs].some((seq) => seq >= first && seq <= last);
  }

  /** Whether an event is looked for: then it is found. */
  take({ stream, epoch, seq }: { stream: string; epoch: number; seq: number }): boolean {
    const isWanted = this.#seqs.get(`${epoch} ${stream}`)?.delete(seq) === true;
    if (isWanted) this.size -= 1;
    return isWanted;
  }
}
