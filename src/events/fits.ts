/**
 * Checks of schemas without their reports: whether a value surely fits. The runtime compiles no code
 * from texts, so a schema walks its own parts for each value and copies it; most values fit, and for
 * those a yes is all that is asked.
 */
import type * as z from "zod";

/** True for a value that the schema accepts; false where the schema itself has to be asked. */
export type Fits = (value: unknown) => boolean;

const unsure: Fits = () => false;

/** The parts of a schema's definition that are understood here; what has others is not decided. */
interface Definition {
  type: string;
  checks?: readonly { _zod: { def: CheckDefinition } }[];
  format?: string;
  shape?: Readonly<Record<string, z.core.$ZodType>>;
  catchall?: z.core.$ZodType;
  element?: z.core.$ZodType;
  innerType?: z.core.$ZodType;
  keyType?: z.core.$ZodType;
  valueType?: z.core.$ZodType;
  options?: readonly z.core.$ZodType[];
  values?: readonly unknown[];
  entries?: Readonly<Record<string, unknown>>;
}

interface CheckDefinition {
  check: string;
  format?: string;
  value?: number;
  inclusive?: boolean;
  maximum?: number;
  minimum?: number;
}

/** The check of a schema of plain data. */
export function fitsOf(schema: z.core.$ZodType): Fits {
  const definition = schema._zod.def as unknown as Definition;
  const base = BASES[definition.type]?.(definition);
  if (base === undefined) return unsure;
  const checks = (definition.checks ?? []).map(({ _zod: { def } }) => boundOf(def));
  if (checks.length === 0) return base;
  return (value) => base(value) && checks.every((check) => check(value));
}

const BASES: Readonly<Partial<Record<string, (definition: Definition) => Fits | undefined>>> = {
  string: ({ format }) => (format === undefined ? (value) => typeof value === "string" : undefined),
  boolean: () => (value) => typeof value === "boolean",
  number: ({ format }) => {
    if (format === "safeint") return Number.isSafeInteger;
    return format === undefined ? Number.isFinite : undefined;
  },
  literal: ({ values = [] }) => oneOf(values),
  enum: ({ entries = {} }) => oneOf(Object.values(entries)),
  optional: ({ innerType }) => innerType && fitsOf(innerType),
  array: ({ element }) => element && listOf(fitsOf(element)),
  union: ({ options = [] }) => anyOf(options.map(fitsOf)),
  nullable: ({ innerType }) => innerType && orNull(fitsOf(innerType)),
  // Of keys that are listed, each must be there.
  record: ({ keyType, valueType }) =>
    keyType?._zod.def.type === "string" && valueType
      ? recordOf(fitsOf(keyType), fitsOf(valueType))
      : undefined,
  object: ({ shape, catchall }) =>
    shape !== undefined && catchall?._zod.def.type === "never" ? objectOf(shape) : undefined,
};

const size = (of: unknown): number => (of as string | readonly unknown[]).length;

/** A bound on a number, a text or a list. */
function boundOf({ check, value = 0, inclusive, maximum = 0, minimum = 0 }: CheckDefinition): Fits {
  switch (check) {
    case "greater_than":
      return inclusive === true ? (of) => Number(of) >= value : (of) => Number(of) > value;
    case "less_than":
      return inclusive === true ? (of) => Number(of) <= value : (of) => Number(of) < value;
    case "max_length":
      return (of) => size(of) <= maximum;
    case "min_length":
      return (of) => size(of) >= minimum;
    default:
      return unsure;
  }
}

function oneOf(values: readonly unknown[]): Fits {
  const known = new Set(values);
  return (value) => known.has(value);
}

function anyOf(options: readonly Fits[]): Fits {
  return (value) => options.some((fits) => fits(value));
}

function orNull(fits: Fits): Fits {
  return (value) => value === null || fits(value);
}

function listOf(fits: Fits): Fits {
  return (value) => {
    if (!Array.isArray(value)) return false;
    for (const item of value as readonly unknown[]) if (!fits(item)) return false;
    return true;
  };
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function recordOf(fitsKey: Fits, fitsValue: Fits): Fits {
  return (value) => {
    if (!isPlain(value)) return false;
    for (const name in value) if (!fitsKey(name) || !fitsValue(value[name])) return false;
    return true;
  };
}

/** An object that has the fields of `shape`, and no others. */
function objectOf(shape: Readonly<Record<string, z.core.$ZodType>>): Fits {
  const fields = new Map(Object.entries(shape).map(([name, field]) => [name, fitsOf(field)]));
  const required = new Set(
    Object.keys(shape).filter((name) => shape[name]?._zod.def.type !== "optional"),
  );
  return (value) => {
    if (!isPlain(value)) return false;
    let found = 0;
    for (const name in value) {
      if (fields.get(name)?.(value[name]) !== true) return false;
      if (required.has(name)) found += 1;
    }
    return found === required.size;
  };
}
