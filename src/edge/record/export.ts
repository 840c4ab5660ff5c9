/** `GET /audit/export`: every entry of a time as NDJSON or CSV, streamed page by page. */
import * as z from "zod";
import { AuditFilterSchema } from "#projections/filter-schema.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import { mergePages } from "#projections/merge.ts";
import type { AuditFilter } from "#projections/queries.ts";
import { showEntry } from "../books/answers.ts";
import { pageMax } from "../books/limits.ts";
import { TailParams } from "../books/params.ts";
import type { Reader, Shard } from "./reader.ts";

/** The list's own filters, and the form. */
export const ExportParams = z.strictObject({
  ...AuditFilterSchema.shape,
  ...TailParams.shape,
  format: z.enum(["ndjson", "csv"]).default("ndjson"),
});

const columns = [
  "id",
  "time",
  "kind",
  "user",
  "team",
  "keyId",
  "tier",
  "action",
  "resource",
  "modelAsked",
  "modelServed",
  "provider",
  "outcome",
  "code",
  "by",
  "status",
  "inputTokens",
  "outputTokens",
  "cachedTokens",
  "costNanos",
  "costUsd",
  "dlp",
  "cache",
  "latencyMs",
  "firstByteMs",
  "policyVersion",
  "promptHash",
  "answerHash",
  "ip",
  "userAgent",
  "count",
] as const;

/** A cell as RFC 4180 writes it; one that a spreadsheet would run as a formula is made text. */
export function csvCell(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function rowOf(entry: AuditEntry): string {
  const shown = showEntry(entry) as Record<string, unknown>;
  return `${columns.map((column) => csvCell(shown[column])).join(",")}\r\n`;
}

async function* pagesOf(
  shards: readonly Shard[],
  filter: AuditFilter,
): AsyncGenerator<AuditEntry[]> {
  let cursor: string | undefined;
  do {
    const query = { filter, limit: pageMax, ...(cursor === undefined ? {} : { cursor }) };
    const pages = await Promise.all(shards.map(({ ledger }) => ledger.auditEvents(query)));
    const page = mergePages(pages, pageMax);
    yield page.entries;
    cursor = page.next;
  } while (cursor !== undefined);
}

/** Streams the export, newest first; a reader that stops reading stops the asking. */
export function exportEntries(
  { shards }: Reader,
  { format, ...filter }: z.output<typeof ExportParams>,
): Response {
  const pages = pagesOf(shards, filter);
  const encoder = new TextEncoder();
  const show =
    format === "csv" ? rowOf : (entry: AuditEntry) => `${JSON.stringify(showEntry(entry))}\n`;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (format === "csv") controller.enqueue(encoder.encode(`${columns.join(",")}\r\n`));
    },
    async pull(controller) {
      // A page may be empty and yet have a next one; a pull that gave nothing would not come again.
      for (;;) {
        const page = await pages.next();
        if (page.done === true) return controller.close();
        const text = page.value.map(show).join("");
        if (text !== "") return controller.enqueue(encoder.encode(text));
      }
    },
    async cancel() {
      await pages.return(undefined);
    },
  });
  const type = format === "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson";
  const disposition = `attachment; filename="tallygate-audit.${format}"`;
  return new Response(body, {
    headers: { "content-type": type, "content-disposition": disposition },
  });
}
