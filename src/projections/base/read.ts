/** Reads a base as a whole, and checks that it says one thing and all of it. */
import {
  BaseDigest,
  parseBaseLine,
  type BaseHead,
  type BaseRow,
  type BaseStream,
} from "#events/base.ts";
import type { BaseRef } from "#events/manifest.ts";

/** What a base is, and its head. */
export interface ReadBase {
  ref: BaseRef;
  head: BaseHead;
}

/** Takes a line after the head, in the order of the file. */
export type TakeBaseLine = (line: BaseStream | BaseRow, text: string, head: BaseHead) => void;

/**
 * Reads the text of a base that was packed into these bytes, and gives each line after the head to
 * `take`. Returns why it is no base otherwise. Total.
 */
export function readBase(
  text: string,
  packed: Uint8Array,
  take: TakeBaseLine = () => {},
): ReadBase | string {
  const digest = new BaseDigest();
  const found = { stream: 0, sums: 0, shadow: 0 };
  let head: BaseHead | undefined;
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\n", start);
    if (end < 0) return "it does not end with a line break";
    const one = text.slice(start, end);
    start = end + 1;
    digest.add(one);
    const line = parseBaseLine(one);
    if (line === undefined || (line.kind === "head") !== (head === undefined)) {
      return "a line is none of a base";
    }
    if (line.kind === "head") head = line;
    else {
      found[line.kind] += 1;
      if (head !== undefined) take(line, one, head);
    }
  }
  if (head === undefined) return "it is empty";
  if (found.stream !== head.streams || found.sums + found.shadow !== head.rows) {
    return "it has not as many lines as its head says";
  }
  if (head.tree.size !== head.segments) return "its tree is not that of its segments";
  return { ref: digest.end(head.segments, packed), head };
}
