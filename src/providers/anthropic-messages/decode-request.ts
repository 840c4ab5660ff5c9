/** A messages request into the union. */
import type { ChatMessage, ChatRequest, ReasoningSetting, Tool, ToolChoice } from "../chat.ts";
import {
  carryNumbers,
  checkFields,
  crossing,
  type FieldRule,
  type Notes,
  refuse,
} from "../crossing.ts";
import { asArray, asNumber, asObject, asString, isObject } from "../json.ts";
import type { Json, JsonObject, Result } from "../types.ts";
import {
  decodeAssistantBlocks,
  decodeCacheMark,
  decodeSystem,
  decodeUserBlocks,
} from "./blocks.ts";

/** Every field of the request; one that is not here is refused by name. */
const FIELDS: Readonly<Record<string, FieldRule>> = {
  model: "read",
  messages: "read",
  system: "read",
  max_tokens: "read",
  stream: "read",
  stop_sequences: "read",
  temperature: "read",
  top_p: "read",
  top_k: "read",
  tools: "read",
  tool_choice: "read",
  thinking: "read",
  output_config: "read",
  metadata: "read",
  cache_control: "hint",
  context_management: "hint",
  diagnostics: "hint",
  service_tier: "hint",
  speed: "hint",
  mcp_servers: (value) => Array.isArray(value) && value.length === 0,
};

export function decodeRequest(body: JsonObject): Result<ChatRequest> {
  return crossing((notes) => {
    checkFields(body, FIELDS, "", notes);
    const request: ChatRequest = {
      model: asString(body["model"]) ?? refuse("model", "expected a string"),
      system: decodeSystem(body["system"], "system", notes),
      messages: decodeMessages(body["messages"], notes),
      stream: body["stream"] === true,
      tools: decodeTools(body["tools"], notes),
    };
    addNumbers(request, body);
    addToolChoice(request, body["tool_choice"]);
    addOutput(request, body, notes);
    const user = asString(asObject(body["metadata"])?.["user_id"]);
    if (user !== undefined) request.user = user;
    return request;
  });
}

const NUMBERS = {
  max_tokens: "maxOutputTokens",
  temperature: "temperature",
  top_p: "topP",
  top_k: "topK",
} as const;

function addNumbers(request: ChatRequest, body: JsonObject): void {
  carryNumbers(request, body, NUMBERS);
  const stops = asArray(body["stop_sequences"]) ?? [];
  if (stops.length === 0) return;
  request.stop = stops.map(
    (stop) => asString(stop) ?? refuse("stop_sequences", "expected strings"),
  );
}

function decodeMessages(value: Json | undefined, notes: Notes): ChatMessage[] {
  const messages = asArray(value) ?? refuse("messages", "expected an array");
  return messages.map((message, at): ChatMessage => {
    const field = `messages[${at}]`;
    if (!isObject(message)) return refuse(field, "expected an object");
    checkFields(message, { role: "read", content: "read" }, field, notes);
    const content = message["content"];
    const here = `${field}.content`;
    if (message["role"] === "user") {
      return { role: "user", parts: decodeUserBlocks(content, here, notes) };
    }
    if (message["role"] === "assistant") {
      return { role: "assistant", parts: decodeAssistantBlocks(content, here, notes) };
    }
    if (message["role"] !== "system") {
      return refuse(`${field}.role`, "expected user, assistant or system");
    }
    return { role: "system", parts: decodeSystem(content, here, notes) };
  });
}

const TOOL: Readonly<Record<string, FieldRule>> = {
  name: "read",
  description: "read",
  input_schema: "read",
  type: "read",
  cache_control: "read",
  strict: "read",
  eager_input_streaming: "hint",
  input_examples: "hint",
  defer_loading: (value) => value === false,
  allowed_callers: (value) => Array.isArray(value) && value.every((one) => one === "direct"),
};

function decodeTools(value: Json | undefined, notes: Notes): Tool[] {
  const tools = asArray(value ?? []) ?? refuse("tools", "expected an array");
  return tools.map((tool, at) => {
    const field = `tools[${at}]`;
    if (!isObject(tool)) return refuse(field, "expected an object");
    const type = tool["type"] ?? "custom";
    if (type !== "custom") {
      return refuse(`${field}.type`, "only custom tools can be carried over, not Anthropic's own");
    }
    checkFields(tool, TOOL, field, notes);
    const decoded: Tool = {
      name: asString(tool["name"]) ?? refuse(`${field}.name`, "expected a string"),
      parameters:
        asObject(tool["input_schema"]) ?? refuse(`${field}.input_schema`, "expected a schema"),
    };
    const description = asString(tool["description"]);
    if (description !== undefined) decoded.description = description;
    if (typeof tool["strict"] === "boolean") decoded.strict = tool["strict"];
    const cache = decodeCacheMark(tool);
    if (cache) decoded.cache = cache;
    return decoded;
  });
}

const CHOICES: Readonly<Record<string, "auto" | "none" | "required">> = {
  auto: "auto",
  none: "none",
  any: "required",
};

function addToolChoice(request: ChatRequest, value: Json | undefined): void {
  const choice = asObject(value);
  if (!choice) return;
  const type = asString(choice["type"]) ?? "";
  const plain = Object.hasOwn(CHOICES, type) ? CHOICES[type] : undefined;
  const name = asString(choice["name"]);
  const decoded: ToolChoice | undefined = plain
    ? { type: plain }
    : type === "tool" && name !== undefined
      ? { type: "tool", name }
      : undefined;
  request.toolChoice = decoded ?? refuse("tool_choice", "expected auto, any, none or a named tool");
  if (typeof choice["disable_parallel_tool_use"] === "boolean") {
    request.parallelToolCalls = !choice["disable_parallel_tool_use"];
  }
}

/** Thinking, effort and the output's format. */
function addOutput(request: ChatRequest, body: JsonObject, notes: Notes): void {
  const output = asObject(body["output_config"]) ?? {};
  checkFields(output, { effort: "read", format: "read" }, "output_config", notes);
  const schema = asObject(asObject(output["format"])?.["schema"]);
  if (schema) {
    request.responseFormat = { type: "json_schema", name: "answer", schema, strict: true };
  } else if (isObject(output["format"])) {
    refuse("output_config.format", "expected a json_schema with a schema");
  }
  const effort = asString(output["effort"]);
  const thinking = asObject(body["thinking"]);
  const budgetTokens = asNumber(thinking?.["budget_tokens"]);
  if (!thinking && effort === undefined) return;
  const setting: ReasoningSetting = { enabled: thinking?.["type"] !== "disabled" };
  if (effort !== undefined) setting.effort = effort;
  if (budgetTokens !== undefined) setting.budgetTokens = budgetTokens;
  request.reasoning = setting;
}
