/** A message (not streamed) to and from the union. */
import { answerId, type AssistantPart, type ChatResponse, type FinishReason } from "../chat.ts";
import { crossing, refuse } from "../crossing.ts";
import { asObject, asString, isObject, lookup, parseObject } from "../json.ts";
import { metaOf, type ResponseMeta } from "../response-meta.ts";
import type { Json, JsonObject, Result } from "../types.ts";
import { decodeAssistantBlocks } from "./blocks.ts";
import { readUsage, writeUsage } from "./usage.ts";

const FINISHES: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};

export function readFinish(value: Json | undefined): FinishReason | undefined {
  if (typeof value !== "string") return undefined;
  return lookup(FINISHES, value) ?? "other";
}

const FINISH_WORDS: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
  error: "end_turn",
  other: "end_turn",
};

export function writeFinish(finish: FinishReason, stopSequence?: string): string {
  return stopSequence === undefined ? FINISH_WORDS[finish] : "stop_sequence";
}

export function decodeResponse(body: Json): Result<ChatResponse> {
  return crossing((notes) => {
    if (!isObject(body)) return refuse("body", "expected a message object");
    if (body["type"] === "error") return refuse("error", "the provider answered with an error");
    if (!Array.isArray(body["content"])) return refuse("content", "expected an array of blocks");
    const response: ChatResponse = {
      parts: decodeAssistantBlocks(body["content"], "content", notes),
      finish: readFinish(body["stop_reason"]) ?? "other",
    };
    const { usage, servedModel, responseId } = responseMeta(body);
    if (responseId !== undefined) response.id = responseId;
    if (servedModel !== undefined) response.model = servedModel;
    if (usage) response.usage = usage;
    const stopSequence = asString(body["stop_sequence"]);
    if (stopSequence !== undefined) response.stopSequence = stopSequence;
    return response;
  });
}

export function encodeResponse(response: ChatResponse): JsonObject {
  const refused = response.parts.some((part) => part.type === "text" && part.refusal);
  const finish = refused ? "content_filter" : response.finish;
  return {
    id: answerId(response, "msg_"),
    type: "message",
    role: "assistant",
    model: response.model ?? "",
    content: response.parts.map(encodePart),
    stop_reason: writeFinish(finish, response.stopSequence),
    stop_sequence: response.stopSequence ?? null,
    usage: writeUsage(response.usage ?? { inputTokens: 0, outputTokens: 0 }),
  };
}

function encodePart(part: AssistantPart): JsonObject {
  if (part.type === "text") return { type: "text", text: part.text };
  if (part.type === "tool-call") {
    const input = parseObject(part.input) ?? {};
    return { type: "tool_use", id: part.id, name: part.name, input };
  }
  if (part.redacted !== undefined) return { type: "redacted_thinking", data: part.redacted };
  return { type: "thinking", thinking: part.text, signature: part.signature ?? "" };
}

export function responseMeta(body: Json): ResponseMeta {
  const root = asObject(body);
  const usage = readUsage(root?.["usage"]);
  const finish = readFinish(root?.["stop_reason"]);
  const servedModel = asString(root?.["model"]);
  const responseId = asString(root?.["id"]);
  return metaOf({ usage, finish, servedModel, responseId });
}
