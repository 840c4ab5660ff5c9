/** Takes away what a filter finds: the gateway's own export, as it streams, into one file. */
import type { Filter } from "../logic/filters.ts";
import { linesOf } from "../logic/ndjson.ts";
import { ApiError, withQuery } from "./api.ts";
import { filterQuery } from "./books.ts";

export type ExportFormat = "ndjson" | "csv" | "parquet";

const LINE_END = 0x0a;

/** What was exported, and where that was asked for its proof. */
export interface Exported {
  blob: Blob;
  entries: number;
  proof?: Blob;
}

/**
 * Reads all entries of a filter; `onProgress` hears how many lines there are so far. With `proofs` the
 * export is what follows from its proof.
 */
export async function exportEntries(options: {
  filter: Filter;
  format: ExportFormat;
  proofs: boolean;
  signal: AbortSignal;
  onProgress: (entries: number) => void;
}): Promise<Exported> {
  const { filter, format, proofs, signal, onProgress } = options;
  // Parquet is made here, of lines: its end holds where everything is.
  const sent = format === "parquet" ? "ndjson" : format;
  const path = withQuery("/audit/export", {
    ...filterQuery(filter),
    format: sent,
    ...(proofs ? { proofs: "true" } : {}),
  });
  const answer = await fetch(path, { credentials: "same-origin", signal });
  if (!answer.ok || answer.body === null) {
    const { error } = (await answer.json().catch(() => ({}))) as { error?: { message?: string } };
    throw new ApiError(answer.status, "failed", error?.message ?? "The export was refused.");
  }
  if (proofs) return provenOf(answer.body, { format, signal, onProgress });
  if (format === "parquet") {
    const { parquetOf } = await import("./parquet.ts");
    return parquetOf(linesOf<object>(answer.body), onProgress);
  }
  const parts: Uint8Array<ArrayBuffer>[] = [];
  // The first line of a table names its columns.
  let entries = format === "csv" ? -1 : 0;
  const reader = answer.body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const { value } = read;
    parts.push(value);
    for (const byte of value) if (byte === LINE_END) entries += 1;
    onProgress(Math.max(entries, 0));
  }
  return { blob: new Blob(parts, { type: types[format] }), entries: Math.max(entries, 0) };
}

const types = { csv: "text/csv", ndjson: "application/x-ndjson" } as const;

async function provenOf(
  body: ReadableStream<Uint8Array>,
  options: {
    format: ExportFormat;
    signal: AbortSignal;
    onProgress: (entries: number) => void;
  },
): Promise<Exported> {
  const { format, signal, onProgress } = options;
  const { readProven } = await import("./proven-export.ts");
  const { proof: lines, texts, entries } = await readProven(body, signal, onProgress);
  const proof = new Blob(lines, { type: types.ndjson });
  if (format !== "parquet") {
    return { blob: new Blob(texts, { type: types[format] }), entries, proof };
  }
  const { parquetOf } = await import("./parquet.ts");
  const file = new Blob(texts).stream() as ReadableStream<Uint8Array>;
  return { ...(await parquetOf(linesOf<object>(file), onProgress)), proof };
}

/** Hands a file to the browser to save. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
