/** The audit list's filter as it stands in an address, and as the API takes it. */
import { exactUsd } from "./format.ts";

/** The fields that the API filters by, in the order in which they are shown. */
export const filterFields = [
  "user",
  "team",
  "model",
  "provider",
  "route",
  "key",
  "tag",
  "action",
  "resource",
  "outcome",
  "dlp",
  "code",
] as const;

/** The ends of amounts, inclusive; in the address whole nano-dollars and milliseconds. */
export const amountFields = [
  "costNanosMin",
  "costNanosMax",
  "latencyMsMin",
  "latencyMsMax",
] as const;
type AmountField = (typeof amountFields)[number];
export type FilterField = (typeof filterFields)[number] | AmountField;

export const isAmount = (field: FilterField): field is AmountField =>
  amountFields.some((known) => known === field);

export const outcomes = [
  "admitted",
  "completed",
  "failed",
  "aborted",
  "blocked",
  "cut",
  "refused",
  "released",
  "expired",
] as const;
export const dlpResults = ["none", "warned", "redacted", "blocked"] as const;
export const kinds = ["request", "refusals", "access", "act"] as const;
export type Kind = (typeof kinds)[number];

/** A filter, as text. `from` and `to` are milliseconds since 1970; empty fields are absent. */
export interface Filter {
  fields: Partial<Record<FilterField, string>>;
  kind?: Kind;
  from?: number;
  to?: number;
}

/** Reads the filter of an address; what is no filter is left out, never an error. */
export function readFilter(search: string): Filter {
  const params = new URLSearchParams(search);
  const filter: Filter = { fields: {} };
  for (const field of filterFields) {
    const value = params.get(field)?.trim();
    if (value) filter.fields[field] = value.slice(0, 200);
  }
  for (const field of amountFields) {
    const value = params.get(field) ?? "";
    if (/^\d{1,15}$/.test(value)) filter.fields[field] = value;
  }
  const kind = kinds.find((known) => known === params.get("kind"));
  if (kind !== undefined) filter.kind = kind;
  for (const end of ["from", "to"] as const) {
    const at = Number(params.get(end) ?? Number.NaN);
    if (Number.isSafeInteger(at) && at >= 0) filter[end] = at;
  }
  return filter;
}

/** The query string of a filter, without the question mark; the same filter has one text. */
export function writeFilter(filter: Filter): string {
  const params = new URLSearchParams();
  if (filter.kind !== undefined) params.set("kind", filter.kind);
  for (const field of [...filterFields, ...amountFields]) {
    const value = filter.fields[field];
    if (value) params.set(field, value);
  }
  if (filter.from !== undefined) params.set("from", String(filter.from));
  if (filter.to !== undefined) params.set("to", String(filter.to));
  return params.toString();
}

/** A filter with one field changed; an empty value takes it away. */
export function withField(filter: Filter, field: FilterField, value: string): Filter {
  const { [field]: _old, ...rest } = filter.fields;
  return { ...filter, fields: value === "" ? rest : { ...rest, [field]: value } };
}

/** How many of the address's units one of those typed is. */
const unitsIn = (field: AmountField): number => (field.startsWith("cost") ? 1e9 : 1);

/** An amount as it is typed: dollars or milliseconds. */
export function showAmount(field: AmountField, value: string): string {
  if (value === "") return "";
  return field.startsWith("cost") ? exactUsd(Number(value)) : value;
}

/** What was typed as the address has it; empty when it is no amount. */
export function readAmount(field: AmountField, text: string): string {
  const amount = Math.round(Number(text) * unitsIn(field));
  const fits = text.trim() !== "" && amount >= 0 && amount < 1e15;
  return fits ? String(amount) : "";
}

/** How many conditions a filter has. */
export function conditions(filter: Filter): number {
  const ends = [filter.from, filter.to].filter((end) => end !== undefined).length;
  return Object.keys(filter.fields).length + ends;
}

/** A moment as `datetime-local` fields write it: local time to the minute, or to the second. */
export function toLocalTime(at: number | undefined, withSeconds = false): string {
  if (at === undefined) return "";
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, withSeconds ? 19 : 16);
}
