/** Google's generationConfig and toolConfig to and from the union. */
import type { ChatRequest, ReasoningSetting } from "../chat.ts";
import { carryNumbers, checkFields, type FieldRule, type Notes, refuse } from "../crossing.ts";
import { asArray, asNumber, asObject, asString, compact, isObject, lookup } from "../json.ts";
import type { Json, JsonObject } from "../types.ts";
import { camel, jsonSchemaOf } from "./shapes.ts";

const NUMBERS = {
  maxOutputTokens: "maxOutputTokens",
  temperature: "temperature",
  topP: "topP",
  topK: "topK",
  seed: "seed",
  presencePenalty: "presencePenalty",
  frequencyPenalty: "frequencyPenalty",
} as const;

const CONFIG: Readonly<Record<string, FieldRule>> = {
  ...Object.fromEntries(Object.keys(NUMBERS).map((name) => [name, "read"])),
  stopSequences: "read",
  responseMimeType: "read",
  responseSchema: "read",
  responseJsonSchema: "read",
  thinkingConfig: "read",
  candidateCount: (value) => value === 1,
  responseLogprobs: (value) => value === false,
  responseModalities: (value) =>
    Array.isArray(value) && value.every((mode) => asString(mode)?.toUpperCase() === "TEXT"),
  mediaResolution: "hint",
};

export function addConfig(request: ChatRequest, config: JsonObject, notes: Notes): void {
  checkFields(config, CONFIG, "generationConfig", notes);
  carryNumbers(request, config, NUMBERS, "generationConfig");
  const stops = asArray(config["stopSequences"]) ?? [];
  if (stops.length > 0) {
    request.stop = stops.map(
      (stop) => asString(stop) ?? refuse("generationConfig.stopSequences", "expected strings"),
    );
  }
  addFormat(request, config);
  addThinking(request, camel(config["thinkingConfig"]));
}

function addFormat(request: ChatRequest, config: JsonObject): void {
  const type = config["responseMimeType"] ?? "text/plain";
  if (type === "text/plain") return;
  if (type !== "application/json")
    refuse("generationConfig.responseMimeType", "expected text/plain or application/json");
  const schema =
    asObject(config["responseJsonSchema"]) ?? jsonSchemaOf(config["responseSchema"] ?? null);
  request.responseFormat = isObject(schema)
    ? { type: "json_schema", name: "answer", schema }
    : { type: "json" };
}

function addThinking(request: ChatRequest, thinking: JsonObject): void {
  const budget = asNumber(thinking["thinkingBudget"]);
  const level = asString(thinking["thinkingLevel"]);
  if (budget === undefined && level === undefined && thinking["includeThoughts"] !== true) return;
  const setting: ReasoningSetting = { enabled: budget !== 0 };
  if (budget !== undefined && budget > 0) setting.budgetTokens = budget;
  if (level !== undefined) setting.effort = level.toLowerCase();
  request.reasoning = setting;
}

const MODES: Readonly<Record<string, "auto" | "none" | "required">> = {
  AUTO: "auto",
  VALIDATED: "auto",
  NONE: "none",
  ANY: "required",
};

export function addToolChoice(request: ChatRequest, toolConfig: JsonObject, notes: Notes): void {
  checkFields(toolConfig, { functionCallingConfig: "read" }, "toolConfig", notes);
  const calling = camel(toolConfig["functionCallingConfig"]);
  const mode = lookup(MODES, calling["mode"]);
  if (!mode) return;
  const allowed = asArray(calling["allowedFunctionNames"]) ?? [];
  const [only] = allowed;
  if (allowed.length > 1) {
    refuse("toolConfig.functionCallingConfig.allowedFunctionNames", "expected at most one name");
  }
  request.toolChoice = typeof only === "string" ? { type: "tool", name: only } : { type: mode };
}

/** The generationConfig of a request in the union. */
export function encodeConfig(request: ChatRequest): JsonObject | undefined {
  const format = request.responseFormat;
  const config = compact({
    ...Object.fromEntries(Object.entries(NUMBERS).map(([name, key]) => [name, request[key]])),
    stopSequences: request.stop,
    responseMimeType: format ? "application/json" : undefined,
    responseJsonSchema: format?.type === "json_schema" ? format.schema : undefined,
    thinkingConfig: encodeThinking(request),
  });
  return Object.keys(config).length > 0 ? config : undefined;
}

/** Budgets for models that take no level: the vendor's own table for its OpenAI endpoint. */
const BUDGETS: Readonly<Record<string, number>> = {
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

const LEVELS: Readonly<Record<string, string>> = {
  minimal: "MINIMAL",
  low: "LOW",
  medium: "MEDIUM",
  high: "HIGH",
  xhigh: "HIGH",
  max: "HIGH",
};

function encodeThinking(request: ChatRequest): JsonObject | undefined {
  const setting = request.reasoning;
  if (!setting) return undefined;
  if (!setting.enabled) return { thinkingBudget: 0 };
  const { effort, budgetTokens } = setting;
  if (budgetTokens !== undefined) return { includeThoughts: true, thinkingBudget: budgetTokens };
  if (effort === undefined) return { includeThoughts: true };
  const takesLevel = !/gemini-(1|2)\b/.test(request.model);
  const value: Json | undefined = lookup<Json>(takesLevel ? LEVELS : BUDGETS, effort);
  if (value === undefined) return refuse("reasoning_effort", "expected minimal to max");
  return { includeThoughts: true, [takesLevel ? "thinkingLevel" : "thinkingBudget"]: value };
}

export function encodeToolChoice(request: ChatRequest): JsonObject | undefined {
  const choice = request.toolChoice;
  if (!choice) return undefined;
  const words = { auto: "AUTO", none: "NONE", required: "ANY", tool: "ANY" } as const;
  const calling: JsonObject = { mode: words[choice.type] };
  if (choice.type === "tool") calling["allowedFunctionNames"] = [choice.name];
  return { functionCallingConfig: calling };
}
