/** A chat completion (not streamed) to and from the union. */
import { answerId, type ChatResponse, type FinishReason } from "../chat.ts";
import { crossing, refuse } from "../crossing.ts";
import { asNumber, asObject, asString, isObject, lookup, objectsIn } from "../json.ts";
import { metaOf, type ResponseMeta } from "../response-meta.ts";
import type { Json, JsonObject, Result } from "../types.ts";
import { assistantParts } from "./decode-messages.ts";
import { encodeAssistant } from "./message.ts";
import { readUsage, writeUsage } from "./usage.ts";

const FINISHES: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool_calls",
  function_call: "tool_calls",
  content_filter: "content_filter",
  error: "error",
};

export function readFinish(value: Json | undefined): FinishReason | undefined {
  if (typeof value !== "string") return undefined;
  return lookup(FINISHES, value) ?? "other";
}

const FINISH_WORDS: Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool_calls",
  content_filter: "content_filter",
  error: "stop",
  other: "stop",
};

export function writeFinish(finish: FinishReason): string {
  return FINISH_WORDS[finish];
}

export function decodeResponse(body: Json): Result<ChatResponse> {
  return crossing((notes) => {
    if (!isObject(body)) return refuse("body", "expected a chat completion object");
    if (isObject(body["error"])) return refuse("error", "the provider answered with an error");
    const [choice] = objectsIn(body["choices"]);
    const message = asObject(choice?.["message"]);
    if (!choice || !message) return refuse("choices[0].message", "expected an answer");
    if (isObject(message["audio"]))
      refuse("choices[0].message.audio", "audio cannot be carried over");
    const response: ChatResponse = {
      parts: assistantParts(message, "choices[0].message", notes),
      finish: readFinish(choice["finish_reason"]) ?? "other",
    };
    const id = asString(body["id"]);
    if (id !== undefined) response.id = id;
    const model = asString(body["model"]);
    if (model !== undefined) response.model = model;
    const created = asNumber(body["created"]);
    if (created !== undefined) response.createdAtMs = created * 1000;
    const usage = readUsage(body["usage"]);
    if (usage) response.usage = usage;
    return response;
  });
}

export function encodeResponse(response: ChatResponse): JsonObject {
  const { reasoning_details: details, ...message } = encodeAssistant(response.parts);
  const whole: JsonObject = { refusal: null, ...message };
  if (details !== undefined) whole["reasoning_details"] = details;
  const choice = {
    index: 0,
    message: whole,
    logprobs: null,
    finish_reason: writeFinish(response.finish),
  };
  const body: JsonObject = {
    id: answerId(response, "chatcmpl-"),
    object: "chat.completion",
    created: Math.floor((response.createdAtMs ?? 0) / 1000),
    model: response.model ?? "",
    choices: [choice],
  };
  if (response.usage) body["usage"] = writeUsage(response.usage);
  return body;
}

export function responseMeta(body: Json): ResponseMeta {
  const root = asObject(body);
  const usage = readUsage(root?.["usage"]);
  const finish = readFinish(objectsIn(root?.["choices"])[0]?.["finish_reason"]);
  const servedModel = asString(root?.["model"]);
  const responseId = asString(root?.["id"]);
  return metaOf({ usage, finish, servedModel, responseId });
}
