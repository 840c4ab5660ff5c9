/**
 * What a base says of one stream, proven: a line of the base, in the root that a manifest names, in
 * the log that a checkpoint signs. Evidence goes on from it where the segments before it are gone.
 */
import * as z from "zod";
import { parseBaseLine, type BaseStream } from "#events/base.ts";
import { includes, leafHash } from "#events/merkle.ts";
import { EvidenceSegment, ProofPath, provenManifest } from "./evidence.ts";
import type { Finding } from "./finding.ts";

/** A stream's line may have the member's whole state in it. */
const lineCharsMax = 8_000_000;

/** A line of evidence about a person: where their stream stood at the base. */
export const MemberBase = z.strictObject({
  v: z.literal(1),
  base: z.strictObject({
    line: z.string().max(lineCharsMax),
    /** Its place among the lines of the base, from 0, and its path in their tree. */
    index: z.int().min(0),
    path: ProofPath,
  }),
  /** The segment whose manifest names the base. */
  segment: EvidenceSegment,
});
export type MemberBase = z.infer<typeof MemberBase>;

/** What was proven of it: the stream's line, and how many segments the base stands for. */
export interface ProvenBase {
  segments: number;
  line: BaseStream;
}

/** Checks it. Tells what is wrong, and returns what it proves where nothing is. Total. */
export async function proveBase(
  { base, segment }: MemberBase,
  of: { shard: string; stream: string },
  publicKeys: readonly Uint8Array<ArrayBuffer>[],
  add: (kind: Finding["kind"], message: string) => void,
): Promise<ProvenBase | undefined> {
  const { manifest, findings } = await provenManifest(segment, of.shard, publicKeys);
  for (const { kind, message } of findings) add(kind, `the manifest that names a base: ${message}`);
  const line = parseBaseLine(base.line);
  if (line?.kind !== "stream" || line.stream !== of.stream) {
    add("damaged", "it begins with a line that is not the stream's in a base");
    return undefined;
  }
  const { segments = 0, lines = 0, root = "" } = manifest?.base ?? {};
  const { index, path } = base;
  const isIn = includes({ leaf: leafHash(base.line), index, size: lines, root }, path);
  if (!isIn) add("root", "what it begins with is not in the base that the manifest names");
  return isIn && findings.length === 0 ? { segments, line } : undefined;
}
