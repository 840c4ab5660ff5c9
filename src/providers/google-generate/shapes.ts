/** Names and words of Google's JSON: both spellings of members, finish reasons, usage, schemas. */
import type { Usage } from "#events/money.ts";
import type { FinishReason } from "../chat.ts";
import { asCount, asObject, asString, isObject, lookup } from "../json.ts";
import type { Json, JsonObject } from "../types.ts";

/** Google's JSON takes `inline_data` for `inlineData`: members are read in the second spelling. */
export function camel(value: Json | undefined): JsonObject {
  const object: JsonObject = {};
  for (const [name, member] of Object.entries(asObject(value) ?? {})) {
    object[name.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())] = member;
  }
  return object;
}

const FINISHES: Readonly<Record<string, FinishReason>> = {
  STOP: "stop",
  MAX_TOKENS: "length",
  SAFETY: "content_filter",
  RECITATION: "content_filter",
  LANGUAGE: "content_filter",
  BLOCKLIST: "content_filter",
  PROHIBITED_CONTENT: "content_filter",
  SPII: "content_filter",
  IMAGE_SAFETY: "content_filter",
  IMAGE_PROHIBITED_CONTENT: "content_filter",
  MALFORMED_FUNCTION_CALL: "error",
  UNEXPECTED_TOOL_CALL: "error",
};

/** Google ends an answer with tool calls by STOP like any other; the calls tell the difference. */
export function readFinish(value: Json | undefined, hasCalls: boolean): FinishReason | undefined {
  if (typeof value !== "string" || value === "FINISH_REASON_UNSPECIFIED") return undefined;
  const finish = lookup(FINISHES, value) ?? "other";
  return hasCalls && (finish === "stop" || finish === "other") ? "tool_calls" : finish;
}

const FINISH_WORDS: Readonly<Record<FinishReason, string>> = {
  stop: "STOP",
  length: "MAX_TOKENS",
  tool_calls: "STOP",
  content_filter: "SAFETY",
  error: "OTHER",
  other: "OTHER",
};

export function writeFinish(finish: FinishReason): string {
  return FINISH_WORDS[finish];
}

/** `promptTokenCount` includes cached tokens; `candidatesTokenCount` leaves thoughts out. */
export function readUsage(value: Json | undefined): Usage | undefined {
  if (!isObject(value)) return undefined;
  const inputTokens =
    asCount(value["promptTokenCount"]) + asCount(value["toolUsePromptTokenCount"]);
  const thoughts = asCount(value["thoughtsTokenCount"]);
  const beyondInput = asCount(value["totalTokenCount"]) - inputTokens;
  const cached = asCount(value["cachedContentTokenCount"]);
  const usage: Usage = {
    inputTokens,
    outputTokens: Math.max(asCount(value["candidatesTokenCount"]) + thoughts, beyondInput),
  };
  if (cached > 0) usage.cachedReadTokens = Math.min(cached, inputTokens);
  if (thoughts > 0) usage.reasoningTokens = thoughts;
  return usage;
}

export function writeUsage(usage: Usage): JsonObject {
  const thoughts = Math.min(usage.reasoningTokens ?? 0, usage.outputTokens);
  const body: JsonObject = {
    promptTokenCount: usage.inputTokens,
    candidatesTokenCount: usage.outputTokens - thoughts,
    totalTokenCount: usage.inputTokens + usage.outputTokens,
  };
  if (thoughts > 0) body["thoughtsTokenCount"] = thoughts;
  if (usage.cachedReadTokens !== undefined) {
    body["cachedContentTokenCount"] = usage.cachedReadTokens;
  }
  return body;
}

/** Google's own schema form (types in capitals, `nullable`) as JSON Schema. */
export function jsonSchemaOf(value: Json): Json {
  if (Array.isArray(value)) return value.map(jsonSchemaOf);
  if (!isObject(value)) return value;
  const schema: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (name === "nullable") continue;
    const isType = name === "type" && typeof member === "string";
    schema[name] = isType ? member.toLowerCase() : jsonSchemaOf(member);
  }
  if (value["nullable"] === true && typeof schema["type"] === "string") {
    schema["type"] = [schema["type"], "null"];
  }
  return schema;
}

/** What a candidate's parts are: its text, its thoughts, its calls. */
export function partsOf(candidate: JsonObject | undefined): JsonObject[] {
  const parts = asObject(candidate?.["content"])?.["parts"];
  return Array.isArray(parts) ? parts.filter(isObject) : [];
}

export function hasCall(parts: JsonObject[]): boolean {
  return parts.some((part) => isObject(part["functionCall"]));
}

export function signatureOf(part: JsonObject): string | undefined {
  return asString(part["thoughtSignature"]);
}
