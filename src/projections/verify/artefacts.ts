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

/** What there should be of a shard, as its gateway says how far it is. */
export function artefactsOf(archive: {
  segments: number;
  first?: number | undefined;
  bases?: readonly number[] | undefined;
  cosigned?: readonly number[] | undefined;
}): string[] {
  const { segments, first = 0, bases = [], cosigned = [] } = archive;
  const before = first === 0 ? [] : [paths.checkpoint(first - 1)];
  const ours = bases.filter((n) => n >= first).map((n) => paths.base(n));
  const seen = cosigned.filter((n) => n >= first - 1).map((n) => paths.cosigned(n));
  return [paths.views, ...ours, ...seen, ...before, ...filesBetween(first, segments)];
}

/** What of a shard is to be verified. */
export interface Survey {
  /** The first segment; above 0 where a base stands for those before it. */
  first: number;
  /** One more than the last. */
  segments: number;
  /** Bases after the first segment. */
  bases: number[];
  /** Segments whose checkpoints witnesses cosigned. */
  cosigned: number[];
}

/** What there is and what there should be. */
export async function surveyShard(artefacts: ShardArtefacts, add: ReportFile): Promise<Survey> {
  const there = new Set(await artefacts.list());
  let segments = 0;
  const bases: number[] = [];
  const cosigned: number[] = [];
  for (const path of there) {
    const n = Number(/\/(\d{10})\./.exec(path)?.[1] ?? -1);
    if (n >= 0 && filesOf(n).includes(path)) segments = Math.max(segments, n + 1);
    else if (n > 0 && path === paths.base(n)) bases.push(n);
    else if (n >= 0 && path === paths.cosigned(n)) cosigned.push(n);
    else if (path !== paths.views) add("unexpected", "no artefact has this name", { file: path });
  }
  bases.sort((a, b) => a - b);
  const first = firstOf(there, segments, bases);
  const from = first === 0 ? [] : [paths.base(first), paths.checkpoint(first - 1)];
  for (const file of [...from, ...filesBetween(first, segments)]) {
    if (!there.has(file)) add("missing", "the artefact is not there", { file });
  }
  if (segments === 0) add("missing", "there is no segment", {});
  return {
    first,
    segments,
    bases: bases.filter((n) => n > first && n <= segments),
    cosigned: cosigned.filter((n) => n >= first - 1).sort((a, b) => a - b),
  };
}

function filesOf(n: number): string[] {
  return [paths.segment(n), paths.manifest(n), paths.checkpoint(n)];
}

function* filesBetween(first: number, segments: number): Generator<string> {
  for (let n = first; n < segments; n += 1) yield* filesOf(n);
}

/**
 * Where to begin: with the first segment if all are there, otherwise with the earliest base after
 * which all are; what is left of the segments before it does not count.
 */
function firstOf(there: ReadonlySet<string>, segments: number, bases: readonly number[]): number {
  const starts = bases.filter((n) => n < segments);
  const isWhole = (from: number): boolean => {
    for (const file of filesBetween(from, segments)) if (!there.has(file)) return false;
    return true;
  };
  if (starts.length === 0 || isWhole(0)) return 0;
  const whole = starts.find((n) => isWhole(n) && there.has(paths.checkpoint(n - 1)));
  const isGone = filesOf(0).every((file) => !there.has(file));
  return whole ?? (isGone ? (starts.at(-1) ?? 0) : 0);
}

/**
 * What the segments of a survey unpack to, in their order; nothing is there for one that is not.
 *
 * While one is read the next is unpacked, elsewhere. As who reads it does nothing else meanwhile, that
 * has begun before: so its bytes are there by then, and those of the one after are on their way.
 */
export async function* unpackAhead<Unpacked>(
  artefacts: ShardArtefacts,
  { first, segments }: Pick<Survey, "first" | "segments">,
  unpack: (bytes: Uint8Array<ArrayBuffer> | undefined, n: number) => Promise<Unpacked>,
): AsyncGenerator<Unpacked, undefined> {
  const fetch = (n: number): Promise<Uint8Array<ArrayBuffer> | undefined> =>
    patient(n < segments ? artefacts.read(paths.segment(n)) : Promise.resolve(undefined));
  let fetched = fetch(first + 1);
  let coming = patient(unpack(await fetch(first), first));
  for (let n = first; n < segments; n += 1) {
    const unpacked = await coming;
    if (n + 1 < segments) coming = patient(unpack(await fetched, n + 1));
    fetched = fetch(n + 2);
    yield unpacked;
  }
  return undefined;
}

/** A promise that is awaited later, and fails then. */
function patient<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
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
