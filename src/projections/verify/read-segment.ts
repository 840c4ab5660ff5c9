/**
 * What the text of a segment says of itself: its events, which of them were altered, their Merkle
 * root, and each stream's part. Needs nothing that came before.
 */
import type { StreamPart } from "#events/manifest.ts";
import { MerkleTree } from "#events/merkle.ts";
import { SegmentScan, type ScannedLine, type SegmentText } from "#events/segment-scan.ts";
import { sha256Hex } from "#events/sha256.ts";

export interface ReadSegment {
  events: number;
  root: string;
  /** By stream and epoch, with a space between. */
  parts: Map<string, StreamPart>;
}

/** Takes a segment's lines in order; `undefined` for one that is no event. `number` is from 1. */
export type TakeLine = (line: ScannedLine | undefined, number: number) => void;

/** Reads a segment's text, and keeps no line of it. Total. */
export function readSegment(segment: SegmentText, take: TakeLine): ReadSegment {
  const tree = new MerkleTree();
  const parts = new Parts();
  const scan = new SegmentScan(segment);
  while (!scan.isOver) {
    const line = scan.read();
    // What is no event has no leaf either, so the root cannot be the one that was signed.
    tree.add(line === undefined ? NO_EVENT : sha256Hex(scan.leaf));
    if (line !== undefined) parts.note(line);
    take(line, tree.size);
  }
  return { events: tree.size, root: tree.root(), parts: parts.all };
}

const NO_EVENT = "0".repeat(64);

/** Each stream's part of a segment, as its lines come. */
class Parts {
  readonly all = new Map<string, StreamPart>();
  /** The part that a stream's last line was in: its next one is in the same, but for a fork. */
  readonly #last = new Map<string, StreamPart>();

  note({ stream, epoch, seq, prev, hash }: ScannedLine): void {
    let part = this.#last.get(stream);
    if (part?.epoch !== epoch) {
      const key = `${stream} ${epoch}`;
      part = this.all.get(key) ?? { stream, epoch, first: seq, last: seq, prev, head: hash };
      this.all.set(key, part);
      this.#last.set(stream, part);
    }
    part.last = seq;
    part.head = hash;
  }
}
