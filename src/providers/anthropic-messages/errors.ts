/**
 * Anthropic's error envelope. Its SDK reads the kind from `error.type` and the code from
 * `error.details.error_code`; Claude Code prints `error.message`.
 */
import type { JsonObject, WireError } from "../types.ts";
import { sseText } from "../wire.ts";

export function encodeError(error: WireError): JsonObject {
  const { message, type, code, requestId } = error;
  return {
    type: "error",
    error: { type, message, details: { error_code: code } },
    request_id: requestId,
  };
}

/** The SDK throws on an `error` event; nothing may follow it. */
export function encodeStreamError(error: WireError): string {
  return sseText(JSON.stringify(encodeError(error)), "error");
}
