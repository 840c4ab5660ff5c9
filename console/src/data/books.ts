/** What the books answer: shapes of `/audit/...`, `/usage` and `/costs`, and the calls. */
import type { SealedEvent } from "#events/envelope.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import type { Standing } from "../logic/budgets.ts";
import type { Filter } from "../logic/filters.ts";
import type { KeptPayload } from "../logic/payload.ts";
import { ask, send, withQuery } from "./api.ts";

/** An entry as the API shows it: with its time and dollars as text. The live tail's has neither. */
export type Entry = AuditEntry & { time?: string; costUsd?: string };

export interface EntryPage {
  events: Entry[];
  nextCursor: string | null;
}

export interface RawEvents {
  stream: string;
  epoch: number;
  events: SealedEvent[];
  truncated: boolean;
}

/** Sums of one group: its names as text, its sums as numbers, money also as text. */
export type SumRow = Record<string, string | number | null>;

export interface Sums {
  rows: SumRow[];
  total: SumRow;
  truncated: boolean;
}

export interface SumsAsked {
  by: string;
  from?: number;
  to?: number;
  user?: string | undefined;
  sort?: string;
  top?: number;
}

/** A filter as the API's query. */
export function filterQuery(filter: Filter): Record<string, string | number | undefined> {
  return { ...filter.fields, kind: filter.kind, from: filter.from, to: filter.to };
}

export function readPage(
  filter: Filter,
  options: { cursor?: string | undefined; limit?: number; signal?: AbortSignal },
): Promise<EntryPage> {
  const { cursor, limit = 200, signal } = options;
  const path = withQuery("/audit/events", { ...filterQuery(filter), cursor, limit });
  return ask<EntryPage>(path, signal === undefined ? {} : { signal });
}

export function readEntry(id: string, signal: AbortSignal): Promise<Entry> {
  return ask<Entry>(`/audit/events/${encodeURIComponent(id)}`, { signal });
}

/** What was kept of a request's texts; asking is recorded. 404: nothing, 410: gone, 403: not for you. */
export async function readPayload(id: string): Promise<KeptPayload> {
  const path = `/audit/events/${encodeURIComponent(id)}/payload`;
  return (await ask<{ payload: KeptPayload }>(path)).payload;
}

/** Says what an answer was worth: an event in its caller's stream. */
export async function giveFeedback(
  id: string,
  given: { feedback: number; score?: number },
): Promise<void> {
  await send(`/audit/events/${encodeURIComponent(id)}/feedback`, given);
}

export function readRaw(id: string, signal: AbortSignal): Promise<RawEvents> {
  return ask<RawEvents>(`/audit/events/${encodeURIComponent(id)}/raw`, { signal });
}

export function readSums(
  view: "usage" | "costs",
  asked: SumsAsked,
  signal: AbortSignal,
): Promise<Sums> {
  return ask<Sums>(withQuery(`/${view}`, { ...asked }), { signal });
}

/** Where budgets stand: those of teams and organisation, one's own, and those of some members. */
export async function readBudgets(
  members: readonly string[],
  signal: AbortSignal,
): Promise<Standing[]> {
  const query = members.length === 0 ? {} : { members: members.join(",") };
  return (await ask<{ budgets: Standing[] }>(withQuery("/budgets", query), { signal })).budgets;
}

/** A sum as a number; what is absent is nothing. */
export function sum(row: SumRow | undefined, column: string): number {
  const value = row?.[column];
  return typeof value === "number" ? value : 0;
}
