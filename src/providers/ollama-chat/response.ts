/** An Ollama answer (not streamed) to and from the union; stream lines have the same shape. */
import type { Usage } from "#events/money.ts";
import { CallIds } from "../calls.ts";
import type { ChatResponse, FinishReason } from "../chat.ts";
import { crossing, refuse } from "../crossing.ts";
import { asArray, asCount, asObject, asString, isObject, lookup } from "../json.ts";
import { metaOf, type ResponseMeta } from "../response-meta.ts";
import type { Json, JsonObject, Result, WireError } from "../types.ts";
import { decodeTurn } from "./decode-request.ts";
import { encodeTurn } from "./encode-request.ts";

const FINISHES: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool_calls",
  content_filter: "content_filter",
};

/** Ollama says `stop` after tool calls too; the calls tell the difference. */
export function readFinish(body: JsonObject, hasCalls: boolean): FinishReason | undefined {
  if (body["done"] !== true) return undefined;
  const finish = lookup(FINISHES, body["done_reason"] ?? "stop") ?? "other";
  return hasCalls && finish === "stop" ? "tool_calls" : finish;
}

const FINISH_WORDS: Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  length: "length",
  tool_calls: "stop",
  content_filter: "content_filter",
  error: "stop",
  other: "stop",
};

export function writeFinish(finish: FinishReason): string {
  return FINISH_WORDS[finish];
}

/** `prompt_eval_count` and `eval_count`; a prompt found whole in memory may go uncounted. */
export function readUsage(body: JsonObject): Usage | undefined {
  if (body["prompt_eval_count"] === undefined && body["eval_count"] === undefined) return undefined;
  return {
    inputTokens: asCount(body["prompt_eval_count"]),
    outputTokens: asCount(body["eval_count"]),
  };
}

export function writeUsage(usage: Usage): JsonObject {
  return { prompt_eval_count: usage.inputTokens, eval_count: usage.outputTokens };
}

export function hasCalls(message: JsonObject | undefined): boolean {
  return (asArray(message?.["tool_calls"])?.length ?? 0) > 0;
}

export function decodeResponse(body: Json): Result<ChatResponse> {
  return crossing(() => {
    if (!isObject(body)) return refuse("body", "expected an answer object");
    if (body["error"] !== undefined) return refuse("error", "the provider answered with an error");
    const message = asObject(body["message"]) ?? refuse("message", "expected an answer");
    const { usage, finish, servedModel } = responseMeta(body);
    const response: ChatResponse = {
      parts: decodeTurn(message, "message", new CallIds()),
      finish: finish ?? "other",
    };
    if (usage) response.usage = usage;
    if (servedModel !== undefined) response.model = servedModel;
    const created = Date.parse(asString(body["created_at"]) ?? "");
    if (!Number.isNaN(created)) response.createdAtMs = created;
    return response;
  });
}

export function responseMeta(body: Json): ResponseMeta {
  const root = asObject(body) ?? {};
  const usage = readUsage(root);
  const finish = readFinish(root, hasCalls(asObject(root["message"])));
  const servedModel = asString(root["model"]);
  return metaOf({ usage, finish, servedModel });
}

export function encodeResponse(response: ChatResponse): JsonObject {
  return {
    model: response.model ?? "",
    created_at: new Date(response.createdAtMs ?? 0).toISOString(),
    message: encodeTurn(response.parts),
    done: true,
    done_reason: writeFinish(response.finish),
    ...(response.usage && writeUsage(response.usage)),
  };
}

/** Ollama shows the sentence under `error`; the code stands beside it for those who look. */
export function encodeError(error: WireError): JsonObject {
  return { error: error.message, code: error.code };
}

export function encodeStreamError(error: WireError): string {
  return `${JSON.stringify(encodeError(error))}\n`;
}
