/** Checks of request bodies: zod's first complaint becomes a refusal that names the field. */
import type * as z from "zod";
import type { Json, Result } from "./types.ts";

/**
 * Runs a loose schema. The message says what was expected and never repeats what was sent. The
 * body itself is used from here on, not zod's copy, so that unknown fields and order survive.
 */
export function check<T>(schema: z.ZodType<T>, body: Json): Result<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  const field = (issue?.path ?? []).map(String).join(".");
  const message = issue?.message ?? "Invalid input";
  return { ok: false, error: { field: field === "" ? "body" : field, message } };
}
