/**
 * Everything that the archive has of one stream, with its proofs, a bounded part at a time.
 *
 * Invariants: a cursor is a place in the archive, which never changes, so the same cursor gives the
 * same part for ever; parts follow each other without gap or overlap.
 */
import { EMPTY_FRONTIER, parseManifest, paths, type Frontier } from "#events/manifest.ts";
import { InclusionProofs } from "#events/merkle.ts";
import { eventLeaf, readLine } from "#events/segment.ts";
import type { Evidence } from "#projections/verify/evidence.ts";
import type { MemberBase } from "#projections/verify/member-base.ts";
import type { ArchiveStore } from "./archive-store.ts";
import { readSegmentText, readText, type SegmentBefore } from "./evidence.ts";
import { evidenceEventsMax, evidenceSegmentsMax } from "./limits.ts";

/** A place in the archive: a segment, and a line of it from 0. */
export interface EvidencePlace {
  n: number;
  index: number;
}

/** Asks for what a stream has from a place on. */
export interface MemberEvidenceQuery {
  stream: string;
  from: EvidencePlace;
}

/**
 * Bundles, one a segment, oldest first; `next` where there may be more. `base` is in the first part,
 * where the archive begins with one that knows the stream.
 */
export interface MemberEvidencePage {
  base?: MemberBase;
  bundles: Evidence[];
  next: EvidencePlace | null;
}

/** Proves what a base says, by the segment whose manifest names it. */
export async function gatherMemberBase(
  store: ArchiveStore,
  base: MemberBase["base"],
  { n, treeBefore }: SegmentBefore,
): Promise<MemberBase> {
  const manifest = await readText(store, paths.manifest(n));
  const checkpoint = await readText(store, paths.checkpoint(n));
  return { v: 1, base, segment: { n, manifest, path: pathAfter(treeBefore), checkpoint } };
}

/** A log's last leaf has the whole subtrees before it for its path, smallest first. */
function pathAfter(treeBefore: Frontier | undefined): string[] {
  return [...(treeBefore ?? EMPTY_FRONTIER).roots].reverse();
}

/** One part: as many segments as are looked at, and as many events as fit. */
export async function gatherMemberEvidence(
  store: ArchiveStore,
  shard: string,
  segments: Iterable<SegmentBefore>,
  { stream, from }: MemberEvidenceQuery,
): Promise<MemberEvidencePage> {
  const page: MemberEvidencePage = { bundles: [], next: null };
  let looked = 0;
  let room = evidenceEventsMax;
  for (const { n, treeBefore } of segments) {
    const begin = n === from.n ? from.index : 0;
    if (looked >= evidenceSegmentsMax || room <= 0) return { ...page, next: { n, index: begin } };
    looked += 1;
    const manifest = await readText(store, paths.manifest(n));
    const parts = parseManifest(manifest)?.streams ?? [];
    if (!parts.some((part) => part.stream === stream)) continue;
    const lines = await readSegmentText(store, n);
    const read = lines.map((line) => readLine(line));
    const proofs = new InclusionProofs(read.map((line) => eventLeaf(line?.hash ?? "")));
    const events: Evidence["events"] = [];
    for (let index = begin; index < lines.length && room > 0; index += 1) {
      if (read[index]?.stream !== stream) continue;
      events.push({ line: lines[index] ?? "", n, index, path: proofs.path(index) });
      room -= 1;
    }
    const path = pathAfter(treeBefore);
    const checkpoint = await readText(store, paths.checkpoint(n));
    if (events.length > 0) {
      page.bundles.push({ v: 1, shard, events, segments: [{ n, manifest, path, checkpoint }] });
    }
    const last = events.at(-1)?.index ?? lines.length - 1;
    const more = room <= 0 && read.slice(last + 1).some((line) => line?.stream === stream);
    if (more) return { ...page, next: { n, index: last + 1 } };
  }
  return page;
}
