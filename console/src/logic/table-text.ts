/** Rows as text for other programs: CSV for spreadsheets, NDJSON for everything else. */

/** One CSV field (RFC 4180); a spreadsheet must not take it for a formula. */
export function csvField(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A CSV line of the named fields, with its line end. */
export function csvLine(row: Readonly<Record<string, unknown>>, fields: readonly string[]): string {
  return `${fields.map((field) => csvField(row[field])).join(",")}\r\n`;
}

/** The fields of an audit entry that fit a flat table. */
export const auditFields = [
  "id",
  "time",
  "kind",
  "user",
  "team",
  "tier",
  "action",
  "resource",
  "outcome",
  "status",
  "code",
  "by",
  "modelAsked",
  "modelServed",
  "provider",
  "inputTokens",
  "outputTokens",
  "cachedTokens",
  "costNanos",
  "costUsd",
  "estimated",
  "cache",
  "latencyMs",
  "firstByteMs",
  "dlp",
  "policyVersion",
  "policyHash",
  "promptHash",
  "answerHash",
  "ip",
  "userAgent",
] as const;
