/**
 * The audit list as a text, lines of JSON or CSV: what an export has for each entry, and so what a
 * verifier of an export makes of its events again.
 */
import { toUsd } from "#events/money.ts";
import type { AuditEntry } from "../audit-entry.ts";

export const listFormats = ["ndjson", "csv"] as const;
export type ListFormat = (typeof listFormats)[number];

/** An entry with its time readable and its cost in dollars. */
export function showEntry(entry: AuditEntry) {
  return {
    ...entry,
    time: new Date(entry.at).toISOString(),
    ...(entry.costNanos === undefined ? {} : { costUsd: toUsd(entry.costNanos) }),
  };
}

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
function csvCell(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function rowOf(entry: AuditEntry): string {
  const shown = showEntry(entry) as Record<string, unknown>;
  return `${columns.map((column) => csvCell(shown[column])).join(",")}\r\n`;
}

/** What an export begins with. */
export function headOf(format: ListFormat): string {
  return format === "csv" ? `${columns.join(",")}\r\n` : "";
}

/** What an export has for an entry, with its line's end. */
export function textOf(entry: AuditEntry, format: ListFormat): string {
  return format === "csv" ? rowOf(entry) : `${JSON.stringify(showEntry(entry))}\n`;
}
