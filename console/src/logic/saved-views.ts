/** Named filters: as the API keeps them, and as an address has them. */
import { readFilter, writeFilter, type Filter } from "./filters.ts";

/** A view as `GET /audit/saved-views` lists it. */
export interface SavedView {
  name: string;
  filter: Readonly<Record<string, string | number>>;
  /** How far back from now it looks, milliseconds, where that is not in the filter. */
  lastMs?: number;
  /** Who kept it, and when. */
  member: string;
  at: number;
}

const HOUR_MS = 3_600_000;

/** How far back a view can look. */
export const reaches = [
  { title: "The last hour", ms: HOUR_MS },
  { title: "The last 24 hours", ms: 24 * HOUR_MS },
  { title: "The last 7 days", ms: 168 * HOUR_MS },
  { title: "The last 30 days", ms: 720 * HOUR_MS },
] as const;

/** The API takes amounts and moments as numbers, all else as text. */
const numeric = /^(costNanos|latencyMs)(Min|Max)$/;

/** What is sent to keep a filter; with `lastMs` it looks back from whenever it is opened. */
export function viewBody(
  { fields, kind, from, to }: Filter,
  lastMs: number | undefined,
): { filter: Record<string, string | number>; lastMs?: number } {
  const named = Object.entries(fields).map(([field, value]): [string, string | number] => [
    field,
    numeric.test(field) ? Number(value) : value,
  ]);
  const filter = {
    ...Object.fromEntries(named),
    ...(kind === undefined ? {} : { kind }),
    ...(from === undefined || lastMs !== undefined ? {} : { from }),
    ...(to === undefined || lastMs !== undefined ? {} : { to }),
  };
  return lastMs === undefined ? { filter } : { filter, lastMs };
}

/** A view as an address has it. */
export function viewFilter({ filter, lastMs }: SavedView, now: number): Filter {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) params.set(name, String(value));
  const read = readFilter(`?${params}`);
  return lastMs === undefined ? read : { ...read, from: now - lastMs };
}

/** Whether a list shows a view: what looks back from now is known by all but its moment. */
export function isShown(view: SavedView, { from, to, ...rest }: Filter): boolean {
  const { from: begins, to: ends, ...wanted } = viewFilter(view, 0);
  if (writeFilter(wanted) !== writeFilter(rest) || to !== ends) return false;
  return view.lastMs === undefined ? from === begins : from !== undefined;
}
