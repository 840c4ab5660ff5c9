/**
 * The books of a shard as they were, folded out of its archive: what a gateway answers of itself, by
 * whoever has the files. Nothing is verified here, which is `verify`'s.
 */
import { parseBaseLine, type BaseLine } from "#events/base.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import { paths } from "#events/manifest.ts";
import { StreamRecalls } from "#events/recalls.ts";
import { SegmentScan, type SegmentText } from "#events/segment-scan.ts";
import { surveyShard, unpackAhead, type ShardArtefacts } from "../verify/artefacts.ts";
import { viewsAt, type ViewsThen } from "./views.ts";

export interface ReplayOptions {
  /** The moment, milliseconds, inclusive. */
  at: number;
  /** Unpacks gzip of UTF-8; throws on damage. */
  gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<SegmentText>;
  /** Told after each segment. */
  onProgress?(events: number): void;
}

/** Unpacks a file; throws where it is not there. */
type Unpack = (bytes: Uint8Array<ArrayBuffer> | undefined, file: string) => Promise<SegmentText>;

/** Folds a shard's archive up to a moment; throws where a file is missing or is none. */
export async function shardViewsAt(
  artefacts: ShardArtefacts,
  options: ReplayOptions,
): Promise<ViewsThen> {
  const { first, segments } = await surveyShard(artefacts, (kind, message, { file }) => {
    if (kind === "missing") throw new Error(`${artefacts.shard}/${file ?? ""}: ${message}`);
  });
  const unpack: Unpack = async (bytes, file) => {
    if (bytes === undefined) throw new Error(`${artefacts.shard}/${file} is not there`);
    return options.gunzip(bytes);
  };
  const file = paths.base(first);
  const base = first === 0 ? undefined : linesOf(unpack(await artefacts.read(file), file));
  const unpacking = unpackAhead(artefacts, { first, segments }, (bytes, n) =>
    unpack(bytes, paths.segment(n)),
  );
  return viewsAt(runsOf(first, unpacking, options), options.at, base);
}

async function* linesOf(base: Promise<SegmentText>): AsyncGenerator<BaseLine> {
  const file = await base;
  for (const one of file.text(0, file.bytes.length).split("\n").slice(0, -1)) {
    const line = parseBaseLine(one);
    if (line === undefined) throw new Error("a line of the base is none");
    yield line;
  }
}

/** Events, segment by segment, each good until the next is read. */
async function* runsOf(
  first: number,
  unpacking: AsyncIterable<SegmentText>,
  options: ReplayOptions,
): AsyncGenerator<Iterable<EventEnvelope>> {
  const recalls = new StreamRecalls();
  let events = 0;
  let n = first;
  for await (const segment of unpacking) {
    const scan = new SegmentScan(segment);
    yield eventsOf(scan, recalls, paths.segment(n));
    n += 1;
    events += scan.size;
    options.onProgress?.(events);
  }
}

/** Those of each stream together: the sums are the same in any order that keeps theirs. */
function* eventsOf(
  scan: SegmentScan,
  recalls: StreamRecalls,
  file: string,
): Generator<EventEnvelope> {
  for (const index of scan.byStream()) {
    const line = scan.readUnproven(index);
    if (line === undefined) throw new Error(`${file}:${index + 1} is no event`);
    yield line.event(recalls.of(line.stream, line.type));
  }
}
