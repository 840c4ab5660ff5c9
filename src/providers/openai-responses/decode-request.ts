/** A responses request into the union. */
import type {
  AssistantPart,
  ChatMessage,
  ChatRequest,
  FilePart,
  ImagePart,
  TextPart,
  Tool,
} from "../chat.ts";
import {
  carryNumbers,
  checkFields,
  crossing,
  type FieldRule,
  type Notes,
  refuse,
} from "../crossing.ts";
import { asArray, asObject, asString, isObject, lookup, objectsIn } from "../json.ts";
import { sourceOfUrl } from "../media.ts";
import type { Json, JsonObject, Result } from "../types.ts";

const FIELDS: Readonly<Record<string, FieldRule>> = {
  model: "read",
  input: "read",
  instructions: "read",
  stream: "read",
  max_output_tokens: "read",
  temperature: "read",
  top_p: "read",
  tools: "read",
  tool_choice: "read",
  parallel_tool_calls: "read",
  text: "read",
  reasoning: "read",
  user: "read",
  metadata: "read",
  background: (value) => value === false,
  truncation: (value) => value === "disabled",
  top_logprobs: (value) => value === 0,
  store: "hint",
  include: "hint",
  stream_options: "hint",
  client_metadata: "hint",
  service_tier: "hint",
  safety_identifier: "hint",
  prompt_cache_key: "hint",
  prompt_cache_options: "hint",
  prompt_cache_retention: "hint",
};

export function decodeRequest(body: JsonObject): Result<ChatRequest> {
  return crossing((notes) => {
    checkFields(body, FIELDS, "", notes);
    const request: ChatRequest = {
      model: asString(body["model"]) ?? refuse("model", "expected a string"),
      system: [],
      messages: [],
      stream: body["stream"] === true,
      tools: decodeTools(body["tools"], notes),
    };
    const instructions = asString(body["instructions"]) ?? "";
    if (instructions !== "") request.system.push({ type: "text", text: instructions });
    decodeInput(request, body["input"], notes);
    addSettings(request, body, notes);
    return request;
  });
}

function decodeInput(request: ChatRequest, input: Json | undefined, notes: Notes): void {
  if (typeof input === "string") {
    request.messages.push({ role: "user", parts: [{ type: "text", text: input }] });
    return;
  }
  const items = asArray(input) ?? refuse("input", "expected a string or an array of items");
  items.forEach((item, at) => {
    const field = `input[${at}]`;
    const decode = isObject(item) ? lookup(ITEMS, item["type"] ?? "message") : undefined;
    if (!decode || !isObject(item)) {
      return refuse(
        `${field}.type`,
        "only messages, function calls, their outputs and reasoning can be carried over",
      );
    }
    decode(request, item, field, notes);
    return undefined;
  });
}

type DecodeItem = (into: ChatRequest, item: JsonObject, field: string, notes: Notes) => void;

const ITEMS: Readonly<Record<string, DecodeItem>> = {
  message: decodeMessage,
  function_call: (into, item, field) => {
    assistantParts(into.messages).push({
      type: "tool-call",
      id: asString(item["call_id"]) ?? refuse(`${field}.call_id`, "expected a string"),
      name: asString(item["name"]) ?? refuse(`${field}.name`, "expected a string"),
      input: asString(item["arguments"]) ?? "",
    });
  },
  function_call_output: (into, item, field, notes) => {
    const callId = asString(item["call_id"]) ?? refuse(`${field}.call_id`, "expected a string");
    const content = decodeContent(item["output"], `${field}.output`, notes);
    const last = into.messages.at(-1);
    const part = { type: "tool-result" as const, callId, content };
    if (last?.role === "user" && last.parts.every((other) => other.type === "tool-result")) {
      last.parts.push(part);
    } else into.messages.push({ role: "user", parts: [part] });
  },
  reasoning: (into, item) => {
    const text = [...objectsIn(item["summary"]), ...objectsIn(item["content"])]
      .map((part) => asString(part["text"]) ?? "")
      .join("\n");
    assistantParts(into.messages).push(decodeReasoning(text, asString(item["encrypted_content"])));
  },
};

/** How redacted thinking of another provider is told from a signature. */
const REDACTED = "redacted_thinking:";

export function encryptedContent(part: {
  signature?: string;
  redacted?: string;
}): string | undefined {
  return part.redacted === undefined ? part.signature : REDACTED + part.redacted;
}

function decodeReasoning(text: string, encrypted: string | undefined): AssistantPart {
  if (encrypted?.startsWith(REDACTED)) {
    return { type: "reasoning", text: "", redacted: encrypted.slice(REDACTED.length) };
  }
  const signature = encrypted === undefined || encrypted === "" ? {} : { signature: encrypted };
  return { type: "reasoning", text, ...signature };
}

/** Items of one answer stand side by side: they join one assistant's turn. */
function assistantParts(messages: ChatMessage[]): AssistantPart[] {
  const last = messages.at(-1);
  if (last?.role === "assistant") return last.parts;
  const parts: AssistantPart[] = [];
  messages.push({ role: "assistant", parts });
  return parts;
}

function decodeMessage(into: ChatRequest, item: JsonObject, field: string, notes: Notes): void {
  const content = decodeContent(item["content"], `${field}.content`, notes);
  const texts = () =>
    content.map((part) =>
      part.type === "text" ? part : refuse(`${field}.content`, "expected text only"),
    );
  const role = item["role"];
  if (role === "user") into.messages.push({ role, parts: content });
  else if (role === "assistant") assistantParts(into.messages).push(...texts());
  else if (role !== "system" && role !== "developer") {
    refuse(`${field}.role`, "expected user, assistant, system or developer");
  } else if (into.messages.length === 0) into.system.push(...texts());
  else into.messages.push({ role: "system", parts: texts() });
}

type ContentPart = TextPart | ImagePart | FilePart;

function decodeContent(content: Json | undefined, field: string, notes: Notes): ContentPart[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  const parts = asArray(content) ?? refuse(field, "expected a string or an array of parts");
  return parts.map((part, at) => {
    const here = `${field}[${at}]`;
    const decode = isObject(part) ? lookup(PARTS, part["type"]) : undefined;
    if (!decode || !isObject(part)) {
      return refuse(`${here}.type`, "only text, image and file parts can be carried over");
    }
    return decode(part, here, notes);
  });
}

type DecodePart = (part: JsonObject, field: string, notes: Notes) => ContentPart;

const decodeText: DecodePart = (part, field) => ({
  type: "text",
  text: asString(part["text"]) ?? refuse(`${field}.text`, "expected a string"),
});

const PARTS: Readonly<Record<string, DecodePart>> = {
  input_text: decodeText,
  output_text: decodeText,
  text: decodeText,
  refusal: (part) => ({ type: "text", text: asString(part["refusal"]) ?? "", refusal: true }),
  input_image: (part, field) => {
    const url =
      asString(part["image_url"]) ??
      refuse(`${field}.file_id`, "a file id is known only to its provider; send image_url");
    const image: ImagePart = { type: "image", source: sourceOfUrl(url, `${field}.image_url`) };
    const detail = asString(part["detail"]);
    if (detail !== undefined) image.detail = detail;
    return image;
  },
  input_file: (part, field) => {
    const url = asString(part["file_data"]) ?? asString(part["file_url"]);
    if (url === undefined) {
      return refuse(`${field}.file_id`, "a file id is known only to its provider; send file_data");
    }
    const file: FilePart = { type: "file", source: sourceOfUrl(url, `${field}.file_data`) };
    const name = asString(part["filename"]);
    if (name !== undefined) file.name = name;
    return file;
  },
};

function decodeTools(value: Json | undefined, notes: Notes): Tool[] {
  const tools = asArray(value ?? []) ?? refuse("tools", "expected an array");
  const rules: Readonly<Record<string, FieldRule>> = {
    type: "read",
    name: "read",
    description: "read",
    parameters: "read",
    strict: "read",
    output_schema: "hint",
    defer_loading: (given) => given === false,
  };
  return tools.map((tool, at) => {
    const field = `tools[${at}]`;
    if (!isObject(tool) || tool["type"] !== "function") {
      return refuse(`${field}.type`, "only function tools can be carried over");
    }
    checkFields(tool, rules, field, notes);
    const decoded: Tool = {
      name: asString(tool["name"]) ?? refuse(`${field}.name`, "expected a string"),
      parameters: asObject(tool["parameters"]) ?? { type: "object", properties: {} },
    };
    const description = asString(tool["description"]);
    if (description !== undefined) decoded.description = description;
    if (typeof tool["strict"] === "boolean") decoded.strict = tool["strict"];
    return decoded;
  });
}

const NUMBERS = {
  max_output_tokens: "maxOutputTokens",
  temperature: "temperature",
  top_p: "topP",
} as const;
const CHOICES = { auto: "auto", none: "none", required: "required" } as const;

function addSettings(request: ChatRequest, body: JsonObject, notes: Notes): void {
  carryNumbers(request, body, NUMBERS);
  const choice = body["tool_choice"] ?? undefined;
  if (choice !== undefined) {
    const type = lookup(CHOICES, choice);
    const name =
      asObject(choice)?.["type"] === "function" ? asString(asObject(choice)?.["name"]) : undefined;
    if (type) request.toolChoice = { type };
    else if (name !== undefined) request.toolChoice = { type: "tool", name };
    else refuse("tool_choice", "expected none, auto, required or one named function");
  }
  if (typeof body["parallel_tool_calls"] === "boolean")
    request.parallelToolCalls = body["parallel_tool_calls"];
  addText(request, asObject(body["text"]) ?? {}, notes);
  const effort = asString(asObject(body["reasoning"])?.["effort"]);
  if (effort !== undefined) request.reasoning = { enabled: effort !== "none", effort };
  const user = asString(body["user"]);
  if (user !== undefined) request.user = user;
  const metadata = asObject(body["metadata"]);
  if (metadata && Object.keys(metadata).length > 0) request.metadata = metadata;
}

function addText(request: ChatRequest, text: JsonObject, notes: Notes): void {
  checkFields(text, { format: "read", verbosity: "hint" }, "text", notes);
  const format = asObject(text["format"]);
  const type = format?.["type"] ?? "text";
  if (!format || type === "text") return;
  const schema = asObject(format["schema"]);
  if (type === "json_object") request.responseFormat = { type: "json" };
  else if (type === "json_schema" && schema) {
    const strict = typeof format["strict"] === "boolean" ? { strict: format["strict"] } : {};
    request.responseFormat = {
      type,
      name: asString(format["name"]) ?? "answer",
      schema,
      ...strict,
    };
  } else refuse("text.format", "expected text, json_object or json_schema with a schema");
}
