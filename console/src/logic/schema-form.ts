/**
 * A JSON Schema as a form: what each place of a document may hold, in the few kinds that a form can
 * show. Whatever is of no known kind is shown as JSON, so nothing of a document is ever out of reach.
 */
import type { Step } from "./json-places.ts";

/** The part of a JSON Schema (draft 2020-12) that is read. */
export interface JsonSchema {
  type?: string;
  properties?: Record<string, JsonSchema>;
  required?: readonly string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  enum?: readonly unknown[];
  const?: unknown;
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  maxLength?: number;
  maxItems?: number;
}

export interface FormField {
  name: string;
  node: FormNode;
  isRequired: boolean;
}

/** What a place may hold. `hint` is what the schema itself says of it. */
export type FormNode = { hint: string } & (
  | { kind: "object"; fields: FormField[] }
  | { kind: "record"; entry: FormNode }
  | { kind: "list"; item: FormNode }
  /** A list of texts, one a line. */
  | { kind: "lines" }
  /** Any of a few. */
  | { kind: "some"; of: string[] }
  | { kind: "choice"; of: (string | number)[] }
  | { kind: "text" }
  | { kind: "number" }
  | { kind: "switch" }
  | { kind: "either"; of: FormNode[] }
  | { kind: "json" }
);

const isScalar = (value: unknown): value is string | number =>
  typeof value === "string" || typeof value === "number";

/** The schema's own words: a range, a length, the value when none is given. */
function hintOf(schema: JsonSchema): string {
  const { minimum, maximum, exclusiveMinimum, default: fallback } = schema;
  const low = minimum ?? exclusiveMinimum;
  const parts: string[] = [];
  const safe = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (low !== undefined && safe)
    parts.push(`${low.toLocaleString("en-US")} to ${maximum.toLocaleString("en-US")}`);
  if (typeof fallback === "number") parts.push(`${fallback.toLocaleString("en-US")} by default`);
  else if (typeof fallback === "string" || typeof fallback === "boolean")
    parts.push(`${String(fallback)} by default`);
  return parts.join(", ");
}

/** The form of a schema. */
export function formOf(schema: JsonSchema): FormNode {
  const hint = hintOf(schema);
  const consts = constsOf(schema);
  if (consts !== undefined) return { kind: "choice", of: consts, hint };
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants !== undefined) return { kind: "either", of: variants.map(formOf), hint };
  if (schema.type === "object") return objectOf(schema, hint);
  if (schema.type === "array") return listOf(schema.items ?? {}, hint);
  if (schema.type === "string") return { kind: "text", hint };
  if (schema.type === "number" || schema.type === "integer") return { kind: "number", hint };
  if (schema.type === "boolean") return { kind: "switch", hint };
  return { kind: "json", hint };
}

/** The values of a schema that allows a few only. */
function constsOf(schema: JsonSchema): (string | number)[] | undefined {
  if (isScalar(schema.const)) return [schema.const];
  if (schema.enum?.every(isScalar)) return [...schema.enum] as (string | number)[];
  const variants = schema.anyOf ?? schema.oneOf;
  const all = variants?.map(({ const: value }) => value);
  return all !== undefined && all.length > 0 && all.every(isScalar) ? all : undefined;
}

function objectOf(schema: JsonSchema, hint: string): FormNode {
  const { properties, additionalProperties } = schema;
  if (properties === undefined) {
    const entry =
      typeof additionalProperties === "object" ? formOf(additionalProperties) : undefined;
    return entry === undefined ? { kind: "json", hint } : { kind: "record", entry, hint };
  }
  const fields = Object.entries(properties).map(([name, property]) => ({
    name,
    node: formOf(property),
    isRequired: schema.required?.includes(name) ?? false,
  }));
  return { kind: "object", fields, hint };
}

function listOf(items: JsonSchema, hint: string): FormNode {
  const item = formOf(items);
  if (item.kind === "text") return { kind: "lines", hint };
  if (item.kind === "choice" && item.of.every((value) => typeof value === "string"))
    return { kind: "some", of: item.of, hint };
  return { kind: "list", item, hint };
}

/** The smallest value that a place may begin with. */
export function startOf(node: FormNode): unknown {
  if (node.kind === "object") {
    const required = node.fields.filter(({ isRequired }) => isRequired);
    return Object.fromEntries(required.map(({ name, node: field }) => [name, startOf(field)]));
  }
  if (node.kind === "record" || node.kind === "json") return {};
  if (node.kind === "list" || node.kind === "lines") return [];
  if (node.kind === "some") return node.of.slice(0, 1);
  if (node.kind === "choice") return node.of[0];
  if (node.kind === "either") return node.of[0] === undefined ? "" : startOf(node.of[0]);
  if (node.kind === "switch") return false;
  return node.kind === "number" ? 0 : "";
}

/** Which of several kinds a value is of; the first when none fits. */
export function variantOf(of: readonly FormNode[], value: unknown): number {
  const fits = (node: FormNode): boolean => {
    if (node.kind === "choice") return isScalar(value) && node.of.includes(value);
    if (node.kind === "object" || node.kind === "record")
      return typeof value === "object" && value !== null && !Array.isArray(value);
    if (node.kind === "list" || node.kind === "lines" || node.kind === "some")
      return Array.isArray(value);
    if (node.kind === "number") return typeof value === "number";
    if (node.kind === "switch") return typeof value === "boolean";
    return node.kind === "text" && typeof value === "string";
  };
  return Math.max(of.findIndex(fits), 0);
}

/** A document with one place changed; `undefined` takes it away. What is not touched stays the same. */
export function withValue(document: unknown, steps: readonly Step[], value: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (typeof step === "number") {
    const list = Array.isArray(document) ? [...(document as unknown[])] : [];
    if (rest.length === 0 && value === undefined) return list.filter((_, index) => index !== step);
    list[step] = withValue(list[step], rest, value);
    return list;
  }
  const isRecord = typeof document === "object" && document !== null && !Array.isArray(document);
  const record: Record<string, unknown> = isRecord ? { ...document } : {};
  if (rest.length === 0 && value === undefined) delete record[step];
  else record[step] = withValue(record[step], rest, value);
  return record;
}

/** A path as problems name it: `tiers.standard.candidates[0].provider`. */
export function pathText(steps: readonly Step[]): string {
  return steps
    .map((step, index) =>
      typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${step}`,
    )
    .join("");
}

/** What an entry of a list is called: by the field that names it, else by its number. */
export function entryTitle(value: unknown, index: number): string {
  const { name, id, provider, title } = (value ?? {}) as Record<string, unknown>;
  const found = [name, id, provider, title].find((text) => typeof text === "string" && text !== "");
  return typeof found === "string" ? found : `#${index + 1}`;
}
