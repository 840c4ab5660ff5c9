/** An assistant's message, as chat completions write it in a request and in an answer. */
import type { AssistantPart } from "../chat.ts";
import { asObject, asString } from "../json.ts";
import type { Json, JsonObject } from "../types.ts";

/**
 * Texts join into `content`, calls into `tool_calls`. Reasoning goes where hosts of this dialect
 * put it: `reasoning_content` to read, `reasoning_details` to send back with its signature.
 */
export function encodeAssistant(parts: AssistantPart[]): JsonObject {
  let content: string | null = null;
  let refusal: string | null = null;
  let reasoning = "";
  const details: Json[] = [];
  const calls: Json[] = [];
  for (const part of parts) {
    if (part.type === "tool-call") {
      const fn = { name: part.name, arguments: part.input };
      const call: JsonObject = { id: part.id, type: "function", function: fn };
      if (part.signature !== undefined) call["extra_content"] = signatureContent(part.signature);
      calls.push(call);
    } else if (part.type === "reasoning") {
      reasoning += part.text;
      details.push(encodeDetail(part));
    } else if (part.refusal) {
      refusal = (refusal ?? "") + part.text;
    } else {
      content = (content ?? "") + part.text;
    }
  }
  const message: JsonObject = { role: "assistant", content };
  if (refusal !== null) message["refusal"] = refusal;
  if (reasoning !== "") message["reasoning_content"] = reasoning;
  if (details.length > 0) message["reasoning_details"] = details;
  if (calls.length > 0) message["tool_calls"] = calls;
  return message;
}

function encodeDetail(part: Extract<AssistantPart, { type: "reasoning" }>): JsonObject {
  if (part.redacted !== undefined) return { type: "reasoning.encrypted", data: part.redacted };
  const detail: JsonObject = { type: "reasoning.text", text: part.text };
  if (part.signature !== undefined) detail["signature"] = part.signature;
  return detail;
}

/** Where Google's own OpenAI endpoint keeps the signature of a call. */
export function signatureContent(signature: string): JsonObject {
  return { google: { thought_signature: signature } };
}

export function readSignature(call: JsonObject): string | undefined {
  const google = asObject(asObject(call["extra_content"])?.["google"]);
  return asString(google?.["thought_signature"]);
}
