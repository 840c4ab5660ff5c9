/**
 * Usage as Anthropic counts it: `input_tokens` leaves out what was read from or written to the
 * cache. In streams `message_delta` carries running totals that overwrite those of `message_start`.
 */
import type { Usage } from "#events/money.ts";
import { asCount, asObject, isObject } from "../json.ts";
import type { Json, JsonObject } from "../types.ts";

export function readUsage(value: Json | undefined): Usage | undefined {
  if (!isObject(value)) return undefined;
  const read = asCount(value["cache_read_input_tokens"]);
  const written = asCount(value["cache_creation_input_tokens"]);
  const hour = Math.min(
    asCount(asObject(value["cache_creation"])?.["ephemeral_1h_input_tokens"]),
    written,
  );
  const thinking = asCount(asObject(value["output_tokens_details"])?.["thinking_tokens"]);
  const usage: Usage = {
    inputTokens: asCount(value["input_tokens"]) + read + written,
    outputTokens: asCount(value["output_tokens"]),
  };
  if (read > 0) usage.cachedReadTokens = read;
  if (written > hour) usage.cacheWrite5mTokens = written - hour;
  if (hour > 0) usage.cacheWrite1hTokens = hour;
  if (thinking > 0) usage.reasoningTokens = Math.min(thinking, usage.outputTokens);
  return usage;
}

/** Later totals over earlier ones, member by member; a null says nothing new. */
export function mergeUsage(earlier: JsonObject, later: Json | undefined): JsonObject {
  const merged: JsonObject = { ...earlier };
  if (!isObject(later)) return merged;
  for (const [name, value] of Object.entries(later)) if (value !== null) merged[name] = value;
  return merged;
}

export function writeUsage(usage: Usage): JsonObject {
  const read = usage.cachedReadTokens ?? 0;
  const fiveMinutes = usage.cacheWrite5mTokens ?? 0;
  const hour = usage.cacheWrite1hTokens ?? 0;
  const written = fiveMinutes + hour;
  const body: JsonObject = {
    input_tokens: Math.max(usage.inputTokens - read - written, 0),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    output_tokens: usage.outputTokens,
  };
  if (written > 0) {
    body["cache_creation"] = {
      ephemeral_5m_input_tokens: fiveMinutes,
      ephemeral_1h_input_tokens: hour,
    };
  }
  if (usage.reasoningTokens !== undefined) {
    body["output_tokens_details"] = { thinking_tokens: usage.reasoningTokens };
  }
  return body;
}
