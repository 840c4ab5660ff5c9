/** The artefacts of one shard, wherever they are, and what there should be of them. */
import { paths } from "#events/manifest.ts";
import type { FindingKind } from "./finding.ts";

export interface ShardArtefacts {
  shard: string;
  /** Every path below the shard's folder. */
  list(): Promise<readonly string[]>;
  read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** Tells what is wrong with a file. */
export type ReportFile = (kind: FindingKind, message: string, where: { file?: string }) => void;

/** What there is and what there should be. Returns the number of segments. */
export async function surveyShard(artefacts: ShardArtefacts, add: ReportFile): Promise<number> {
  const there = new Set(await artefacts.list());
  let segments = 0;
  for (const path of there) {
    const n = Number(/\/(\d{10})\./.exec(path)?.[1] ?? -1);
    const isOurs =
      n >= 0 && [paths.segment(n), paths.manifest(n), paths.checkpoint(n)].includes(path);
    if (isOurs) segments = Math.max(segments, n + 1);
    else if (path !== paths.views) add("unexpected", "no artefact has this name", { file: path });
  }
  for (let n = 0; n < segments; n += 1) {
    for (const file of [paths.segment(n), paths.manifest(n), paths.checkpoint(n)]) {
      if (!there.has(file)) add("missing", "the artefact is not there", { file });
    }
  }
  if (segments === 0) add("missing", "there is no segment", {});
  return segments;
}

/** The text of an artefact; `undefined` when it is not there or, which is told, no text. */
export async function readText(
  artefacts: ShardArtefacts,
  file: string,
  add: ReportFile,
): Promise<string | undefined> {
  const bytes = await artefacts.read(file);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    add("damaged", "it is not UTF-8", { file });
    return undefined;
  }
}
