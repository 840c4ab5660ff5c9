/**
 * Segments: sealed events as lines of JSON, in the order in which a ledger shard took them.
 *
 * A line is the canonical JSON of the whole envelope, so any tool reads it; without its
 * `,"hash":"..."` it is exactly the text that was hashed. The leaves of a segment's Merkle tree are
 * the events' hashes, 32 bytes each.
 */
import type { SealedEvent } from "./envelope.ts";
import type { Hash } from "./merkle.ts";
import { sha256Hex, writeHash } from "./sha256.ts";

const HASH_START = ',"hash":"';
const HASH_CHARS = 64;
const NAMED = ',"organisation":"';
const TAIL =
  /^,"organisation":"((?:[^"\\]|\\.)*)","prev":"([0-9a-f]{64})","seq":([1-9]\d{0,14}),"stream":"([^"\\]*)","type":"[^"\\]*","v":\d+\}$/;

/** An event of a segment, with what its place is checked by; the data is not parsed. */
export interface SegmentLine extends SealedEvent {
  /** As JSON writes it. */
  organisation: string;
  stream: string;
  epoch: number;
  prev: string;
}

/** A sealed event as a line, without its line break. */
export function toLine({ body, hash }: SealedEvent): string {
  // After this name an envelope holds no object, so its last occurrence is the envelope's own.
  const at = body.lastIndexOf(NAMED);
  return `${body.slice(0, at)}${HASH_START}${hash}"${body.slice(at)}`;
}

/** Reads a line; `undefined` when it is none. The hash is not checked. Total. */
export function readLine(line: string): SegmentLine | undefined {
  const at = line.lastIndexOf(HASH_START);
  if (at < 0) return undefined;
  const start = at + HASH_START.length;
  const hash = line.slice(start, start + HASH_CHARS);
  const rest = line.slice(start + HASH_CHARS + 1);
  const tail = TAIL.exec(rest);
  const epochAt = line.lastIndexOf(',"epoch":', at);
  const epoch = Number(line.slice(epochAt + 9, at));
  if (tail === null || line[start + HASH_CHARS] !== '"' || epochAt < 0) return undefined;
  if (!Number.isSafeInteger(epoch) || epoch < 1) return undefined;
  const [, organisation = "", prev = "", seq = "", stream = ""] = tail;
  const body = line.slice(0, at) + rest;
  return { seq: Number(seq), body, hash, organisation, stream, epoch, prev };
}

/** The text of a segment. */
export function segmentText(events: readonly SealedEvent[]): string {
  return events.map((event) => `${toLine(event)}\n`).join("");
}

/** The leaf of an event: RFC 6962's leaf hash of the 32 bytes of its own. */
export function eventLeaf(hash: Hash): Hash {
  writeHash(hash, leaf, 1);
  return sha256Hex(leaf);
}

/** A leaf's bytes, written anew for each. */
const leaf = new Uint8Array(33);
