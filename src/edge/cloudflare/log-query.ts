/**
 * The query string of Cloudflare's log list: its filters in every spelling that its SDKs and
 * dashboards use, and what of them the ledger can narrow by itself. Pure.
 */
import * as z from "zod";
import { tryParseJson } from "#events/parse-json.ts";
import type { AuditEntry } from "#projections/audit-entry.ts";
import type { AuditFilter } from "#projections/queries.ts";
import { EntryId, sentenceOf } from "../books/params.ts";
import { GatewayError } from "../errors.ts";
import {
  filterCharsMax,
  filtersMax,
  filterValuesMax,
  logQueryCharsMax,
  perPageDefault,
  perPageMax,
} from "./limits.ts";
import { FIELDS, isLog, toLog } from "./log.ts";

const Value = z.union([z.string().max(filterCharsMax), z.number(), z.boolean()]);
const Filter = z.object({
  key: z.enum(Object.keys(FIELDS)),
  operator: z.enum(["eq", "neq", "contains", "lt", "gt"]).default("eq"),
  value: z.union([Value.transform((one) => [one]), z.array(Value).min(1).max(filterValuesMax)]),
});
type Filter = z.output<typeof Filter>;
const Filters = z.array(Filter).max(filtersMax);

const text = z.string().min(1).max(filterCharsMax).exactOptional();
const flag = z.enum(["true", "false"]).exactOptional();
const number = z.coerce.number().exactOptional();
const whole = (max: number) => z.coerce.number().int().min(1).max(max);

const Params = z.strictObject({
  page: whole(1_000_000).default(1),
  per_page: whole(perPageMax).default(perPageDefault),
  /** Ours: entries older than this id. */
  cursor: EntryId.exactOptional(),
  // The books are kept in the order in which requests came, newest first, and in no other.
  order_by: z.literal("created_at", "expected created_at, the only order there is").exactOptional(),
  order_by_direction: z.literal("desc", "expected desc, the only order there is").exactOptional(),
  direction: z.literal("desc", "expected desc, the only order there is").exactOptional(),
  meta_info: flag,
  start_date: text,
  end_date: text,
  provider: text,
  model: text,
  model_type: text,
  request_content_type: text,
  response_content_type: text,
  success: flag,
  cached: flag,
  feedback: number,
  min_cost: number,
  max_cost: number,
  min_duration: number,
  max_duration: number,
  min_tokens_in: number,
  max_tokens_in: number,
  min_tokens_out: number,
  max_tokens_out: number,
  min_total_tokens: number,
  max_total_tokens: number,
});
type Params = z.output<typeof Params>;

/** A list that was asked for. */
export interface LogQuery {
  page: number;
  perPage: number;
  cursor?: string;
  /** What the ledger narrows by: never less than what `keeps` keeps. */
  filter: AuditFilter;
  keeps: (entry: AuditEntry) => boolean;
}

/** Reads a query string; throws `invalid_request` with one sentence. */
export function readLogQuery(search: URLSearchParams): LogQuery {
  if (search.toString().length > logQueryCharsMax) {
    throw refusal(`The query string is over ${logQueryCharsMax} characters.`);
  }
  if (search.has("search")) {
    throw refusal("Texts are encrypted and cannot be searched; use `filters`.");
  }
  const written = [...search].filter(([name]) => name.startsWith("filters"));
  const plain = [...search].filter(([name]) => !name.startsWith("filters"));
  const given = Object.fromEntries(plain);
  if (Object.keys(given).length < plain.length) {
    throw refusal("A query parameter is given more than once.");
  }
  const params = parse(Params, given);
  const filters = [...parse(Filters, writtenFilters(written)), ...olderFilters(params)];
  const tests = filters.map(testOf);
  const { page, per_page: perPage, cursor } = params;
  return {
    page,
    perPage,
    ...(cursor === undefined ? {} : { cursor }),
    filter: { kind: "request", ...Object.assign({}, ...filters.map(narrowed)) },
    keeps: (entry) => isLog(entry) && tests.every((test) => test(entry)),
  };
}

/** A JSON list, or fields by name: `filters[0][key]`, `filters[key]`, `filters.key`. */
function writtenFilters(written: readonly [string, string][]): unknown[] {
  const filters: Record<string, unknown>[] = [];
  for (const [name, value] of written) {
    const field = /^filters(?:\[(\d{0,3})\])?[[.](key|operator|value)\]?(?:\[\d{0,3}\])?$/.exec(
      name,
    );
    if (field === null) {
      const parsed = tryParseJson(value);
      if (!/^filters(?:\[\])?$/.test(name) || typeof parsed !== "object" || parsed === null) {
        throw refusal("`filters` must be a JSON list of {key, operator, value}.");
      }
      filters.push(...(Array.isArray(parsed) ? parsed : [parsed]));
      continue;
    }
    const [, index = "", part = ""] = field;
    // Without an index each new `key` begins another filter.
    const open = index === "" ? Math.max(filters.length - 1, 0) : Number(index);
    const at =
      index === "" && part === "key" && filters[open]?.["key"] !== undefined ? open + 1 : open;
    if (at >= filtersMax) throw refusal(`There are more than ${filtersMax} filters.`);
    while (filters.length <= at) filters.push({});
    const filter = filters[at] ?? {};
    filter[part] = part === "value" ? [...((filter["value"] as string[]) ?? []), value] : value;
  }
  return filters;
}

/** The parameters that were there before `filters`. */
function olderFilters(params: Params): Filter[] {
  const filters: Filter[] = [];
  const add = (
    key: string,
    operator: Filter["operator"],
    value: Filter["value"][0] | undefined,
  ) => {
    if (value !== undefined) filters.push({ key, operator, value: [value] });
  };
  const equals = ["provider", "model", "model_type", "success", "cached", "feedback"] as const;
  for (const key of equals) add(key, "eq", params[key]);
  for (const key of ["request_content_type", "response_content_type"] as const) {
    add(key, "eq", params[key]);
  }
  add("created_at", "gt", params.start_date);
  add("created_at", "lt", params.end_date);
  for (const key of ["cost", "duration", "tokens_in", "tokens_out"] as const) {
    add(key, "gt", params[`min_${key}`]);
    add(key, "lt", params[`max_${key}`]);
  }
  add("tokens", "gt", params.min_total_tokens);
  add("tokens", "lt", params.max_total_tokens);
  return filters;
}

/** What of a filter the ledger can look for. */
function narrowed({ key, operator, value }: Filter): AuditFilter {
  const [first] = value;
  if (key === "created_at") {
    if (operator === "gt") return { from: momentOf(first) };
    if (operator === "lt") return { to: momentOf(first) + 1 };
    return {};
  }
  if (operator !== "eq" || value.length > 1) return {};
  if (key === "provider" || key === "model") {
    const name = String(first);
    return name === "" || name.length > 200 ? {} : { [key]: name };
  }
  return key === "success" && String(first) === "true" ? { outcome: "completed" } : {};
}

/** Bounds are inclusive, as `min_` and `start_date` read. */
function testOf({ key, operator, value }: Filter): (entry: AuditEntry) => boolean {
  const field = FIELDS[key] ?? (() => []);
  const isTime = key === "created_at";
  const wanted = value.map((one) => (isTime ? momentOf(one) : one));
  const matches = (found: string | number | boolean | null | undefined): boolean => {
    if (found === null || found === undefined) return false;
    const [first] = wanted;
    if (operator === "gt") return Number(found) >= Number(first);
    if (operator === "lt") return Number(found) <= Number(first);
    const text = String(found);
    if (operator !== "contains") return wanted.some((one) => text === String(one));
    return wanted.some((one) => text.toLowerCase().includes(String(one).toLowerCase()));
  };
  return (entry) => {
    const found = field(toLog(entry), entry).some(matches);
    return operator === "neq" ? !found : found;
  };
}

function momentOf(value: Filter["value"][0] | undefined): number {
  const at = typeof value === "number" ? value : Date.parse(String(value));
  if (Number.isSafeInteger(at) && at >= 0 && at < 8_640_000_000_000_000) return at;
  throw refusal("A date must read as in 2026-11-21T09:00:00Z.");
}

function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw refusal(sentenceOf(parsed.error));
  return parsed.data;
}

function refusal(message: string): GatewayError {
  return new GatewayError("invalid_request", message);
}
