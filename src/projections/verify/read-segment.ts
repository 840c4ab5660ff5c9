/**
 * What the text of a segment says of itself: its events, which of them were altered, their Merkle
 * root, and each stream's part. Needs nothing that came before.
 */
import { hashBody } from "#events/envelope.ts";
import type { StreamPart } from "#events/manifest.ts";
import { merkleRoot } from "#events/merkle.ts";
import { eventLeaf, readLine, type SegmentLine } from "#events/segment.ts";

/** An event of a segment; `altered` when it is not the one that was hashed. */
export interface ReadEvent extends SegmentLine {
  altered: boolean;
}

export interface ReadSegment {
  /** Line by line; `undefined` for one that is no event. */
  lines: (ReadEvent | undefined)[];
  root: string;
  /** By stream and epoch, with a space between. */
  parts: Map<string, StreamPart>;
}

/** Reads a segment's text. Total. */
export function readSegment(text: string): ReadSegment {
  const lines: (ReadEvent | undefined)[] = [];
  const leaves: string[] = [];
  const parts = new Map<string, StreamPart>();
  for (let start = 0; start < text.length;) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    const line = readLine(text.slice(start, end));
    start = end + 1;
    if (line === undefined) {
      lines.push(undefined);
      leaves.push("");
      continue;
    }
    lines.push({ ...line, altered: hashBody(line.body) !== line.hash });
    leaves.push(eventLeaf(line.hash));
    notePart(parts, line);
  }
  return { lines, root: merkleRoot(leaves), parts };
}

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
