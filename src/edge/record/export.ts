/** `GET /audit/export`: every entry of a time as NDJSON or CSV, streamed page by page. */
import * as z from "zod";
import { AuditFilterSchema } from "#projections/filter-schema.ts";
import { headOf, listFormats, textOf } from "#projections/out/audit-list.ts";
import { TailParams } from "../books/params.ts";
import { exportProof } from "./export-proof.ts";
import { pagesOf } from "./pages.ts";
import type { Reader } from "./reader.ts";

/** The list's own filters, and the form. */
export const ExportParams = z.strictObject({
  ...AuditFilterSchema.shape,
  ...TailParams.shape,
  format: z.enum(listFormats).default("ndjson"),
  /** With the proof of every entry: see `export-proof.ts`. */
  proofs: z.literal("true").exactOptional(),
});

/** Streams the export, newest first; a reader that stops reading stops the asking. */
export function exportEntries(reader: Reader, query: z.output<typeof ExportParams>): Response {
  const { format, proofs, ...filter } = query;
  if (proofs === "true") return exportProof(reader, format, filter);
  const pages = pagesOf(reader.shards, filter);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (headOf(format) !== "") controller.enqueue(encoder.encode(headOf(format)));
    },
    async pull(controller) {
      // A page may be empty and yet have a next one; a pull that gave nothing would not come again.
      for (;;) {
        const page = await pages.next();
        if (page.done === true) return controller.close();
        const text = page.value.map((entry) => textOf(entry, format)).join("");
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
