/**
 * Checkpoints: one small signed text that fixes everything a log held at that moment.
 *
 * The form is C2SP tlog-checkpoint: origin, tree size, base64 of the RFC 6962 root, one a line. The
 * tree's leaves are the manifests of a ledger shard, in order.
 */
import type { Hash } from "./merkle.ts";
import { fromBase64, toBase64 } from "./note.ts";

/** What a checkpoint says. */
export interface Checkpoint {
  origin: string;
  /** Number of manifests. */
  size: number;
  root: Hash;
}

/** The name of a shard's log, and of the keys that sign for it. */
export function originOf(shard: string): string {
  return `tallygate/${shard}`;
}

/** The text to sign. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  const bytes = Uint8Array.from(root.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return `${origin}\n${size}\n${toBase64(bytes)}\n`;
}

/** Reads the text of a note; `undefined` when it is no checkpoint. Extension lines are ignored. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin = "", size = "", encoded = "", ...rest] = text.split("\n");
  const bytes = fromBase64(encoded);
  if (origin === "" || bytes?.length !== 32 || rest.at(-1) !== "") return undefined;
  if (!/^(0|[1-9]\d{0,14})$/.test(size)) return undefined;
  const root = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { origin, size: Number(size), root };
}
