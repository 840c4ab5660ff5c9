/** An Ollama chat request into the union. */
import { CallIds } from "../calls.ts";
import type {
  AssistantPart,
  ChatMessage,
  ChatRequest,
  ReasoningSetting,
  Tool,
  UserPart,
} from "../chat.ts";
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

const FIELDS: Readonly<Record<string, FieldRule>> = {
  model: "read",
  messages: "read",
  stream: "read",
  format: "read",
  options: "read",
  tools: "read",
  think: "read",
  keep_alive: "hint",
  logprobs: (value) => value === false,
  top_logprobs: (value) => value === 0,
};

/** Options that have a word in the union. */
export const NUMBERS = {
  temperature: "temperature",
  top_p: "topP",
  top_k: "topK",
  seed: "seed",
  presence_penalty: "presencePenalty",
  frequency_penalty: "frequencyPenalty",
} as const;

/** Options of the machine that runs the model: they do not shape the answer. */
const MACHINE = [
  "num_ctx",
  "num_batch",
  "num_gpu",
  "main_gpu",
  "num_thread",
  "num_keep",
  "use_mmap",
  "numa",
  "low_vram",
];

const OPTIONS: Readonly<Record<string, FieldRule>> = {
  ...Object.fromEntries(Object.keys(NUMBERS).map((name) => [name, "read"])),
  ...Object.fromEntries(MACHINE.map((name) => [name, "hint"])),
  num_predict: "read",
  stop: "read",
};

export function decodeRequest(body: JsonObject): Result<ChatRequest> {
  return crossing((notes) => {
    checkFields(body, FIELDS, "", notes);
    const request: ChatRequest = {
      model: asString(body["model"]) ?? refuse("model", "expected a string"),
      system: [],
      messages: [],
      stream: body["stream"] !== false,
      tools: decodeTools(body["tools"], notes),
    };
    decodeMessages(request, body["messages"], notes);
    addOptions(request, asObject(body["options"]) ?? {}, notes);
    const format = body["format"] ?? "";
    if (format === "json") request.responseFormat = { type: "json" };
    else if (isObject(format)) {
      request.responseFormat = { type: "json_schema", name: "answer", schema: format };
    } else if (format !== "") refuse("format", "expected json or a schema");
    const think = body["think"] ?? undefined;
    if (think !== undefined) request.reasoning = decodeThink(think);
    return request;
  });
}

function decodeThink(think: Json): ReasoningSetting {
  if (typeof think === "boolean") return { enabled: think };
  return {
    enabled: true,
    effort: asString(think) ?? refuse("think", "expected true, false or a level"),
  };
}

function addOptions(request: ChatRequest, options: JsonObject, notes: Notes): void {
  checkFields(options, OPTIONS, "options", notes);
  carryNumbers(request, options, NUMBERS, "options");
  const most = asNumber(options["num_predict"]);
  if (most !== undefined && most > 0) request.maxOutputTokens = most;
  const stop = options["stop"] ?? [];
  const stops = typeof stop === "string" ? [stop] : (asArray(stop) ?? []);
  if (stops.length === 0) return;
  request.stop = stops.map((one) => asString(one) ?? refuse("options.stop", "expected strings"));
}

const MESSAGE: Readonly<Record<string, FieldRule>> = {
  role: "read",
  content: "read",
  images: "read",
  thinking: "read",
  tool_calls: "read",
  tool_name: "read",
  tool_call_id: "read",
};

function decodeMessages(request: ChatRequest, value: Json | undefined, notes: Notes): void {
  const messages = asArray(value) ?? refuse("messages", "expected an array");
  const ids = new CallIds();
  messages.forEach((message, at) => {
    const field = `messages[${at}]`;
    if (!isObject(message)) return refuse(field, "expected an object");
    checkFields(message, MESSAGE, field, notes);
    const text =
      asString(message["content"] ?? "") ?? refuse(`${field}.content`, "expected a string");
    const role = message["role"];
    if (role === "system" && request.messages.length === 0)
      request.system.push({ type: "text", text });
    else if (role === "system") request.messages.push({ role, parts: [{ type: "text", text }] });
    else if (role === "assistant") {
      request.messages.push({ role, parts: decodeTurn(message, field, ids) });
    } else if (role === "user") {
      const parts: UserPart[] = text === "" ? [] : [{ type: "text", text }];
      for (const image of asArray(message["images"]) ?? []) parts.push(decodeImage(image, field));
      request.messages.push({ role, parts });
    } else if (role === "tool") addResult(request.messages, message, text, ids);
    else refuse(`${field}.role`, "expected system, user, assistant or tool");
    return undefined;
  });
}

/** Ollama's images are bare base64: their kind is read off their first characters. */
const IMAGE_STARTS: readonly [string, string][] = [
  ["/9j/", "image/jpeg"],
  ["iVBOR", "image/png"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
];

function decodeImage(image: Json, field: string): UserPart {
  const data = asString(image) ?? refuse(`${field}.images`, "expected base64");
  const mediaType =
    IMAGE_STARTS.find(([start]) => data.startsWith(start))?.[1] ??
    refuse(`${field}.images`, "expected a JPEG, PNG, GIF or WebP image");
  return { type: "image", source: { kind: "base64", mediaType, data } };
}

/** Thinking, text and calls of an assistant's message, asked or answered. */
export function decodeTurn(message: JsonObject, field: string, ids: CallIds): AssistantPart[] {
  const parts: AssistantPart[] = [];
  const thinking = asString(message["thinking"]) ?? "";
  if (thinking !== "") parts.push({ type: "reasoning", text: thinking });
  const text = asString(message["content"]) ?? "";
  if (text !== "") parts.push({ type: "text", text });
  const calls =
    asArray(message["tool_calls"] ?? []) ?? refuse(`${field}.tool_calls`, "expected an array");
  for (const call of calls) {
    const fn = asObject(asObject(call)?.["function"]);
    const name =
      asString(fn?.["name"]) ?? refuse(`${field}.tool_calls`, "expected functions with names");
    const id = ids.called(name, asString(asObject(call)?.["id"]));
    parts.push({ type: "tool-call", id, name, input: JSON.stringify(fn?.["arguments"] ?? {}) });
  }
  return parts;
}

function addResult(messages: ChatMessage[], message: JsonObject, text: string, ids: CallIds): void {
  const name = asString(message["tool_name"]) ?? "";
  const callId = ids.answered(name, asString(message["tool_call_id"]));
  const part: UserPart = { type: "tool-result", callId, content: [{ type: "text", text }] };
  if (name !== "") part.name = name;
  const last = messages.at(-1);
  if (last?.role === "user" && last.parts.every((other) => other.type === "tool-result")) {
    last.parts.push(part);
  } else messages.push({ role: "user", parts: [part] });
}

function decodeTools(value: Json | undefined, notes: Notes): Tool[] {
  const tools = asArray(value ?? []) ?? refuse("tools", "expected an array");
  return tools.map((tool, at) => {
    const fn = asObject(asObject(tool)?.["function"]);
    const field = `tools[${at}].function`;
    if (!fn) return refuse(field, "expected a function");
    checkFields(fn, { name: "read", description: "read", parameters: "read" }, field, notes);
    const description = asString(fn["description"]);
    return {
      name: asString(fn["name"]) ?? refuse(`${field}.name`, "expected a string"),
      parameters: asObject(fn["parameters"]) ?? { type: "object", properties: {} },
      ...(description !== undefined && { description }),
    };
  });
}
