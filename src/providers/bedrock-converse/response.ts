/** A Converse answer (not streamed) into the union, and what the books take from it. */
import type { Usage } from "#events/money.ts";
import type { ChatResponse, FinishReason } from "../chat.ts";
import { crossing, refuse } from "../crossing.ts";
import { asCount, asObject, isObject, lookup, objectsIn } from "../json.ts";
import { metaOf } from "../response-meta.ts";
import type { Json, Result, UpstreamDialect } from "../types.ts";
import { decodeBlocks } from "./blocks.ts";

const FINISHES: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  content_filtered: "content_filter",
  guardrail_intervened: "content_filter",
  malformed_model_output: "error",
  malformed_tool_use: "error",
};

export function readFinish(value: Json | undefined): FinishReason | undefined {
  return typeof value === "string" ? (lookup(FINISHES, value) ?? "other") : undefined;
}

/**
 * Tokens read from and written to the cache are counted apart from `inputTokens`; `cacheDetails`
 * says for how long what was written stays.
 */
export function readUsage(value: Json | undefined): Usage | undefined {
  if (!isObject(value)) return undefined;
  const read = asCount(value["cacheReadInputTokens"]);
  const written = asCount(value["cacheWriteInputTokens"]);
  const hourly = objectsIn(value["cacheDetails"]).find(({ ttl }) => ttl === "1h");
  const hour = Math.min(asCount(hourly?.["inputTokens"]), written);
  const usage: Usage = {
    inputTokens: asCount(value["inputTokens"]) + read + written,
    outputTokens: asCount(value["outputTokens"]),
  };
  if (read > 0) usage.cachedReadTokens = read;
  if (written > hour) usage.cacheWrite5mTokens = written - hour;
  if (hour > 0) usage.cacheWrite1hTokens = hour;
  return usage;
}

export function decodeResponse(body: Json): Result<ChatResponse> {
  return crossing(() => {
    const message = isObject(body) ? asObject(asObject(body["output"])?.["message"]) : undefined;
    const content = message?.["content"];
    if (!Array.isArray(content)) return refuse("output.message.content", "expected content blocks");
    const { usage, finish } = responseMeta(body);
    return {
      parts: decodeBlocks(content),
      finish: finish ?? "other",
      ...(usage && { usage }),
    };
  });
}

export const responseMeta: UpstreamDialect["responseMeta"] = (body) => {
  const root = asObject(body);
  const usage = readUsage(root?.["usage"]);
  const finish = readFinish(root?.["stopReason"]);
  return metaOf({ usage, finish });
};
