/**
 * Usage as OpenAI's chat completions count it: `prompt_tokens` includes cached tokens and
 * `completion_tokens` includes reasoning. Some hosts of this dialect leave reasoning out of
 * `completion_tokens` but not out of `total_tokens`, so the larger reading counts.
 */
import type { Usage } from "#events/money.ts";
import { asCount, asObject, isObject } from "../json.ts";
import type { Json, JsonObject } from "../types.ts";

export function readUsage(value: Json | undefined): Usage | undefined {
  if (!isObject(value)) return undefined;
  const inputTokens = asCount(value["prompt_tokens"]);
  const beyondInput = asCount(value["total_tokens"]) - inputTokens;
  const outputTokens = Math.max(asCount(value["completion_tokens"]), beyondInput);
  const input = asObject(value["prompt_tokens_details"]);
  const output = asObject(value["completion_tokens_details"]);
  const cached = asCount(input?.["cached_tokens"]) || asCount(value["prompt_cache_hit_tokens"]);
  const written = asCount(input?.["cache_write_tokens"]);
  const reasoning = asCount(output?.["reasoning_tokens"]);
  const usage: Usage = { inputTokens, outputTokens };
  if (cached > 0) usage.cachedReadTokens = Math.min(cached, inputTokens);
  if (written > 0)
    usage.cacheWrite5mTokens = Math.min(written, inputTokens - Math.min(cached, inputTokens));
  if (reasoning > 0) usage.reasoningTokens = Math.min(reasoning, outputTokens);
  return usage;
}

export function writeUsage(usage: Usage): JsonObject {
  const written = (usage.cacheWrite5mTokens ?? 0) + (usage.cacheWrite1hTokens ?? 0);
  const input: JsonObject = { cached_tokens: usage.cachedReadTokens ?? 0 };
  if (written > 0) input["cache_write_tokens"] = written;
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: input,
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
  };
}
