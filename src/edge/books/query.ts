/** Reads a query string of the books. */
import type * as z from "zod";
import { GatewayError } from "../errors.ts";
import { queryCharsMax } from "./limits.ts";
import { sentenceOf } from "./params.ts";

/** Parses a query string; a parameter given twice is refused, since one of the two would be lost. */
export function parseQuery<S extends z.ZodType>(
  address: string,
  schema: S,
  charsMax = queryCharsMax,
): z.output<S> {
  const url = new URL(address);
  if (url.search.length > charsMax) {
    throw new GatewayError("invalid_request", `The query string is over ${charsMax} characters.`);
  }
  const params = [...url.searchParams];
  const given = Object.fromEntries(params);
  if (Object.keys(given).length < params.length) {
    throw new GatewayError("invalid_request", "A query parameter is given more than once.");
  }
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new GatewayError("invalid_request", sentenceOf(parsed.error));
  return parsed.data;
}
