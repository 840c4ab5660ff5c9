/**
 * Tables of sums: how much was asked, how it went and what it cost.
 *
 * Keyed by hour (UTC), model, provider, user, team, key, route and tags; every other column adds up,
 * over events, over batches and over shards. The same sums are kept by day, so that a month of a
 * million requests is read in few rows. A row whose sums are all zero is no row.
 */
import type { AuditEntry } from "./audit-entry.ts";
import { compact, withLatency } from "./histogram.ts";
import { assertSafeSum } from "./safe-sum.ts";
import type { Cell, Change, Row, Table } from "./projection.ts";

export const HOUR_MS = 3_600_000;
export const DAY_HOURS = 24;

/** What a row of sums is about. Empty text: unknown, or none. */
export interface SumsKey {
  /** Whole hours since 1970, UTC; the first of its day in sums by day. */
  hour: number;
  model: string;
  provider: string;
  user: string;
  team: string;
  /** The key's id. */
  key: string;
  /** The policy's route. */
  route: string;
  /** The request's tags, sorted, each once, as a JSON array: a request counts in one row only. */
  tags: string;
}

/** What adds up beside counts: latencies, each a histogram. */
export const histograms = ["latency", "firstByte"] as const;
export type HistogramName = (typeof histograms)[number];
export type Histograms = Partial<Record<HistogramName, string>>;

/** What an event adds to a row: counts, and latencies in milliseconds. */
export interface SumsPatch {
  key: SumsKey;
  sums: Record<string, number>;
  latencies?: { [H in HistogramName]?: number | undefined };
}

/** A row of a sums table as the fold works on it. */
export interface SumsRow {
  key: SumsKey;
  sums: Record<string, number>;
  histograms: Histograms;
}

/** One text for one key: the lengths keep its fields apart, whatever they hold. */
export function keyText({ hour, model, provider, user, team, key, route, tags }: SumsKey): string {
  const lengths = `${model.length},${provider.length},${user.length},${team.length},${key.length}`;
  return `${hour},${lengths},${route.length}:${model}${provider}${user}${team}${key}${route}${tags}`;
}

export const keyColumns = [
  "hour",
  "model",
  "provider",
  "user",
  "team",
  "key",
  "route",
  "tags",
] as const;

/** `requests` counts all; the outcomes below it add up to it. */
export const usageColumns = [
  "requests",
  "completed",
  "failed",
  "aborted",
  "blocked",
  "cut",
  "refused",
  "released",
  "expired",
  "cacheHits",
  "cacheMisses",
  "savedNanos",
  "dlpRedacted",
  "dlpBlocked",
  "guardBlocked",
  "rateLimited",
  "budgetLimited",
  "inputTokens",
  "outputTokens",
  "cachedTokens",
  "latencyMsSum",
] as const;

/** `charged` counts the requests that were answered or cost something. */
export const costColumns = ["charged", "costNanos"] as const;

const columns: readonly string[] = [...usageColumns, ...costColumns];

/** A row after a change; `undefined` when nothing is left of it. */
export function combineSums(row: SumsRow | undefined, patch: SumsPatch): SumsRow | undefined {
  const sums: Record<string, number> = { ...row?.sums };
  const changed: SumsRow = { key: patch.key, sums, histograms: { ...row?.histograms } };
  addToRow(changed, patch);
  return isNothing(changed) ? undefined : changed;
}

/** Adds a patch to a row that nobody else has. A sum past the safe integers throws. */
export function addToRow({ sums, histograms: kept }: SumsRow, patch: SumsPatch): void {
  for (const column in patch.sums) {
    sums[column] = assertSafeSum((sums[column] ?? 0) + (patch.sums[column] ?? 0), column);
  }
  if (patch.latencies === undefined) return;
  for (const name of histograms) {
    const latencyMs = patch.latencies[name];
    if (latencyMs !== undefined) kept[name] = withLatency(kept[name] ?? "", latencyMs);
  }
}

/** Whether nothing is left of a row. */
export function isNothing({ sums, histograms: kept }: SumsRow): boolean {
  for (const column in sums) if (sums[column] !== 0) return false;
  return histograms.every((name) => (kept[name] ?? "") === "");
}

/** The sum of two rows that are about the same. */
export function addSums(row: SumsRow | undefined, more: SumsRow): SumsRow {
  const sums: Record<string, number> = { ...row?.sums };
  for (const [column, amount] of Object.entries(more.sums)) {
    sums[column] = assertSafeSum((sums[column] ?? 0) + amount, column);
  }
  const kept: Histograms = {};
  for (const name of histograms) {
    kept[name] = compact((row?.histograms[name] ?? "") + (more.histograms[name] ?? ""));
  }
  return { key: more.key, sums, histograms: kept };
}

function tableOf(name: string): Table<SumsRow, SumsPatch> {
  return {
    name,
    key: keyColumns,
    columns: [
      ...keyColumns.map((column) => ({
        name: column,
        type: column === "hour" ? ("INTEGER" as const) : ("TEXT" as const),
      })),
      ...columns.map((column) => ({ name: column, type: "INTEGER" as const })),
      ...histograms.map((column) => ({ name: column, type: "TEXT" as const })),
    ],
    fromRow: (row) => ({
      key: Object.fromEntries(keyColumns.map((column) => [column, row[column]])) as never,
      sums: Object.fromEntries(columns.map((column) => [column, Number(row[column])])),
      histograms: Object.fromEntries(histograms.map((name) => [name, String(row[name])])),
    }),
    toRow: ({ key, sums, histograms: kept }): Row => ({
      ...key,
      ...Object.fromEntries(columns.map((column) => [column, sums[column] ?? 0])),
      ...Object.fromEntries(histograms.map((name) => [name, compact(kept[name] ?? "")])),
    }),
    combine: combineSums,
  };
}

export const hourlyTable = tableOf("sums");
export const dailyTable = tableOf("sumsByDay");

/** The part of an audit entry that sums are kept by. */
type SumsSubject = {
  [F in "user" | "team" | "keyId" | "route" | "tags"]?: AuditEntry[F] | undefined;
};

/** The key under which something counts at a moment, for a model and a provider. */
export function sumsKey(
  subject: SumsSubject,
  at: number,
  model: string,
  provider: string,
): SumsKey {
  return {
    hour: Math.floor(at / HOUR_MS),
    model,
    provider,
    user: subject.user ?? "",
    team: subject.team ?? "",
    key: subject.keyId ?? "",
    route: subject.route ?? "",
    tags: tagsOf(subject.tags),
  };
}

/** Tags as a key holds them; most requests have none. */
function tagsOf(tags: readonly string[] | undefined): string {
  return tags === undefined || tags.length === 0 ? "[]" : JSON.stringify([...new Set(tags)].sort());
}

/** The key of a request's own sums: the hour of its admission, or of the event if it is unknown. */
export function requestKey(
  request: AuditEntry | undefined,
  event: { at: number; cause: { member?: string } },
  model: string,
  provider: string,
): SumsKey {
  const { member: user = "" } = event.cause;
  return sumsKey(request ?? { user }, request?.at ?? event.at, model, provider);
}

/** Whether two patches count in one row. */
export function isSameKey(a: SumsKey, b: SumsKey): boolean {
  return (
    a.hour === b.hour &&
    a.model === b.model &&
    a.provider === b.provider &&
    a.user === b.user &&
    a.team === b.team &&
    a.key === b.key &&
    a.route === b.route &&
    a.tags === b.tags
  );
}

/** The key of the day that an hour's is in. */
export function dayOf(key: SumsKey): SumsKey {
  return { ...key, hour: Math.floor(key.hour / DAY_HOURS) * DAY_HOURS };
}

/** The changes that add a patch to its hour and to its day. */
export function changesOf(patch: SumsPatch): Change<SumsPatch>[] {
  const day = dayOf(patch.key);
  return [
    { table: hourlyTable.name, key: cellsOf(patch.key), patch },
    { table: dailyTable.name, key: cellsOf(day), patch: { ...patch, key: day } },
  ];
}

export function cellsOf(key: SumsKey): Cell[] {
  return keyColumns.map((column) => key[column]);
}
