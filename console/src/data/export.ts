/** Takes away what a filter finds: the gateway's own export, as it streams, into one file. */
import type { Filter } from "../logic/filters.ts";
import { linesOf } from "../logic/ndjson.ts";
import { ApiError, withQuery } from "./api.ts";
import { filterQuery } from "./books.ts";

export type ExportFormat = "ndjson" | "csv" | "parquet";

const LINE_END = 0x0a;

/** Reads all entries of a filter; `onProgress` hears how many lines there are so far. */
export async function exportEntries(options: {
  filter: Filter;
  format: ExportFormat;
  signal: AbortSignal;
  onProgress: (entries: number) => void;
}): Promise<{ blob: Blob; entries: number }> {
  const { filter, format, signal, onProgress } = options;
  // Parquet is made here, of lines: its end holds where everything is.
  const sent = format === "parquet" ? "ndjson" : format;
  const path = withQuery("/audit/export", { ...filterQuery(filter), format: sent });
  const answer = await fetch(path, { credentials: "same-origin", signal });
  if (!answer.ok || answer.body === null) {
    const { error } = (await answer.json().catch(() => ({}))) as { error?: { message?: string } };
    throw new ApiError(answer.status, "failed", error?.message ?? "The export was refused.");
  }
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
  const type = format === "csv" ? "text/csv" : "application/x-ndjson";
  return { blob: new Blob(parts, { type }), entries: Math.max(entries, 0) };
}

/** Hands a file to the browser to save. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
