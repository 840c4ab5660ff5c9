/** What an answer of Cohere's chat says of itself, and errors in Cohere's words. */
import type { Usage } from "#events/money.ts";
import type { FinishReason } from "../chat.ts";
import { asCount, asObject, asString, lookup } from "../json.ts";
import { metaOf, type ResponseMeta } from "../response-meta.ts";
import type { Json, JsonObject, WireError } from "../types.ts";
import { sseText } from "../wire.ts";

/**
 * What is billed (`billed_units`), else what was read and written (`tokens`, which has Cohere's own
 * preamble in it). Cached tokens have no price of their own there, so they count as any.
 */
export function usageOf(holder: JsonObject | undefined): Usage | undefined {
  const usage = asObject(holder?.["usage"]) ?? asObject(holder?.["meta"]);
  for (const name of ["billed_units", "tokens"]) {
    const units = asObject(usage?.[name]);
    const inputTokens = asCount(units?.["input_tokens"]) + asCount(units?.["image_tokens"]);
    const outputTokens = asCount(units?.["output_tokens"]);
    if (inputTokens + outputTokens > 0) return { inputTokens, outputTokens };
  }
  return undefined;
}

const FINISHES: Readonly<Record<string, FinishReason>> = {
  COMPLETE: "stop",
  STOP_SEQUENCE: "stop",
  MAX_TOKENS: "length",
  TOOL_CALL: "tool_calls",
  ERROR: "error",
  TIMEOUT: "error",
};

export function finishOf(reason: Json | undefined): FinishReason | undefined {
  return reason === undefined || reason === null
    ? undefined
    : (lookup(FINISHES, reason) ?? "other");
}

export function responseMeta(body: Json): ResponseMeta {
  const root = asObject(body);
  return metaOf({
    usage: usageOf(root),
    finish: finishOf(root?.["finish_reason"]),
    servedModel: undefined,
    responseId: asString(root?.["id"]),
  });
}

/** Cohere's errors are `{id, message}`; its SDK shows the whole body. */
export function encodeError({ requestId, message, code }: WireError): JsonObject {
  return { id: requestId, message, code };
}

export function encodeStreamError({ message }: WireError): string {
  const delta = { finish_reason: "ERROR", error: message };
  return sseText(JSON.stringify({ type: "message-end", delta }), "message-end");
}
