/** Errors of the responses dialect: OpenAI's envelope, and two events that end a stream. */
import { encodeError } from "../openai-chat/errors.ts";
import type { JsonObject, WireError } from "../types.ts";
import { sseText } from "../wire.ts";
import { responseObject } from "./response.ts";

/** The SDKs throw on the first, an event with an `error` member; Codex reads the second. */
export function encodeStreamError(error: WireError): string {
  const { code, message, requestId } = error;
  const event = { type: "error", code, message, param: null, ...encodeError(error) };
  const blank = responseObject({ id: `resp_${requestId}`, model: "", createdAtMs: 0, output: [] });
  const response: JsonObject = { ...blank, status: "failed", error: { code, message } };
  const failed = { type: "response.failed", response };
  return (
    sseText(JSON.stringify({ ...event, sequence_number: 0 }), "error") +
    sseText(JSON.stringify({ ...failed, sequence_number: 1 }), "response.failed")
  );
}
