/**
 * What the text of a segment says of itself: its events, which of them were altered, their Merkle
 * root, and each stream's part. Needs nothing that came before.
 */
import { canonicalJson } from "#events/canonical.ts";
import type { StreamPart } from "#events/manifest.ts";
import { merkleRoot } from "#events/merkle.ts";
import { SegmentScan, type ScannedLine, type SegmentText } from "#events/segment-scan.ts";
import { sha256Hex } from "#events/sha256.ts";

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
  const parts = new Parts();
  const scan = new SegmentScan(segment);
  const order = inOrder ? undefined : scan.byStream();
  const leaves: string[] = Array.from({ length: scan.size }, () => NO_EVENT);
  for (let place = 0; place < scan.size; place += 1) {
    const index = order?.[place] ?? place;
    const line = scan.read(index);
    // What is no event has no leaf either, so the root cannot be the one that was signed.
    if (line !== undefined) {
      leaves[index] = sha256Hex(scan.leaf);
      parts.note(line);
    }
    take(line, index + 1);
  }
  return { events: scan.size, root: merkleRoot(leaves), parts: parts.all };
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
