/** A chat completions request into the union. */
import type { ChatRequest, ResponseFormat, Tool, ToolChoice } from "../chat.ts";
import {
  carryNumbers,
  checkFields,
  crossing,
  type FieldRule,
  type Notes,
  refuse,
} from "../crossing.ts";
import { asArray, asObject, asString, isObject, lookup } from "../json.ts";
import type { Json, JsonObject, Result } from "../types.ts";
import { decodeCacheMark, decodeMessages } from "./decode-messages.ts";

const isEmpty: FieldRule = (value) =>
  value === false ||
  value === 0 ||
  (typeof value === "object" && value !== null && Object.keys(value).length === 0);

/** Every field of the request; one that is not here is refused by name. */
const FIELDS: Readonly<Record<string, FieldRule>> = {
  model: "read",
  messages: "read",
  stream: "read",
  stream_options: "read",
  max_tokens: "read",
  max_completion_tokens: "read",
  temperature: "read",
  top_p: "read",
  top_k: "read",
  frequency_penalty: "read",
  presence_penalty: "read",
  stop: "read",
  seed: "read",
  tools: "read",
  tool_choice: "read",
  parallel_tool_calls: "read",
  response_format: "read",
  reasoning_effort: "read",
  user: "read",
  metadata: "read",
  n: (value) => value === 1,
  logprobs: isEmpty,
  top_logprobs: isEmpty,
  logit_bias: isEmpty,
  functions: isEmpty,
  modalities: (value) => Array.isArray(value) && value.every((mode) => mode === "text"),
  verbosity: (value) => value === "medium",
  prediction: "hint",
  safety_identifier: "hint",
  service_tier: "hint",
  store: "hint",
  prompt_cache_key: "hint",
  prompt_cache_options: "hint",
  prompt_cache_retention: "hint",
};

export function decodeRequest(body: JsonObject): Result<ChatRequest> {
  return crossing((notes) => {
    checkFields(body, FIELDS, "", notes);
    const { system, messages } = decodeMessages(body["messages"], notes);
    const request: ChatRequest = {
      model: asString(body["model"]) ?? refuse("model", "expected a string"),
      system,
      messages,
      stream: body["stream"] === true,
      tools: decodeTools(body["tools"], notes),
    };
    addNumbers(request, body);
    addChoices(request, body);
    return request;
  });
}

const NUMBERS = {
  max_tokens: "maxOutputTokens",
  max_completion_tokens: "maxOutputTokens",
  temperature: "temperature",
  top_p: "topP",
  top_k: "topK",
  frequency_penalty: "frequencyPenalty",
  presence_penalty: "presencePenalty",
  seed: "seed",
} as const;

function addNumbers(request: ChatRequest, body: JsonObject): void {
  carryNumbers(request, body, NUMBERS);
}

function addChoices(request: ChatRequest, body: JsonObject): void {
  const stop = body["stop"] ?? undefined;
  if (stop !== undefined) request.stop = decodeStop(stop);
  const choice = decodeToolChoice(body["tool_choice"]);
  if (choice) request.toolChoice = choice;
  const parallel = body["parallel_tool_calls"];
  if (typeof parallel === "boolean") request.parallelToolCalls = parallel;
  const format = decodeFormat(body["response_format"]);
  if (format) request.responseFormat = format;
  const effort = asString(body["reasoning_effort"]);
  if (effort !== undefined) request.reasoning = { enabled: effort !== "none", effort };
  const user = asString(body["user"]);
  if (user !== undefined) request.user = user;
  const metadata = asObject(body["metadata"]);
  if (metadata && Object.keys(metadata).length > 0) request.metadata = metadata;
}

function decodeStop(stop: Json): string[] {
  if (typeof stop === "string") return [stop];
  if (Array.isArray(stop))
    return stop.map((one) => asString(one) ?? refuse("stop", "expected strings"));
  return refuse("stop", "expected a string or an array of strings");
}

const TOOL: Readonly<Record<string, FieldRule>> = {
  type: "read",
  function: "read",
  cache_control: "read",
};
const FUNCTION: Readonly<Record<string, FieldRule>> = {
  name: "read",
  description: "read",
  parameters: "read",
  strict: "read",
};

function decodeTools(value: Json | undefined, notes: Notes): Tool[] {
  const tools = asArray(value ?? []) ?? refuse("tools", "expected an array");
  return tools.map((tool, at) => {
    const field = `tools[${at}]`;
    if (!isObject(tool) || tool["type"] !== "function" || !isObject(tool["function"])) {
      return refuse(`${field}.type`, "only function tools can be carried over");
    }
    checkFields(tool, TOOL, field, notes);
    const fn = tool["function"];
    checkFields(fn, FUNCTION, `${field}.function`, notes);
    const decoded: Tool = {
      name: asString(fn["name"]) ?? refuse(`${field}.function.name`, "expected a string"),
      parameters: asObject(fn["parameters"]) ?? { type: "object", properties: {} },
    };
    const description = asString(fn["description"]);
    if (description !== undefined) decoded.description = description;
    if (typeof fn["strict"] === "boolean") decoded.strict = fn["strict"];
    const cache = decodeCacheMark(tool);
    if (cache) decoded.cache = cache;
    return decoded;
  });
}

const PLAIN_CHOICES: Readonly<Record<string, ToolChoice>> = {
  auto: { type: "auto" },
  none: { type: "none" },
  required: { type: "required" },
};

function decodeToolChoice(value: Json | undefined): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined;
  const plain = lookup(PLAIN_CHOICES, value);
  if (plain) return plain;
  const name = asString(asObject(asObject(value)?.["function"])?.["name"]);
  return name === undefined
    ? refuse("tool_choice", "expected none, auto, required or one named function")
    : { type: "tool", name };
}

/** What Workers AI's callers write in the place of OpenAI's envelope: the schema itself. */
function bareSchema(spec: JsonObject | undefined): JsonObject | undefined {
  return spec?.["type"] === "object" || asObject(spec?.["properties"]) ? spec : undefined;
}

function decodeFormat(value: Json | undefined): ResponseFormat | undefined {
  if (value === undefined || value === null) return undefined;
  const type = asObject(value)?.["type"];
  if (type === "text") return undefined;
  if (type === "json_object") return { type: "json" };
  const spec = asObject(asObject(value)?.["json_schema"]);
  const schema = asObject(spec?.["schema"]) ?? bareSchema(spec);
  if (type !== "json_schema" || !spec || !schema) {
    return refuse("response_format", "expected text, json_object or json_schema with a schema");
  }
  const format: ResponseFormat = {
    type: "json_schema",
    name: asString(spec["name"]) ?? "answer",
    schema,
  };
  if (schema === spec) return format;
  if (typeof spec["strict"] === "boolean") format.strict = spec["strict"];
  const description = asString(spec["description"]);
  if (description !== undefined) format.description = description;
  return format;
}
