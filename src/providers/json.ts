/** Reading unknown JSON without trusting it: each helper answers undefined for another type. */
import type { Json, JsonObject } from "./types.ts";

/** Narrows unknown JSON to an object, which arrays and null are not. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asObject(value: Json | undefined): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

export function asArray(value: Json | undefined): Json[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

export function asString(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function asNumber(value: Json | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** A count off the wire: a non-negative safe integer, or 0 for anything else. */
export function asCount(value: Json | undefined): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/** The only place of this room that parses JSON: text from the wire is data, never an exception. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

export function parseObject(text: string): JsonObject | undefined {
  return asObject(parseJson(text));
}

/** Object members of a JSON array; others are left to whoever validates. */
export function objectsIn(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Drops members that are undefined, so that optional fields can be written in one literal. */
export function compact(object: { [key: string]: Json | undefined }): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(object)) if (value !== undefined) kept[key] = value;
  return kept;
}

/** A table's own entry: keys come off the wire, and "constructor" must not find the prototype's. */
export function lookup<T>(
  table: Readonly<Record<string, T>>,
  key: Json | undefined,
): T | undefined {
  return typeof key === "string" && Object.hasOwn(table, key) ? table[key] : undefined;
}
