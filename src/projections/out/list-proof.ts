/**
 * The proof of an exported audit list: lines of JSON from which the export follows, byte by byte.
 *
 * A head; then for each page the evidence of its entries' events, a bundle a shard, and the entries in
 * their order, each by the events that make it; and an end that the log's key has signed: what was
 * asked, how many entries there are, and the SHA-256 of the export and of the lines before.
 */
import { createHash } from "node:crypto";
import * as z from "zod";
import { canonicalJson } from "#events/canonical.ts";
import { readLine } from "#events/segment.ts";
import type { AuditEntry, AuditSource } from "../audit-entry.ts";
import type { Evidence } from "../verify/evidence.ts";
import { headOf, listFormats, textOf, type ListFormat } from "./audit-list.ts";

/** The name that an export is signed under, and the first line of what is signed. */
export const EXPORT_ORIGIN = "tallygate/export";

const count = z.int().min(0);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** The first line. */
export const ListProofHead = z.strictObject({
  v: z.literal(1),
  kind: z.literal("export"),
  format: z.enum(listFormats),
});

/** Entries in the export's order, each by its events in a shard. */
export const ListProofEntries = z.strictObject({
  entries: z
    .array(
      z.strictObject({
        shard: z.string().max(200),
        stream: z.string().max(200),
        epoch: z.int().min(1),
        seqs: z.array(z.int().min(1)).max(10_000),
        /** As it was exported, where the archive does not have all of its events. */
        text: z.string().max(1_000_000).exactOptional(),
      }),
    )
    .max(10_000),
});

/** The last line: a signed note. */
export const ListProofEnd = z.strictObject({ note: z.string().max(100_000) });

/** What the note says, on the line after its name. */
export const ListStatement = z.strictObject({
  organisation: z.string(),
  /** When the export was made, milliseconds. */
  at: count,
  /** What was asked: the filter as canonical JSON. */
  query: z.string().max(20_000),
  format: z.enum(listFormats),
  entries: count,
  /** Entries of which the archive does not have every event: the key's holder alone vouches. */
  unproven: count,
  /** The export: UTF-8 bytes, and their SHA-256. */
  bytes: count,
  sha256: hash,
  /** SHA-256 of the proof's lines before the last. */
  proof: hash,
});
export type ListStatement = z.infer<typeof ListStatement>;

/** An entry, and the shard that has its events. */
export interface ListedEntry {
  entry: AuditEntry;
  shard: string;
}

export class ListProof {
  readonly #format: ListFormat;
  readonly #export = createHash("sha256");
  readonly #lines = createHash("sha256");
  #bytes = 0;
  #entries = 0;
  #unproven = 0;

  constructor(format: ListFormat) {
    this.#format = format;
  }

  get entries(): number {
    return this.#entries;
  }

  begin(): string {
    this.#take(headOf(this.#format));
    return this.#line({ v: 1, kind: "export", format: this.#format });
  }

  /** The next entries, and what was found of their events. */
  page(listed: readonly ListedEntry[], bundles: readonly Evidence[]): string {
    const has = new Set(
      bundles.flatMap(({ shard, events }) => events.map((one) => placeOf(shard, one))),
    );
    const entries = listed.map(({ entry, shard }) => {
      const text = textOf(entry, this.#format);
      this.#take(text);
      const { stream, epoch, seqs } = entry.source;
      const isWhole = placesOf(shard, entry.source).every((place) => has.has(place));
      if (!isWhole) this.#unproven += 1;
      return { shard, stream, epoch, seqs, ...(isWhole ? {} : { text }) };
    });
    this.#entries += listed.length;
    const found = bundles.filter(({ events }) => events.length > 0);
    return [...found, { entries }].map((line) => this.#line(line)).join("");
  }

  /** What is to be signed: the statement below the name. */
  end(of: Pick<ListStatement, "organisation" | "at" | "query">): string {
    const statement: ListStatement = {
      ...of,
      format: this.#format,
      entries: this.#entries,
      unproven: this.#unproven,
      bytes: this.#bytes,
      sha256: this.#export.digest("hex"),
      proof: this.#lines.digest("hex"),
    };
    return `${EXPORT_ORIGIN}\n${canonicalJson(statement)}\n`;
  }

  #take(text: string): void {
    this.#export.update(text);
    this.#bytes += new TextEncoder().encode(text).length;
  }

  #line(value: object): string {
    const line = `${JSON.stringify(value)}\n`;
    this.#lines.update(line);
    return line;
  }
}

/** The last line, of a note that is signed. */
export function endLine(note: string): string {
  return `${JSON.stringify({ note })}\n`;
}

/** Where an event is, as one text. */
export function eventPlace(shard: string, stream: string, epoch: number, seq: number): string {
  return JSON.stringify([shard, stream, epoch, seq]);
}

/** Where an entry's events are. */
export function placesOf(
  shard: string,
  { stream, epoch, seqs }: Pick<AuditSource, "stream" | "epoch" | "seqs">,
): string[] {
  return seqs.map((seq) => eventPlace(shard, stream, epoch, seq));
}

function placeOf(shard: string, { line }: Evidence["events"][number]): string {
  const read = readLine(line);
  return read === undefined ? "" : eventPlace(shard, read.stream, read.epoch, read.seq);
}
