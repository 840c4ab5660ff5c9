/** OpenAI's error envelope: its SDKs show `message`, `type`, `param` and `code`. */
import type { JsonObject, WireError } from "../types.ts";
import { sseText } from "../wire.ts";

export function encodeError(error: WireError): JsonObject {
  const { message, type, code } = error;
  return { error: { message, type, param: null, code } };
}

/**
 * The SDKs throw on a chunk with `error`. No [DONE] follows: to readers that overlook errors it would
 * say that half an answer is whole.
 */
export function encodeStreamError(error: WireError): string {
  return sseText(JSON.stringify(encodeError(error)));
}
