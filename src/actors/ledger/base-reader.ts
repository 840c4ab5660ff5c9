/** Reads the base that a shard begins with, a bounded part at a time, out of the archive. */
import { createHash } from "node:crypto";
import { parseBaseLine, type BaseHead, type BaseLine, type BaseStream } from "#events/base.ts";
import { paths } from "#events/manifest.ts";
import { leafHash, PathInPassing } from "#events/merkle.ts";
import type { MemberBase } from "#projections/verify/member-base.ts";
import type { ArchiveStore } from "./archive-store.ts";
import type { BaseRow, BaseRows } from "./base-rows.ts";

/** Lines of a base; `end` when there are none after them. */
export interface BasePart {
  lines: BaseLine[];
  end: boolean;
}

export class BaseReader {
  readonly #bases: BaseRows;
  readonly #store: () => ArchiveStore;
  /** Whoever reads on reads the same base next. */
  #open: { n: number; at: number; lines: AsyncGenerator<BaseLine> } | undefined;

  constructor(bases: BaseRows, store: () => ArchiveStore) {
    this.#bases = bases;
    this.#store = store;
  }

  /** The base that is read in place of the segments before it. */
  get standing(): BaseRow | undefined {
    return this.#bases.standing;
  }

  /** Lines of the standing base from number `from` on, the head being number 0. */
  async part(from: number, limit: number): Promise<BasePart> {
    const base = this.#standingBase();
    if (this.#open?.n !== base.n || this.#open.at !== from) {
      const lines = this.lines();
      for (let skipped = 0; skipped < from; skipped += 1) await lines.next();
      this.#open = { n: base.n, at: from, lines };
    }
    const open = this.#open;
    const part: BasePart = { lines: [], end: false };
    while (part.lines.length < limit && !part.end) {
      const next = await open.lines.next();
      if (next.done === true) part.end = true;
      else part.lines.push(next.value);
    }
    open.at += part.lines.length;
    if (part.end) this.#open = undefined;
    return part;
  }

  /** Where a stream stands in the standing base; undefined when that does not know it. */
  async stream(name: string): Promise<{ head: BaseHead; line: BaseStream } | undefined> {
    let head: BaseHead | undefined;
    for await (const line of this.lines((text) => mayBeOf(text, name))) {
      if (line.kind === "head") head = line;
      else if (line.kind !== "stream") return undefined;
      else if (line.stream === name && head !== undefined) return { head, line };
    }
    return undefined;
  }

  /** The line of a stream as it stands in the standing base, with its path among all lines. */
  async proofOf(name: string): Promise<MemberBase["base"] | undefined> {
    const passing = new PathInPassing();
    let line: string | undefined;
    for await (const text of this.#texts(this.#standingBase())) {
      const isIt = line === undefined && isLineOf(text, name);
      if (isIt) line = text;
      passing.add(leafHash(text), isIt);
    }
    const place = passing.end();
    return line === undefined || place === undefined ? undefined : { line, ...place };
  }

  /** The standing base's head, and each line that is wanted, up to the first row. */
  async *lines(isWanted: (text: string) => boolean = () => true): AsyncGenerator<BaseLine> {
    const base = this.#standingBase();
    let number = 0;
    for await (const text of this.#texts(base)) {
      number += 1;
      const isStream = text.includes('"kind":"stream"');
      if (number > 1 && isStream && !isWanted(text)) continue;
      const line = parseBaseLine(text);
      if (line === undefined) throw new Error(`${paths.base(base.n)} is damaged`);
      yield line;
    }
  }

  async *#texts({ n, ref }: BaseRow): AsyncGenerator<string> {
    const bytes = await this.#store().read(paths.base(n));
    if (bytes === undefined) throw new Error(`${paths.base(n)} is not in the archive`);
    if (createHash("sha256").update(bytes).digest("hex") !== ref.sha256) {
      throw new Error(`${paths.base(n)} is not the base that was written`);
    }
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  }

  #standingBase(): BaseRow {
    const base = this.#bases.standing;
    if (base === undefined) throw new Error("the archive begins with its first segment");
    return base;
  }
}

/** Whether a line has the stream's name where its own would be; cheaper than reading it. */
function mayBeOf(text: string, name: string): boolean {
  return text.includes(`"stream":"${name}"`);
}

function isLineOf(text: string, name: string): boolean {
  if (!mayBeOf(text, name)) return false;
  const line = parseBaseLine(text);
  return line?.kind === "stream" && line.stream === name;
}
