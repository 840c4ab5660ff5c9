/**
 * How much a Claude model is asked to think, and in which form it takes an answer's schema. Models
 * from 4.6 on think adaptively and take an effort; older ones take a budget in tokens.
 * Source: platform.claude.com/docs/en/build-with-claude/extended-thinking and .../effort.
 */
import type { ChatRequest } from "../chat.ts";
import { type Notes, refuse } from "../crossing.ts";
import { lookup } from "../json.ts";
import type { Json, JsonObject } from "../types.ts";

const EFFORTS: Readonly<Record<string, string>> = {
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "xhigh",
  max: "max",
};

/** Tokens of thinking an effort stands for on models that take a budget. */
const BUDGETS: Readonly<Record<string, number>> = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 32_768,
  max: 32_768,
};

/** The least budget the API takes. */
const BUDGET_MIN = 1024;

export function encodeReasoning(
  request: ChatRequest,
  maxTokens: number,
  notes: Notes,
): { [key: string]: Json | undefined } {
  const output: JsonObject = {};
  const format = request.responseFormat;
  if (format?.type === "json") {
    refuse("response_format", "Anthropic has no plain JSON mode; send a json_schema");
  }
  if (format) output["format"] = { type: "json_schema", schema: format.schema };
  const thinking = encodeThinking(request, maxTokens, output, notes);
  return { thinking, output_config: Object.keys(output).length > 0 ? output : undefined };
}

function encodeThinking(
  request: ChatRequest,
  maxTokens: number,
  output: JsonObject,
  notes: Notes,
): JsonObject | undefined {
  const setting = request.reasoning;
  if (!setting) return undefined;
  if (!setting.enabled) return { type: "disabled" };
  if (setting.budgetTokens !== undefined) {
    return { type: "enabled", budget_tokens: setting.budgetTokens };
  }
  const effort = setting.effort;
  if (effort === undefined) return { type: "adaptive" };
  if (thinksAdaptively(request.model)) {
    output["effort"] =
      lookup(EFFORTS, effort) ?? refuse("reasoning_effort", "expected minimal to max");
    return { type: "adaptive" };
  }
  const budget = lookup(BUDGETS, effort) ?? refuse("reasoning_effort", "expected minimal to max");
  if (maxTokens <= BUDGET_MIN) {
    notes.push({
      field: "reasoning_effort",
      message: "left out: the output cap leaves no room to think",
    });
    return undefined;
  }
  return { type: "enabled", budget_tokens: Math.min(budget, Math.max(maxTokens - 1, BUDGET_MIN)) };
}

/** `claude-opus-4-8` yes, `claude-sonnet-4-5-20250929` and `claude-3-7-sonnet` no. */
export function thinksAdaptively(model: string): boolean {
  const found = /claude-(?:[a-z]+-)?(\d+)(?:-(\d{1,2})(?!\d))?/.exec(model);
  if (!found) return true;
  const major = Number(found[1]);
  return major > 4 || (major === 4 && Number(found[2] ?? 0) >= 6);
}
