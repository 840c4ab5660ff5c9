/** The messages of a chat completions request into the union. */
import type {
  AssistantPart,
  CacheMark,
  ChatMessage,
  FilePart,
  ImagePart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  UserPart,
} from "../chat.ts";
import { checkFields, type FieldRule, type Notes, refuse } from "../crossing.ts";
import { asArray, asObject, asString, isObject, lookup, objectsIn } from "../json.ts";
import { sourceOfUrl } from "../media.ts";
import type { Json, JsonObject } from "../types.ts";
import { readSignature } from "./message.ts";

interface Decoded {
  system: TextPart[];
  messages: ChatMessage[];
}

/** Leading system and developer messages become `system`; later ones stay where they stand. */
export function decodeMessages(value: Json | undefined, notes: Notes): Decoded {
  const decoded: Decoded = { system: [], messages: [] };
  const messages = asArray(value) ?? refuse("messages", "expected an array");
  for (let at = 0; at < messages.length; at += 1) {
    const field = `messages[${at}]`;
    const message = asObject(messages[at]) ?? refuse(field, "expected an object");
    const decode = lookup(ROLES, message["role"]);
    if (!decode) refuse(`${field}.role`, "expected system, developer, user, assistant or tool");
    decode(decoded, message, field, notes);
  }
  return decoded;
}

type DecodeRole = (into: Decoded, message: JsonObject, field: string, notes: Notes) => void;

const ROLES: Readonly<Record<string, DecodeRole>> = {
  system: decodeSystem,
  developer: decodeSystem,
  user: decodeUser,
  assistant: decodeAssistant,
  tool: decodeTool,
};

const PLAIN: Readonly<Record<string, FieldRule>> = { role: "read", content: "read", name: "read" };

function decodeSystem(into: Decoded, message: JsonObject, field: string, notes: Notes): void {
  checkFields(message, PLAIN, field, notes);
  const parts = textParts(message["content"], `${field}.content`, notes);
  if (into.messages.length === 0) into.system.push(...parts);
  else into.messages.push(named({ role: "system", parts }, message));
}

function decodeUser(into: Decoded, message: JsonObject, field: string, notes: Notes): void {
  checkFields(message, PLAIN, field, notes);
  const parts: UserPart[] = contentParts(message["content"], `${field}.content`, notes);
  into.messages.push(named({ role: "user", parts }, message));
}

function named<T extends ChatMessage>(decoded: T, message: JsonObject): T {
  const name = asString(message["name"]);
  if (name !== undefined) decoded.name = name;
  return decoded;
}

const ASSISTANT: Readonly<Record<string, FieldRule>> = {
  ...PLAIN,
  tool_calls: "read",
  refusal: "read",
  reasoning: "read",
  reasoning_content: "read",
  reasoning_details: "read",
  annotations: "hint",
};

function decodeAssistant(into: Decoded, message: JsonObject, field: string, notes: Notes): void {
  checkFields(message, ASSISTANT, field, notes);
  into.messages.push(
    named({ role: "assistant", parts: assistantParts(message, field, notes) }, message),
  );
}

/** Reasoning, text, refusal and tool calls of an assistant's message, asked or answered. */
export function assistantParts(message: JsonObject, field: string, notes: Notes): AssistantPart[] {
  const parts: AssistantPart[] = reasoningParts(message);
  const content = message["content"] ?? undefined;
  if (content !== undefined && content !== "") {
    parts.push(...textParts(content, `${field}.content`, notes));
  }
  const refusal = asString(message["refusal"]);
  if (refusal !== undefined) parts.push({ type: "text", text: refusal, refusal: true });
  const calls =
    asArray(message["tool_calls"] ?? []) ?? refuse(`${field}.tool_calls`, "expected an array");
  for (let at = 0; at < calls.length; at += 1) {
    const call = asObject(calls[at]) ?? {};
    const fn = asObject(call["function"]);
    const id = asString(call["id"]);
    const name = asString(fn?.["name"]);
    if (!fn || id === undefined || name === undefined) {
      return refuse(`${field}.tool_calls[${at}]`, "expected a function call with id and name");
    }
    const part: ToolCallPart = {
      type: "tool-call",
      id,
      name,
      input: asString(fn["arguments"]) ?? "",
    };
    const signature = readSignature(call);
    if (signature !== undefined) part.signature = signature;
    parts.push(part);
  }
  return parts;
}

function reasoningParts(message: JsonObject): AssistantPart[] {
  const details = objectsIn(message["reasoning_details"]);
  const parts: AssistantPart[] = [];
  for (const detail of details) {
    const redacted = asString(detail["data"]);
    const signature = asString(detail["signature"]);
    const text = asString(detail["text"]) ?? asString(detail["summary"]) ?? "";
    if (redacted !== undefined) parts.push({ type: "reasoning", text: "", redacted });
    else if (signature !== undefined) parts.push({ type: "reasoning", text, signature });
    else if (text !== "") parts.push({ type: "reasoning", text });
  }
  if (parts.length > 0) return parts;
  const text = asString(message["reasoning_content"]) ?? asString(message["reasoning"]) ?? "";
  return text === "" ? [] : [{ type: "reasoning", text }];
}

const TOOL: Readonly<Record<string, FieldRule>> = {
  ...PLAIN,
  tool_call_id: "read",
  cache_control: "read",
};

/** Consecutive tool messages become one user turn: other dialects want all results together. */
function decodeTool(into: Decoded, message: JsonObject, field: string, notes: Notes): void {
  checkFields(message, TOOL, field, notes);
  const part: ToolResultPart = {
    type: "tool-result",
    callId:
      asString(message["tool_call_id"]) ?? refuse(`${field}.tool_call_id`, "expected a string"),
    content: contentParts(message["content"], `${field}.content`, notes),
  };
  const cache = decodeCacheMark(message);
  if (cache) part.cache = cache;
  const last = into.messages.at(-1);
  if (last?.role === "user" && last.parts.every((other) => other.type === "tool-result")) {
    last.parts.push(part);
  } else {
    into.messages.push({ role: "user", parts: [part] });
  }
}

function textParts(content: Json | undefined, field: string, notes: Notes): TextPart[] {
  return contentParts(content, field, notes).map((part) =>
    part.type === "text" ? part : refuse(field, "expected text only"),
  );
}

type ContentPart = TextPart | ImagePart | FilePart;

function contentParts(content: Json | undefined, field: string, notes: Notes): ContentPart[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (content === null || content === undefined) return [];
  const parts = asArray(content) ?? refuse(field, "expected a string or an array of parts");
  return parts.map((part, at) => {
    const here = `${field}[${at}]`;
    const kind = isObject(part) ? lookup(PARTS, part["type"]) : undefined;
    if (!kind || !isObject(part)) {
      return refuse(`${here}.type`, "only text, image_url and file parts can be carried over");
    }
    checkFields(part, kind.fields, here, notes);
    const decoded = kind.decode(part, here);
    const cache = decodeCacheMark(part);
    if (cache) decoded.cache = cache;
    return decoded;
  });
}

interface PartKind {
  fields: Readonly<Record<string, FieldRule>>;
  decode(part: JsonObject, field: string): ContentPart;
}

const MARKS = { type: "read", cache_control: "read", prompt_cache_breakpoint: "read" } as const;

const PARTS: Readonly<Record<string, PartKind>> = {
  text: {
    fields: { ...MARKS, text: "read" },
    decode: (part, field) => ({
      type: "text",
      text: asString(part["text"]) ?? refuse(`${field}.text`, "expected a string"),
    }),
  },
  refusal: {
    fields: { ...MARKS, refusal: "read" },
    decode: (part) => ({ type: "text", text: asString(part["refusal"]) ?? "", refusal: true }),
  },
  image_url: { fields: { ...MARKS, image_url: "read" }, decode: decodeImage },
  file: { fields: { ...MARKS, file: "read" }, decode: decodeFile },
};

function decodeImage(part: JsonObject, field: string): ImagePart {
  const image = asObject(part["image_url"]);
  const url = asString(image?.["url"]) ?? refuse(`${field}.image_url.url`, "expected a string");
  const decoded: ImagePart = { type: "image", source: sourceOfUrl(url, `${field}.image_url.url`) };
  const detail = asString(image?.["detail"]);
  if (detail !== undefined) decoded.detail = detail;
  return decoded;
}

function decodeFile(part: JsonObject, field: string): FilePart {
  const file = asObject(part["file"]);
  const data = asString(file?.["file_data"]);
  if (data === undefined) {
    return refuse(
      `${field}.file.file_id`,
      "a file id is known only to its provider; send file_data",
    );
  }
  const decoded: FilePart = { type: "file", source: sourceOfUrl(data, `${field}.file.file_data`) };
  const name = asString(file?.["filename"]);
  if (name !== undefined) decoded.name = name;
  return decoded;
}

/**
 * A caching mark in either form: `cache_control` as hosts in front of several providers take it,
 * `prompt_cache_breakpoint` as OpenAI does.
 */
export function decodeCacheMark(part: JsonObject): CacheMark | undefined {
  const control = asObject(part["cache_control"]);
  if (control) return { ttl: control["ttl"] === "1h" ? "1h" : "5m" };
  return isObject(part["prompt_cache_breakpoint"]) ? { ttl: "5m" } : undefined;
}
