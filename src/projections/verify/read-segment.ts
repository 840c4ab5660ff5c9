/**
 * What the text of a segment says of itself: its events, which of them were altered, their Merkle
 * root, and each stream's part. Needs nothing that came before.
 */
import { canonicalJson } from "#events/canonical.ts";
import type { StreamPart } from "#events/manifest.ts";
import { merkleRootOf } from "#events/merkle.ts";
import { SegmentScan, type ScannedLine, type SegmentText } from "#events/segment-scan.ts";
import { sha256Into } from "#events/sha256.ts";

export interface ReadSegment {
  events: number;
  root: string;
  /** By stream and epoch, with a space between. */
  parts: Map<string, StreamPart>;
}

/**
 * Takes a segment's lines, those of each stream in their order; `undefined` for one that is no event.
 * `number` is from 1.
 */
export type TakeLine = (line: ScannedLine | undefined, number: number) => void;

/** Reads a segment's text, and keeps no line of it; in the shard's order when it has to be. Total. */
export function readSegment(segment: SegmentText, take: TakeLine, inOrder = false): ReadSegment {
  const scan = new SegmentScan(segment);
  const lines = new Lines(scan, take);
  const order = inOrder ? undefined : scan.byStream();
  for (let place = 0; place < scan.size; place += 1) lines.take(order?.[place] ?? place);
  return { events: scan.size, root: merkleRootOf(lines.leaves), parts: lines.parts };
}

/** The parts that a manifest says and that a segment does not have so. */
export function* strangeParts(
  said: readonly StreamPart[],
  found: ReadonlyMap<string, StreamPart>,
): Generator<{ stream: string; seq: number }> {
  for (const part of said) {
    const { stream, epoch, last: seq } = part;
    const is = found.get(`${stream} ${epoch}`);
    if (is === undefined || canonicalJson(is) !== canonicalJson(part)) yield { stream, seq };
  }
}

/** What the lines of a segment come to, as they come: their leaves, and each stream's part. */
class Lines {
  readonly #scan: SegmentScan;
  readonly #take: TakeLine;
  /** The hash of each line's leaf, 32 bytes; zeros for what is no event, which no leaf hashes to. */
  readonly leaves: Uint8Array;
  readonly parts = new Map<string, StreamPart>();
  /** The part that a stream's last line was in: its next one is in the same, but for a fork. */
  readonly #latest = new Map<string, StreamPart>();
  #last: StreamPart | undefined;

  constructor(scan: SegmentScan, take: TakeLine) {
    this.#scan = scan;
    this.#take = take;
    this.leaves = new Uint8Array(scan.size * 32);
  }

  take(index: number): void {
    const line = this.#scan.read(index);
    if (line !== undefined) {
      sha256Into(this.#scan.leaf, this.leaves, index * 32);
      this.#note(line);
    }
    this.#take(line, index + 1);
  }

  #note({ stream, epoch, seq, prev, hash }: ScannedLine): void {
    let part = this.#last?.stream === stream ? this.#last : this.#latest.get(stream);
    if (part?.epoch !== epoch) {
      const key = `${stream} ${epoch}`;
      part = this.parts.get(key) ?? { stream, epoch, first: seq, last: seq, prev, head: hash };
      this.parts.set(key, part);
      this.#latest.set(stream, part);
    }
    this.#last = part;
    part.last = seq;
    part.head = hash;
  }
}
