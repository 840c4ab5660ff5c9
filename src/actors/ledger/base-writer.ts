/**
 * Makes bases: folds archived segments into lines that are kept in the shard's own database, and
 * packs those into a file.
 *
 * Invariants: a segment's lines and how far the fold is are kept in one transaction; a base is
 * written create-only, so one whose writing was interrupted is finished as it was begun.
 */
import { BaseDigest, formatBaseLine, parseBaseLine } from "#events/base.ts";
import { paths, type BaseRef } from "#events/manifest.ts";
import { parseJson } from "#events/parse-json.ts";
import type { SealedEvent } from "#events/envelope.ts";
import {
  BaseFold,
  inThisForm,
  PROGRESS_KEY,
  STATE_FORM,
  type BaseProgress,
} from "#projections/base/fold.ts";
import { readBase } from "#projections/base/read.ts";
import { baseHeadText } from "#projections/base/text.ts";
import { ArchiveConflict, type Archive, type ArchiveHome } from "./archive.ts";
import { gunzip, type ArchiveStore } from "./archive-store.ts";
import { basePackedBytesMax } from "./limits.ts";
import type { Meta } from "./meta.ts";
import type { CountingSql } from "./sql.ts";

const SCHEMA =
  "CREATE TABLE IF NOT EXISTS base_lines (k TEXT PRIMARY KEY, line TEXT NOT NULL) STRICT, WITHOUT ROWID";

/** How many segments the lines are the fold of. */
const FOLDED = "base-folded";
/** The form of the states in the lines, and the one that they had before it was noted. */
const FORM = "base-state-form";
const FIRST_FORM = 6;

export interface BaseWriterSetup {
  sql: CountingSql;
  meta: Meta;
  archive: Archive;
  readonly atomically: (work: () => void) => void;
  /** A segment's events, out of the archive. */
  readonly segment: (n: number) => Promise<readonly SealedEvent[]>;
}

export class BaseWriter {
  readonly #setup: BaseWriterSetup;
  #hasTable = false;

  constructor(setup: BaseWriterSetup) {
    this.#setup = setup;
  }

  /** How many segments are folded. */
  get folded(): number {
    return Number(this.#setup.meta.get(FOLDED) ?? 0);
  }

  /** Folds the next segment. */
  async foldNext(): Promise<void> {
    const { atomically, segment, meta } = this.#setup;
    const n = this.folded;
    const events = await segment(n);
    atomically(() => {
      if (this.folded !== n) return;
      this.#bringUp();
      const fold = new BaseFold((key) => this.#line(key));
      for (const event of events) fold.take(event);
      for (const [key, line] of fold.end()) this.#keep(key, line);
      meta.set(FOLDED, String(n + 1));
    });
  }

  /** Writes the base of what is folded, and notes it. */
  async write(store: ArchiveStore, home: ArchiveHome): Promise<void> {
    const { archive, atomically } = this.#setup;
    const n = this.folded;
    atomically(() => this.#bringUp());
    const progress = this.#line(PROGRESS_KEY) ?? "";
    const { position, through } = parseJson(progress) as BaseProgress;
    const place = archive.placeAfter(n);
    if (place === undefined) throw new Error(`segment ${n - 1} is not known`);
    const counts = { streams: this.#count("1 "), rows: this.#count("2 "), progress };
    const { packed, digest } = await this.#pack(baseHeadText({ ...home, ...place }, counts));
    const path = paths.base(n);
    const ours = digest.end(n, packed);
    const ref = (await store.create(path, packed)) ? ours : await refThere(store, path, ours);
    atomically(() => {
      if (archive.bases.get(n) === undefined) archive.bases.add({ n, pos: position, through, ref });
    });
  }

  /** After an upgrade that changed the form of states, puts all lines into today's. */
  #bringUp(): void {
    this.#makeTable();
    const { meta } = this.#setup;
    const form = Number(meta.get(FORM) ?? FIRST_FORM);
    if (form === STATE_FORM) return;
    for (let rows = this.#rowsAfter("1 "); rows[0]?.k.startsWith("1 ") === true;) {
      for (const { k, line: text } of rows) {
        const line = parseBaseLine(text);
        if (line?.kind === "stream") this.#keep(k, formatBaseLine(inThisForm(line, form)));
      }
      rows = this.#rowsAfter(rows.at(-1)?.k ?? "");
    }
    meta.set(FORM, String(STATE_FORM));
  }

  #rowsAfter(key: string): { k: string; line: string }[] {
    return this.#setup.sql.run<{ k: string; line: string }>(
      "SELECT k, line FROM base_lines WHERE k > ? ORDER BY k LIMIT 100",
      key,
    );
  }

  /** The file's bytes: lines are read and packed one after the other. */
  async #pack(head: string): Promise<{ packed: Uint8Array; digest: BaseDigest }> {
    const digest = new BaseDigest();
    const zip = new CompressionStream("gzip");
    const packed = new Response(zip.readable).arrayBuffer();
    const writer = zip.writable.getWriter();
    const encoder = new TextEncoder();
    try {
      for (const text of this.#texts(head)) {
        for (const line of text.slice(0, -1).split("\n")) digest.add(line);
        await writer.write(encoder.encode(text));
      }
      await writer.close();
    } catch (error) {
      packed.catch(() => undefined);
      throw error;
    }
    const bytes = new Uint8Array(await packed);
    if (bytes.length > basePackedBytesMax) {
      throw new Error(`the base would have ${bytes.length} bytes: split the organisation's shards`);
    }
    return { packed: bytes, digest };
  }

  /** The text in parts of a bounded size, each of whole lines. */
  *#texts(head: string): Generator<string> {
    let text = head;
    let after = PROGRESS_KEY;
    for (;;) {
      const rows = this.#rowsAfter(after);
      for (const { line } of rows) text += `${line}\n`;
      if (text !== "") yield text;
      text = "";
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.k;
    }
  }

  #count(prefix: string): number {
    const [row] = this.#setup.sql.run<{ count: number }>(
      "SELECT count(*) AS count FROM base_lines WHERE k >= ? AND k < ?",
      prefix,
      `${prefix.slice(0, 1)}!`,
    );
    return row?.count ?? 0;
  }

  #line(key: string): string | undefined {
    this.#makeTable();
    const { sql } = this.#setup;
    return sql.run<{ line: string }>("SELECT line FROM base_lines WHERE k = ?", key)[0]?.line;
  }

  #keep(key: string, line: string | undefined): void {
    const { sql } = this.#setup;
    if (line === undefined) sql.run("DELETE FROM base_lines WHERE k = ?", key);
    else {
      sql.run(
        "INSERT INTO base_lines VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET line = excluded.line",
        key,
        line,
      );
    }
  }

  /** Made at its first use: without retention there is none. */
  #makeTable(): void {
    if (!this.#hasTable) this.#setup.sql.run(SCHEMA);
    this.#hasTable = true;
  }
}

/** A base that is there already counts if it says the same: another runtime may pack differently. */
async function refThere(store: ArchiveStore, path: string, ours: BaseRef): Promise<BaseRef> {
  const there = await store.read(path);
  const text = there && (await gunzip(there));
  const base = there && text !== undefined ? readBase(text, there) : "it cannot be read";
  if (base === undefined || typeof base === "string" || base.ref.root !== ours.root) {
    throw new ArchiveConflict(`${path} says something else`);
  }
  return base.ref;
}
