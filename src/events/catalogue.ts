/** Every event there is, by type and version: whose stream it is in and what its data looks like. */
import type * as z from "zod";
import { BudgetFact } from "./budget-events.ts";
import { fitsOf, type Fits } from "./fits.ts";
import { PolicyFact } from "./policy-events.ts";
import { StreamForked } from "./stream-events.ts";
import { UserFact } from "./user-events.ts";

/**
 * The kinds of stream: one principal's calls, one shared budget's credit, one organisation's rules;
 * `any` for what can happen to each of them.
 */
export type StreamKind = "user" | "budget" | "policy" | "any";

/** One event type in one version. */
export interface CatalogueEntry {
  type: string;
  v: number;
  stream: StreamKind;
  /** Checks `{type, v, data}`. */
  schema: z.ZodType;
  /** Whether data surely is as the schema says: at a fraction of its cost. */
  fits: Fits;
}

function entriesOf(stream: StreamKind, options: readonly FactSchema[]): CatalogueEntry[] {
  return options.map((schema) => ({
    type: schema.shape.type.value,
    v: schema.shape.v.value,
    stream,
    schema,
    fits: lateFits(() => schema.shape.data),
  }));
}

/** Made when it is first asked: an isolate that only serves calls asks for none. */
function lateFits(schema: () => z.ZodType): Fits {
  let fits: Fits | undefined;
  return (data) => (fits ??= fitsOf(schema()))(data);
}

type FactSchema = z.ZodObject<{
  type: z.ZodLiteral<string>;
  v: z.ZodLiteral<number>;
  data: z.ZodType;
}>;

/** All events, in the order of the files that define them. */
export const catalogue: readonly CatalogueEntry[] = [
  ...entriesOf("user", UserFact.options),
  ...entriesOf("budget", BudgetFact.options),
  ...entriesOf("policy", PolicyFact.options),
  ...entriesOf("any", [StreamForked]),
];

/** Versions by type: a name made of both would be a new text, to be hashed, for each event. */
let byType: ReadonlyMap<string, CatalogueEntry[]> | undefined;

/** The entry of a type in a version; `undefined` when this code does not know it. */
export function lookUpEvent(type: string, v: number): CatalogueEntry | undefined {
  // Made when the first event is read: at the top it would make every schema at every start.
  byType ??= Map.groupBy(catalogue, (entry) => entry.type);
  return byType.get(type)?.find((entry) => entry.v === v);
}

/** The newest version of a type that this code knows; 0 when it knows none. */
export function newestVersion(type: string): number {
  return catalogue.reduce((v, entry) => (entry.type === type ? Math.max(v, entry.v) : v), 0);
}
