/** The union into a response object, and what is read off one that passes through. */
import type { Usage } from "#events/money.ts";
import { answerId, type AssistantPart, type ChatResponse, type FinishReason } from "../chat.ts";
import { asCount, asObject, asString, compact, isObject, objectsIn } from "../json.ts";
import { metaOf, type ResponseMeta } from "../response-meta.ts";
import type { Json, JsonObject } from "../types.ts";
import { encryptedContent } from "./decode-request.ts";

export function readUsage(value: Json | undefined): Usage | undefined {
  if (!isObject(value)) return undefined;
  const cached = asCount(asObject(value["input_tokens_details"])?.["cached_tokens"]);
  const written = asCount(asObject(value["input_tokens_details"])?.["cache_write_tokens"]);
  const reasoning = asCount(asObject(value["output_tokens_details"])?.["reasoning_tokens"]);
  const usage: Usage = {
    inputTokens: asCount(value["input_tokens"]),
    outputTokens: asCount(value["output_tokens"]),
  };
  if (cached > 0) usage.cachedReadTokens = Math.min(cached, usage.inputTokens);
  if (written > 0)
    usage.cacheWrite5mTokens = Math.min(
      written,
      usage.inputTokens - Math.min(cached, usage.inputTokens),
    );
  if (reasoning > 0) usage.reasoningTokens = Math.min(reasoning, usage.outputTokens);
  return usage;
}

export function writeUsage(usage: Usage): JsonObject {
  const written = (usage.cacheWrite5mTokens ?? 0) + (usage.cacheWrite1hTokens ?? 0);
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cachedReadTokens ?? 0,
      cache_write_tokens: written,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

/** What an incomplete response says of its end. */
const INCOMPLETE: Readonly<Partial<Record<FinishReason, string>>> = {
  length: "max_output_tokens",
  content_filter: "content_filter",
};

export function readFinish(root: JsonObject): FinishReason | undefined {
  const reason = asObject(root["incomplete_details"])?.["reason"];
  if (root["status"] === "failed") return "error";
  if (root["status"] === "incomplete") {
    return reason === "content_filter"
      ? "content_filter"
      : reason === "max_output_tokens"
        ? "length"
        : "other";
  }
  if (root["status"] !== "completed") return undefined;
  const hasCalls = objectsIn(root["output"]).some((item) => item["type"] === "function_call");
  return hasCalls ? "tool_calls" : "stop";
}

export function responseMeta(body: Json): ResponseMeta {
  const root = asObject(body) ?? {};
  const usage = readUsage(root["usage"]);
  const finish = readFinish(root);
  const servedModel = asString(root["model"]);
  const responseId = asString(root["id"]);
  return metaOf({ usage, finish, servedModel, responseId });
}

export function encodeResponse(response: ChatResponse): JsonObject {
  const id = answerId(response, "resp_");
  return responseObject({
    id,
    model: response.model ?? "",
    createdAtMs: response.createdAtMs ?? 0,
    output: response.parts.map((part, at) => encodeItem(part, `${id}_${at}`)),
    finish: response.finish,
    usage: response.usage,
  });
}

/** The response object at any moment of its life; no finish means that it goes on. */
export function responseObject(state: {
  id: string;
  model: string;
  createdAtMs: number;
  output: Json[];
  finish?: FinishReason | undefined;
  usage?: Usage | undefined;
}): JsonObject {
  const reason = state.finish && INCOMPLETE[state.finish];
  const ended = reason === undefined ? "completed" : "incomplete";
  return compact({
    id: state.id,
    object: "response",
    created_at: Math.floor(state.createdAtMs / 1000),
    status: state.finish === undefined ? "in_progress" : ended,
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    instructions: null,
    metadata: {},
    model: state.model,
    output: state.output,
    parallel_tool_calls: true,
    temperature: null,
    tool_choice: "auto",
    tools: [],
    top_p: null,
    usage: state.usage ? writeUsage(state.usage) : undefined,
  });
}

/** One finished output item. */
export function encodeItem(part: AssistantPart, id: string): JsonObject {
  if (part.type === "tool-call") {
    const { id: call_id, name, input } = part;
    return {
      type: "function_call",
      id: `fc_${id}`,
      call_id,
      name,
      arguments: input,
      status: "completed",
    };
  }
  if (part.type === "reasoning") {
    const summary = part.text === "" ? [] : [{ type: "summary_text", text: part.text }];
    return compact({
      type: "reasoning",
      id: `rs_${id}`,
      summary,
      encrypted_content: encryptedContent(part),
    });
  }
  const content = part.refusal
    ? { type: "refusal", refusal: part.text }
    : { type: "output_text", text: part.text, annotations: [], logprobs: [] };
  return {
    type: "message",
    id: `msg_${id}`,
    role: "assistant",
    status: "completed",
    content: [content],
  };
}
