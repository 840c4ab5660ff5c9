/** Takes away what a filter finds: page by page, as the API gives it, into one file. */
import { auditFields, csvLine } from "../logic/table-text.ts";
import type { Filter } from "../logic/filters.ts";
import { readPage, type Entry } from "./books.ts";

export type ExportFormat = "ndjson" | "csv";

/** The most entries of one file: a browser holds them in memory until it is saved. */
export const exportMax = 200_000;

/** Reads all entries of a filter; `onProgress` hears how many there are so far. */
export async function exportEntries(options: {
  filter: Filter;
  format: ExportFormat;
  signal: AbortSignal;
  onProgress: (entries: number) => void;
}): Promise<{ blob: Blob; entries: number; isWhole: boolean }> {
  const { filter, format, signal, onProgress } = options;
  const parts: string[] = format === "csv" ? [`${auditFields.join(",")}\r\n`] : [];
  const line = (entry: Entry): string =>
    format === "csv" ? csvLine({ ...entry }, auditFields) : `${JSON.stringify(entry)}\n`;
  let entries = 0;
  let cursor: string | undefined;
  do {
    const page = await readPage(filter, { cursor, limit: 500, signal });
    parts.push(page.events.map(line).join(""));
    entries += page.events.length;
    onProgress(entries);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && entries < exportMax);
  const type = format === "csv" ? "text/csv" : "application/x-ndjson";
  return { blob: new Blob(parts, { type }), entries, isWhole: cursor === undefined };
}

/** Hands a file to the browser to save. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
