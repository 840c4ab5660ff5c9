/**
 * Small JSON values that go out and come back unaltered: `v1.{payload}.{HMAC}`, both base64url. The
 * purpose is part of what is signed, so a value that was signed for one use is nothing in another.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type * as z from "zod";
import { tryParseJson } from "#events/parse-json.ts";

function sign(secret: string, purpose: string, payload: string): Buffer {
  return createHmac("sha256", secret).update(`${purpose}.v1.${payload}`).digest();
}

/** The text of a value, signed for a purpose. */
export function sealValue(secret: string, purpose: string, value: object): string {
  const payload = Buffer.from(JSON.stringify(value)).toString("base64url");
  return `v1.${payload}.${sign(secret, purpose, payload).toString("base64url")}`;
}

/** The value of a text; `undefined` when it was forged, altered, or signed for something else. */
export function openValue<S extends z.ZodType>(
  secret: string,
  purpose: string,
  text: string,
  schema: S,
): z.output<S> | undefined {
  const [version, payload, signature, ...rest] = text.split(".");
  if (version !== "v1" || payload === undefined || signature === undefined) return undefined;
  // As text: base64url reads several texts as the same bytes, and only one of them was sealed.
  const given = Buffer.from(signature);
  const expected = Buffer.from(sign(secret, purpose, payload).toString("base64url"));
  if (rest.length > 0 || given.length !== expected.length) return undefined;
  if (!timingSafeEqual(given, expected)) return undefined;
  const parsed = schema.safeParse(tryParseJson(Buffer.from(payload, "base64url").toString()));
  return parsed.success ? parsed.data : undefined;
}
