/**
 * What the text of a segment says of itself: its events, which of them were altered, their Merkle
 * root, and each stream's part. Needs nothing that came before.
 */
import { hashBody } from "#events/envelope.ts";
import type { StreamPart } from "#events/manifest.ts";
import { MerkleTree } from "#events/merkle.ts";
import { eventLeaf, readLine, type SegmentLine } from "#events/segment.ts";

export interface ReadSegment {
  events: number;
  root: string;
  /** By stream and epoch, with a space between. */
  parts: Map<string, StreamPart>;
}

/**
 * Takes a segment's lines in order; `undefined` for one that is no event. `number` is from 1;
 * `isAltered` when the event is not the one that was hashed.
 */
export type TakeLine = (line: SegmentLine | undefined, number: number, isAltered: boolean) => void;

/** Reads a segment's text, and keeps no line of it. Total. */
export function readSegment(text: string, take: TakeLine): ReadSegment {
  const tree = new MerkleTree();
  const parts = new Map<string, StreamPart>();
  for (let start = 0; start < text.length;) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    const line = readLine(text.slice(start, end));
    start = end + 1;
    // What is no event has no leaf either, so the root cannot be the one that was signed.
    tree.add(line === undefined ? NO_EVENT : eventLeaf(line.hash));
    if (line !== undefined) notePart(parts, line);
    take(line, tree.size, line !== undefined && hashBody(line.body) !== line.hash);
  }
  return { events: tree.size, root: tree.root(), parts };
}

const NO_EVENT = "0".repeat(64);

function notePart(parts: Map<string, StreamPart>, line: SegmentLine): void {
  const { stream, epoch, seq, prev, hash } = line;
  const key = `${stream} ${epoch}`;
  const part = parts.get(key);
  if (part === undefined) {
    parts.set(key, { stream, epoch, first: seq, last: seq, prev, head: hash });
  } else {
    part.last = seq;
    part.head = hash;
  }
}
