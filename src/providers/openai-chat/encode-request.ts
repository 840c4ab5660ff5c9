/** The union into a chat completions request. */
import type {
  AssistantPart,
  ChatMessage,
  ChatRequest,
  FilePart,
  ImagePart,
  ResponseFormat,
  TextPart,
  ToolChoice,
  ToolResultPart,
} from "../chat.ts";
import { crossing, type Notes, refuse } from "../crossing.ts";
import { compact } from "../json.ts";
import { urlOfSource } from "../media.ts";
import type { Json, JsonObject, Result } from "../types.ts";
import { encodeAssistant } from "./message.ts";
import { takesMaxCompletionTokens } from "./view.ts";

const STOPS_MAX = 4;

/** OpenAI's end-user identifiers are short; longer ones are whole documents of a client's own. */
const USER_CHARS_MAX = 64;

export function encodeRequest(request: ChatRequest): Result<JsonObject> {
  return crossing((notes) => {
    const messages: Json[] = [];
    if (request.system.length > 0) {
      messages.push({ role: "system", content: encodeContent(request.system, notes) });
    }
    for (const message of request.messages) messages.push(...encodeMessage(message, notes));
    const body = compact({
      model: request.model,
      messages,
      ...encodeSampling(request),
      ...encodeTools(request, notes),
      response_format: encodeFormat(request.responseFormat),
      reasoning_effort: encodeEffort(request, notes),
      user: encodeUser(request.user, notes),
      metadata: request.metadata,
    });
    if (request.maxOutputTokens !== undefined) {
      const usesNew = takesMaxCompletionTokens(request.model);
      body[usesNew ? "max_completion_tokens" : "max_tokens"] = request.maxOutputTokens;
    }
    if (request.stream) {
      body["stream"] = true;
      body["stream_options"] = { include_usage: true };
    }
    return body;
  });
}

function encodeSampling(request: ChatRequest): { [key: string]: Json | undefined } {
  if (request.topK !== undefined) {
    refuse("top_k", "OpenAI's dialect has no top_k; leave it out or use top_p");
  }
  if (request.stop && request.stop.length > STOPS_MAX) {
    refuse("stop", `expected at most ${STOPS_MAX} stop sequences`);
  }
  return {
    temperature: request.temperature,
    top_p: request.topP,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
    stop: request.stop,
    seed: request.seed,
  };
}

function encodeTools(request: ChatRequest, notes: Notes): { [key: string]: Json | undefined } {
  if (request.tools.length === 0) return {};
  const tools = request.tools.map((tool, at) => {
    if (tool.cache) noteCache(`tools[${at}].cache_control`, notes);
    return {
      type: "function",
      function: compact({
        name: tool.name,
        description: tool.description,
        parameters: tool.parameters,
        strict: tool.strict,
      }),
    };
  });
  return {
    tools,
    tool_choice: encodeToolChoice(request.toolChoice),
    parallel_tool_calls: request.parallelToolCalls,
  };
}

function encodeToolChoice(choice: ToolChoice | undefined): Json | undefined {
  if (choice?.type === "tool") return { type: "function", function: { name: choice.name } };
  return choice?.type;
}

function encodeFormat(format: ResponseFormat | undefined): Json | undefined {
  if (!format) return undefined;
  if (format.type === "json") return { type: "json_object" };
  const { type: _type, ...spec } = format;
  return { type: "json_schema", json_schema: compact(spec) };
}

/** Upper bounds in tokens under which a thinking budget reads as this effort. */
const EFFORT_BY_BUDGET: readonly [number, string][] = [
  [2048, "low"],
  [8192, "medium"],
];

function encodeEffort(request: ChatRequest, notes: Notes): string | undefined {
  const setting = request.reasoning;
  if (!setting) return undefined;
  if (!setting.enabled && setting.effort === undefined) {
    // Only newer models know "none", and those that do not reason refuse any effort.
    notes.push({
      field: "thinking",
      message: "left out: not every model can be told not to think",
    });
    return undefined;
  }
  if (setting.effort !== undefined) return setting.effort;
  const budget = setting.budgetTokens;
  if (budget === undefined) return undefined;
  notes.push({ field: "thinking.budget_tokens", message: "carried over as a reasoning effort" });
  return EFFORT_BY_BUDGET.find(([most]) => budget <= most)?.[1] ?? "high";
}

function encodeMessage(message: ChatMessage, notes: Notes): Json[] {
  if (message.role === "assistant") return [withName(encodeTurn(message.parts, notes), message)];
  if (message.role === "system") {
    const content = encodeContent(message.parts, notes);
    return [withName({ role: "system", content }, message)];
  }
  const results: Json[] = [];
  const rest: (TextPart | ImagePart | FilePart)[] = [];
  for (const part of message.parts) {
    if (part.type === "tool-result") results.push(encodeResult(part, notes));
    else rest.push(part);
  }
  if (rest.length === 0 && results.length > 0) return results;
  const content = encodeContent(rest, notes);
  return [...results, withName({ role: "user", content }, message)];
}

function encodeTurn(parts: AssistantPart[], notes: Notes): JsonObject {
  for (const part of parts) {
    if (part.type !== "reasoning" && part.cache) noteCache("cache_control", notes);
  }
  // Reasoning is private to the model that made it; no provider of this dialect asks for it back.
  const spoken = parts.filter((part) => part.type !== "reasoning");
  if (spoken.length < parts.length) {
    notes.push({ field: "thinking", message: "left out: earlier reasoning of another provider" });
  }
  return encodeAssistant(spoken.map(unsigned));
}

/** A call without another provider's signature, which only that provider reads. */
function unsigned(part: AssistantPart): AssistantPart {
  if (part.type !== "tool-call" || part.signature === undefined) return part;
  const { signature: _signature, ...call } = part;
  return call;
}

function withName(encoded: JsonObject, message: ChatMessage): JsonObject {
  return message.name === undefined ? encoded : { ...encoded, name: message.name };
}

function encodeResult(part: ToolResultPart, notes: Notes): JsonObject {
  if (part.cache) noteCache("tool_result.cache_control", notes);
  if (part.isError) {
    notes.push({ field: "tool_result.is_error", message: "left out: told by its text alone" });
  }
  const texts = part.content.map((inner) =>
    inner.type === "text"
      ? inner
      : refuse("tool_result.content", `OpenAI's tool messages take text only, not ${inner.type}`),
  );
  return { role: "tool", tool_call_id: part.callId, content: encodeContent(texts, notes) };
}

function noteCache(field: string, notes: Notes): void {
  notes.push({ field, message: "left out: this provider caches prefixes by itself" });
}

function encodeContent(parts: (TextPart | ImagePart | FilePart)[], notes: Notes): Json {
  for (const part of parts) if (part.cache) noteCache("cache_control", notes);
  const [first] = parts;
  if (parts.length === 0) return "";
  if (parts.length === 1 && first?.type === "text") return first.text;
  return parts.map((part) => {
    if (part.type === "text") return { type: "text", text: part.text };
    if (part.type === "image") {
      const image = compact({ url: urlOfSource(part.source), detail: part.detail });
      return { type: "image_url", image_url: image };
    }
    return encodeFile(part);
  });
}

function encodeFile(part: FilePart): JsonObject {
  if (part.source.kind === "url") {
    return refuse("document.source.url", "OpenAI's dialect takes files as bytes, not as a URL");
  }
  if (part.source.kind === "text") return { type: "text", text: part.source.text };
  const file = { filename: part.name ?? "document", file_data: urlOfSource(part.source) };
  return { type: "file", file };
}

function encodeUser(user: string | undefined, notes: Notes): string | undefined {
  if (user === undefined || user.length <= USER_CHARS_MAX) return user;
  notes.push({ field: "user", message: `left out: longer than ${USER_CHARS_MAX} characters` });
  return undefined;
}
