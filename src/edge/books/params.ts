/** What may stand in the query strings of the books, and what it means; all of it bounded. */
import * as z from "zod";
import { AuditFilterSchema } from "#projections/filter-schema.ts";
import { dimensions, rankings, type AuditFilter, type SumsQuery } from "#projections/queries.ts";
import { memberIdCharsMax, membersAskedMax, pageDefault, pageMax, topMax } from "./limits.ts";

/** Milliseconds since 1970, or an ISO 8601 date (midnight UTC) or time with its zone. */
const time = z.union(
  [
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
    z.iso.date().transform((text) => Date.parse(text)),
    z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
  ],
  "expected milliseconds since 1970, a date as in 2026-11-21, or a time as in 2026-11-21T09:00:00Z",
);

const times = { from: time.exactOptional(), to: time.exactOptional() };

/** An entry's id, as in `x-request-id`. */
export const EntryId = z.string().regex(/^[\w.-]{1,64}$/, "expected a request id");

const amount = z
  .string()
  .regex(/^\d{1,15}$/, "expected a whole number")
  .transform(Number)
  .exactOptional();

/** The audit filter as a query string spells it: the list, the tail and the export all read this. */
const filterParams = {
  ...AuditFilterSchema.shape,
  ...times,
  costNanosMin: amount,
  costNanosMax: amount,
  latencyMsMin: amount,
  latencyMsMax: amount,
};

/** `GET /audit/tail`. */
export const TailParams = z.strictObject(filterParams);

/** `GET /audit/events`. */
export const EventsParams = z.strictObject({
  ...filterParams,
  cursor: EntryId.exactOptional(),
  limit: z.coerce.number().int().min(1).max(pageMax).default(pageDefault),
});

const By = z
  .string()
  .max(200)
  .transform((text) => text.split(",").filter((name) => name !== ""))
  .pipe(z.array(z.enum(dimensions)).max(dimensions.length));

const filter = AuditFilterSchema.shape;
const name = z.string().min(1).max(200).exactOptional();

/**
 * `GET /usage` and `GET /costs`. `top` keeps the largest groups by `sort`; `sort` alone puts all of
 * them in order.
 */
export const SumsParams = z
  .strictObject({
    by: By.default(["model"]),
    ...times,
    user: filter.user,
    team: filter.team,
    model: filter.model,
    provider: filter.provider,
    key: name,
    route: name,
    tag: name,
    sort: z.enum(rankings).exactOptional(),
    top: z.coerce.number().int().min(1).max(topMax).exactOptional(),
  })
  .transform(({ by, from, to, sort, top, ...filter }): SumsQuery & { top?: number } => ({
    groupBy: [...new Set(by)],
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(sort === undefined && top === undefined ? {} : { rankBy: sort ?? "requests" }),
    ...(top === undefined ? {} : { top }),
    filter,
  }));

const Names = z
  .string()
  .transform((text) => [...new Set(text.split(",").filter((name) => name !== ""))])
  .pipe(z.array(z.string().max(memberIdCharsMax)).max(membersAskedMax));

/** `GET /budgets`. With `by` each budget is split into groups; `top` keeps its largest ones. */
export const BudgetsParams = z.strictObject({
  members: Names.exactOptional(),
  by: By.exactOptional(),
  top: z.coerce.number().int().min(1).max(topMax).exactOptional(),
});

/** What a page asks: the filter without the page's own fields. */
export function splitPage(params: z.output<typeof EventsParams>): {
  filter: AuditFilter;
  cursor?: string;
  limit: number;
} {
  const { cursor, limit, ...filter } = params;
  return cursor === undefined ? { filter, limit } : { filter, cursor, limit };
}

/** One sentence on what is wrong with a query string: names and expectations, never the values. */
export function sentenceOf(error: z.ZodError): string {
  const first = error.issues[0];
  if (first === undefined) return "The query string is not valid.";
  if (first.code === "unrecognized_keys") {
    return `Unknown query parameter: ${first.keys.slice(0, 3).join(", ").slice(0, 100)}.`;
  }
  return `Query parameter ${first.path.join(".") || "?"}: ${first.message}.`;
}
