/** The union into a messages request. */
import { safeId } from "../calls.ts";
import type {
  AssistantPart,
  CacheMark,
  ChatMessage,
  ChatRequest,
  MediaSource,
  UserPart,
} from "../chat.ts";
import { crossing, type Notes, refuse } from "../crossing.ts";
import { compact, parseObject } from "../json.ts";
import { isTextMedia, decodeBase64Text } from "../texts.ts";
import type { Json, JsonObject, Result } from "../types.ts";
import { encodeReasoning } from "./thinking.ts";

export function encodeRequest(request: ChatRequest): Result<JsonObject> {
  return crossing((notes) => {
    checkSampling(request, notes);
    if (request.metadata)
      notes.push({ field: "metadata", message: "left out: Anthropic takes a user id only" });
    const messages = request.messages.flatMap((message) => encodeMessage(message, notes));
    if (messages.length === 0)
      refuse("messages", "expected at least one message beside the system prompt");
    const maxTokens =
      request.maxOutputTokens ?? refuse("max_tokens", "Anthropic requires a cap on output tokens");
    return compact({
      model: request.model,
      max_tokens: maxTokens,
      system: encodeSystem(request),
      messages,
      stream: request.stream ? true : undefined,
      temperature: request.temperature,
      top_p: request.topP,
      top_k: request.topK,
      stop_sequences: request.stop,
      ...encodeTools(request),
      ...encodeReasoning(request, maxTokens, notes),
      metadata: request.user === undefined ? undefined : { user_id: request.user },
    });
  });
}

function checkSampling(request: ChatRequest, notes: Notes): void {
  if ((request.temperature ?? 0) > 1) refuse("temperature", "Anthropic takes 0 to 1");
  for (const name of ["frequencyPenalty", "presencePenalty"] as const) {
    const field = name === "frequencyPenalty" ? "frequency_penalty" : "presence_penalty";
    if ((request[name] ?? 0) !== 0) refuse(field, "Anthropic has no such penalty; leave it out");
  }
  if (request.seed !== undefined) {
    notes.push({ field: "seed", message: "left out: Anthropic has no seed" });
  }
}

function encodeSystem(request: ChatRequest): Json | undefined {
  const parts = request.system.filter((part) => part.text !== "");
  const [first] = parts;
  if (!first) return undefined;
  return parts.length === 1 && !first.cache ? first.text : parts.map((part) => encodeText(part));
}

function encodeTools(request: ChatRequest): { [key: string]: Json | undefined } {
  if (request.tools.length === 0) return {};
  const tools = request.tools.map((tool) =>
    compact({
      name: tool.name,
      description: tool.description,
      input_schema: { type: "object", ...tool.parameters },
      strict: tool.strict === true ? true : undefined,
      cache_control: encodeMark(tool.cache),
    }),
  );
  return { tools, tool_choice: encodeToolChoice(request) };
}

const CHOICE_WORDS = { auto: "auto", none: "none", required: "any" } as const;

function encodeToolChoice(request: ChatRequest): JsonObject | undefined {
  const choice = request.toolChoice;
  if (!choice && request.parallelToolCalls !== false) return undefined;
  const encoded: JsonObject =
    choice?.type === "tool"
      ? { type: "tool", name: choice.name }
      : { type: CHOICE_WORDS[choice?.type ?? "auto"] };
  if (request.parallelToolCalls === false && encoded["type"] !== "none") {
    encoded["disable_parallel_tool_use"] = true;
  }
  return encoded;
}

/** No message at all when nothing is left of it: Anthropic refuses empty content. */
function encodeMessage(message: ChatMessage, notes: Notes): JsonObject[] {
  if (message.name !== undefined) {
    notes.push({ field: "messages.name", message: "left out: Anthropic's messages have no name" });
  }
  const encode = (part: UserPart | AssistantPart) => encodePart(part, notes);
  const content = message.parts.flatMap(encode);
  return content.length === 0 ? [] : [{ role: message.role, content: shorten(content) }];
}

/** A single plain text block is written as a string, as callers do. */
function shorten(content: JsonObject[]): Json {
  const [only] = content;
  const isPlain = content.length === 1 && only?.["type"] === "text" && !only["cache_control"];
  return isPlain ? (only["text"] ?? "") : content;
}

function encodePart(part: UserPart | AssistantPart, notes: Notes): JsonObject[] {
  if (part.type === "text") return part.text === "" ? [] : [encodeText(part)];
  if (part.type === "reasoning") return encodeThinking(part, notes);
  const mark = { cache_control: encodeMark(part.cache) };
  if (part.type === "tool-call") {
    const input = part.input === "" ? {} : parseObject(part.input);
    if (!input) return refuse("tool_calls.function.arguments", "expected a JSON object");
    return [compact({ type: "tool_use", id: safeId(part.id), name: part.name, input, ...mark })];
  }
  if (part.type === "tool-result") {
    const content = part.content.flatMap((inner) => encodePart(inner, notes));
    const block = {
      type: "tool_result",
      tool_use_id: safeId(part.callId),
      content: shorten(content),
    };
    return [compact({ ...block, is_error: part.isError, ...mark })];
  }
  if (part.type === "image") {
    if (part.detail !== undefined && part.detail !== "auto") {
      notes.push({
        field: "image_url.detail",
        message: "left out: Anthropic has one level of detail",
      });
    }
    return [compact({ type: "image", source: encodeImageSource(part.source), ...mark })];
  }
  const source = encodeDocumentSource(part.source);
  return [compact({ type: "document", source, title: part.name, ...mark })];
}

function encodeText(part: { text: string; cache?: CacheMark }): JsonObject {
  return compact({ type: "text", text: part.text, cache_control: encodeMark(part.cache) });
}

function encodeMark(mark: CacheMark | undefined): JsonObject | undefined {
  if (!mark) return undefined;
  return mark.ttl === "1h" ? { type: "ephemeral", ttl: "1h" } : { type: "ephemeral" };
}

function encodeThinking(
  part: Extract<AssistantPart, { type: "reasoning" }>,
  notes: Notes,
): JsonObject[] {
  if (part.redacted !== undefined) return [{ type: "redacted_thinking", data: part.redacted }];
  if (part.signature !== undefined) {
    return [{ type: "thinking", thinking: part.text, signature: part.signature }];
  }
  notes.push({
    field: "reasoning_content",
    message: "left out: Anthropic takes signed thinking only",
  });
  return [];
}

function encodeImageSource(source: MediaSource): JsonObject {
  if (source.kind === "url") return { type: "url", url: source.url };
  if (source.kind === "text") return refuse("image", "expected bytes or a URL");
  return { type: "base64", media_type: source.mediaType, data: source.data };
}

function encodeDocumentSource(source: MediaSource): JsonObject {
  if (source.kind === "url") return { type: "url", url: source.url };
  if (source.kind === "text") return { type: "text", media_type: "text/plain", data: source.text };
  if (source.mediaType === "application/pdf") {
    return { type: "base64", media_type: source.mediaType, data: source.data };
  }
  const text = isTextMedia(source.mediaType) ? decodeBase64Text(source.data) : undefined;
  if (text === undefined)
    return refuse("file.file_data", "Anthropic takes PDF and plain text files");
  return { type: "text", media_type: "text/plain", data: text };
}
