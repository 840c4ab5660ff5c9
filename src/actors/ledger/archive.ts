/**
 * Writes a shard's log to its archive: segment, manifest, checkpoint, in this order, each created
 * once.
 *
 * Invariants: what a segment holds is decided, and kept, before anything of it is written, so an
 * interrupted write is finished with the same content; an artefact that is there already counts as
 * written only if it says the same; the log forgets nothing before its checkpoint is kept.
 */
import { createHash } from "node:crypto";
import { formatCheckpoint, originOf } from "#events/checkpoint.ts";
import type { SealedEvent } from "#events/envelope.ts";
import {
  EMPTY_FRONTIER,
  formatManifest,
  grow,
  manifestHash,
  manifestLeaf,
  NO_MANIFEST,
  paths,
  rootOf,
  type Frontier,
  type StreamPart,
} from "#events/manifest.ts";
import { merkleRoot } from "#events/merkle.ts";
import { parseNote, type NoteSigner } from "#events/note.ts";
import { parseJson } from "#events/parse-json.ts";
import { eventLeaf, readLine, segmentText, toLine } from "#events/segment.ts";
import { gunzip, gzip, type ArchiveStore } from "./archive-store.ts";
import { hotMs, segmentCharsMax, segmentEventsMax, trimRowsMax } from "./limits.ts";
import type { Log, LogRun } from "./log.ts";
import { BaseRows } from "./base-rows.ts";
import type { CountingSql } from "./sql.ts";

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS segments (
    n INTEGER PRIMARY KEY, pos INTEGER NOT NULL, events INTEGER NOT NULL, at INTEGER NOT NULL,
    hash TEXT NOT NULL, tree TEXT NOT NULL
  ) STRICT`,
  `CREATE TABLE IF NOT EXISTS segment_plan (
    one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL, pos INTEGER NOT NULL,
    events INTEGER NOT NULL, at INTEGER NOT NULL, base INTEGER
  ) STRICT`,
];

/** A segment that is kept, or (without its hash) one that is being written. */
export interface SegmentRow {
  n: number;
  /** Position of its first event. */
  pos: number;
  events: number;
  at: number;
}

interface Planned extends SegmentRow {
  /** The base that its manifest names. */
  base: number | null;
}

interface Kept extends SegmentRow {
  hash: string;
  tree: Frontier;
}

/** What an archive of a shard needs to know. */
export interface ArchiveHome {
  organisation: string;
  shard: string;
}

/** An artefact of another content is in the way: a human has to look. */
export class ArchiveConflict extends Error {}

export class Archive {
  readonly #sql: CountingSql;
  readonly #log: Log;
  /** Bases, which stand for segments that may be gone. */
  readonly bases: BaseRows;

  constructor(sql: CountingSql, log: Log) {
    this.#sql = sql;
    this.#log = log;
    for (const statement of SCHEMA) sql.run(statement);
    const columns = sql.run<{ name: string }>("SELECT name FROM pragma_table_info('segment_plan')");
    const isOld = !columns.some(({ name }) => name === "base");
    if (isOld) sql.run("ALTER TABLE segment_plan ADD COLUMN base INTEGER");
    this.bases = new BaseRows(sql);
  }

  /** The first segment that is to be read. */
  get #first(): number {
    return this.bases.standing?.n ?? 0;
  }

  /** How many events wait to be archived. */
  get waiting(): number {
    return this.#log.size - this.#log.archived;
  }

  /** The last segment that is kept. */
  get last(): SegmentRow | undefined {
    return this.#kept();
  }

  /** Whether a base waits for a manifest that names it. */
  get waitsToName(): boolean {
    return this.bases.unnamed !== undefined;
  }

  /** Writes the next segment; false when nothing waits. `atomically` runs a transaction. */
  async writeNext(
    store: ArchiveStore,
    signer: NoteSigner,
    home: ArchiveHome,
    at: number,
    atomically: (work: () => void) => void,
  ): Promise<boolean> {
    atomically(() => this.#plan(at));
    const plan = this.#planned();
    if (plan === undefined) return false;
    const before = this.#kept();
    const runs = this.#runsOf(plan);
    const events = runs.flatMap((run) => run.events);
    const packed = await this.#keepSegment(store, plan.n, events);
    const base = plan.base === null ? undefined : this.bases.get(plan.base);
    const manifest = formatManifest({
      v: 1,
      ...home,
      n: plan.n,
      at: plan.at,
      position: plan.pos,
      events: plan.events,
      previous: before?.hash ?? NO_MANIFEST,
      bytes: packed.length,
      sha256: createHash("sha256").update(packed).digest("hex"),
      root: merkleRoot(events.map(({ hash }) => eventLeaf(hash))),
      streams: partsOf(runs),
      ...(base === undefined ? {} : { base: base.ref }),
    });
    await keepText(store, paths.manifest(plan.n), manifest);
    const tree = grow(before?.tree ?? EMPTY_FRONTIER, manifestLeaf(manifest));
    await keepCheckpoint(store, signer, plan.n, home.shard, tree);
    atomically(() => {
      const { n, pos, events, at } = plan;
      const row = [n, pos, events, at, manifestHash(manifest), JSON.stringify(tree)];
      this.#sql.run("INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?)", ...row);
      this.#sql.run("DELETE FROM segment_plan");
      if (base !== undefined) this.bases.name(base.n, n);
      this.#log.setArchived(pos + events);
    });
    return true;
  }

  /** Removes what is archived and old from the log, a bounded part at a time; says whether more waits. */
  trim(at: number): boolean {
    const [old] = this.#sql.run<{ pos: number }>(
      "SELECT pos + events AS pos FROM segments WHERE at <= ? ORDER BY n DESC LIMIT 1",
      at - hotMs,
    );
    return old !== undefined && this.#log.trim(old.pos, trimRowsMax) >= trimRowsMax;
  }

  /** The segments that hold events before a position, in order. */
  segmentsBefore(pos: number): SegmentRow[] {
    return this.#sql.run<SegmentRow & Record<string, number>>(
      "SELECT n, pos, events, at FROM segments WHERE pos < ? AND n >= ? ORDER BY n",
      pos,
      this.#first,
    );
  }

  /** The segment that holds a position. */
  segmentAt(pos: number): SegmentRow | undefined {
    const [row] = this.#sql.run<SegmentRow & Record<string, number>>(
      "SELECT n, pos, events, at FROM segments WHERE pos <= ? ORDER BY pos DESC, n DESC LIMIT 1",
      pos,
    );
    const isThere = row !== undefined && pos < row.pos + row.events && row.n >= this.#first;
    return isThere ? row : undefined;
  }

  /**
   * How many segments were begun at a moment or before and how many events they hold, with the last
   * one's time; none is 0.
   */
  agedBy(at: number): { segments: number; events: number; at: number } {
    const [row] = this.#sql.run<{ n: number; pos: number; at: number }>(
      "SELECT n, pos + events AS pos, at FROM segments WHERE at <= ? ORDER BY n DESC LIMIT 1",
      at,
    );
    if (row === undefined) return { segments: 0, events: 0, at: 0 };
    return { segments: row.n + 1, events: row.pos, at: row.at };
  }

  /** Where the log stands after so many segments. */
  placeAfter(segments: number): { previous: string; tree: Frontier } | undefined {
    const [row] = this.#sql.run<{ hash: string; tree: string }>(
      "SELECT hash, tree FROM segments WHERE n = ?",
      segments - 1,
    );
    return row && { previous: row.hash, tree: parseJson(row.tree) as Frontier };
  }

  /** The segments from number `from` on, in order, each with the tree of the manifests before it. */
  *inOrder(from: number): Generator<{ n: number; treeBefore: Frontier | undefined }> {
    const last = this.#kept()?.n ?? -1;
    for (let n = Math.max(from, this.#first); n <= last; n += 1)
      yield { n, treeBefore: this.#treeAfter(n - 1) };
  }

  /** Every segment, newest first, with the tree of the manifests before it. */
  *newestFirst(): Generator<{ n: number; treeBefore: Frontier | undefined }> {
    for (let n = this.#kept()?.n ?? -1; n >= this.#first; n -= 1) {
      yield { n, treeBefore: this.#treeAfter(n - 1) };
    }
  }

  /**
   * Every segment: those that were begun at a moment or later first, as what happened then is in one
   * of the first of them, then the others, newest first.
   */
  *nearest(at: number): Generator<{ n: number; treeBefore: Frontier | undefined }> {
    const [row] = this.#sql.run<{ n: number | null }>(
      "SELECT min(n) AS n FROM segments WHERE at >= ? AND n >= ?",
      at,
      this.#first,
    );
    const last = this.#kept()?.n ?? -1;
    const from = row?.n ?? last + 1;
    yield* this.inOrder(from);
    for (let n = from - 1; n >= this.#first; n -= 1) {
      yield { n, treeBefore: this.#treeAfter(n - 1) };
    }
  }

  #treeAfter(n: number): Frontier | undefined {
    const [row] = this.#sql.run<{ tree: string }>("SELECT tree FROM segments WHERE n = ?", n);
    return row && (parseJson(row.tree) as Frontier);
  }

  /** Fixes what the next segment holds, unless that is fixed already. */
  #plan(at: number): void {
    if (this.#planned() !== undefined) return;
    const pos = this.#log.archived;
    let events = 0;
    let chars = 0;
    for (const run of this.#log.runs(pos)) {
      const more = run.events.reduce((sum, { body }) => sum + body.length + 100, 0);
      const isFull =
        events + run.events.length > segmentEventsMax || chars + more > segmentCharsMax;
      if (events > 0 && isFull) break;
      events += run.events.length;
      chars += more;
    }
    // Without events there is a segment only to name a base: nobody else may come to do it.
    if (events === 0 && !this.waitsToName) return;
    const n = (this.#kept()?.n ?? -1) + 1;
    const base = this.bases.unnamed?.n ?? null;
    this.#sql.run("INSERT INTO segment_plan VALUES (1, ?, ?, ?, ?, ?)", n, pos, events, at, base);
  }

  #planned(): Planned | undefined {
    return this.#sql.run<Planned & Record<string, number | null>>(
      "SELECT n, pos, events, at, base FROM segment_plan",
    )[0];
  }

  #kept(): Kept | undefined {
    const [row] = this.#sql.run<
      SegmentRow & { hash: string; tree: string } & Record<string, string | number>
    >("SELECT * FROM segments ORDER BY n DESC LIMIT 1");
    return row === undefined ? undefined : { ...row, tree: parseJson(row.tree) as Frontier };
  }

  #runsOf({ pos, events }: SegmentRow): LogRun[] {
    const runs: LogRun[] = [];
    for (const run of this.#log.runs(pos)) {
      if (run.pos >= pos + events) break;
      runs.push(run);
    }
    return runs;
  }

  /** Keeps the segment and returns the bytes that are kept: another runtime may pack differently. */
  async #keepSegment(
    store: ArchiveStore,
    n: number,
    events: readonly SealedEvent[],
  ): Promise<Uint8Array> {
    const text = segmentText(events);
    const path = paths.segment(n);
    const packed = await gzip(text);
    if (await store.create(path, packed)) return packed;
    const there = await store.read(path);
    if (there !== undefined && (await gunzip(there)) === text) return there;
    throw new ArchiveConflict(`${path} holds other events`);
  }
}

async function keepText(store: ArchiveStore, path: string, text: string): Promise<void> {
  if (await store.create(path, new TextEncoder().encode(text))) return;
  const there = await store.read(path);
  if (there === undefined || new TextDecoder().decode(there) !== text) {
    throw new ArchiveConflict(`${path} says something else`);
  }
}

async function keepCheckpoint(
  store: ArchiveStore,
  signer: NoteSigner,
  n: number,
  shard: string,
  tree: Frontier,
): Promise<void> {
  const origin = originOf(shard);
  const text = formatCheckpoint({ origin, size: tree.size, root: rootOf(tree) });
  const note = await signer.sign(origin, text);
  const path = paths.checkpoint(n);
  if (await store.create(path, new TextEncoder().encode(note))) return;
  const there = await store.read(path);
  // The key may have changed since the interrupted write: what it signed is what counts.
  if (parseNote(new TextDecoder().decode(there))?.text !== text) {
    throw new ArchiveConflict(`${path} is about another tree`);
  }
}

/** Where each stream stands after these runs. */
function partsOf(runs: readonly LogRun[]): StreamPart[] {
  const parts = new Map<string, StreamPart>();
  for (const { stream, epoch, events } of runs) {
    const [first, last] = [events[0], events.at(-1)];
    if (first === undefined || last === undefined) continue;
    const key = JSON.stringify([stream, epoch]);
    const known = parts.get(key);
    const prev = known?.prev ?? readLine(toLine(first))?.prev ?? "";
    const from = known?.first ?? first.seq;
    parts.set(key, { stream, epoch, first: from, last: last.seq, prev, head: last.hash });
  }
  return [...parts.values()].sort((a, b) =>
    a.stream === b.stream ? a.epoch - b.epoch : a.stream < b.stream ? -1 : 1,
  );
}
