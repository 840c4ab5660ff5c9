/** The text of a base, from the lines that segments were folded into. */
import { formatBaseLine, type BaseHead } from "#events/base.ts";
import type { Frontier } from "#events/manifest.ts";
import { parseJson } from "#events/parse-json.ts";
import { snapshotVersion } from "#actors/user/snapshot.ts";
import { PROGRESS_KEY, type BaseProgress } from "./fold.ts";

/** Where the log stands after the segments that a base stands for. */
export interface BasePlace {
  organisation: string;
  shard: string;
  /** SHA-256 of the last manifest. */
  previous: string;
  tree: Frontier;
}

/** How many lines of each kind there are, and how far the fold was. */
export interface BaseCounts {
  streams: number;
  rows: number;
  /** The text under `PROGRESS_KEY`. */
  progress: string;
}

/** The head's line, with its line break. */
export function baseHeadText(place: BasePlace, { streams, rows, progress }: BaseCounts): string {
  const { tree, organisation, shard, previous } = place;
  const head: BaseHead = {
    kind: "head",
    v: 1,
    organisation,
    shard,
    previous,
    streams,
    rows,
    ...(parseJson(progress) as BaseProgress),
    segments: tree.size,
    tree: { size: tree.size, roots: [...tree.roots] },
    stateVersion: snapshotVersion,
  };
  return `${formatBaseLine(head)}\n`;
}

/** The whole text, where all lines are in memory: by key, streams first. */
export function formatBase(lines: ReadonlyMap<string, string>, place: BasePlace): string {
  const keys = [...lines.keys()].filter((key) => key !== PROGRESS_KEY).sort();
  const streams = keys.filter((key) => key.startsWith("1 ")).length;
  const progress = lines.get(PROGRESS_KEY) ?? "";
  const head = baseHeadText(place, { streams, rows: keys.length - streams, progress });
  return head + keys.map((key) => `${lines.get(key) ?? ""}\n`).join("");
}
