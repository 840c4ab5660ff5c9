/** The union into a responses request, for providers that speak nothing else. */
import type { ChatMessage, ChatRequest, ToolResultPart, UserPart } from "../chat.ts";
import { crossing, type Notes, refuse } from "../crossing.ts";
import { compact } from "../json.ts";
import { urlOfSource } from "../media.ts";
import type { Json, JsonObject, Result } from "../types.ts";

export function encodeRequest(request: ChatRequest): Result<JsonObject> {
  return crossing((notes) => {
    checkUnsaid(request);
    const system = request.system.map(({ text }) => text).join("\n\n");
    return compact({
      model: request.model,
      instructions: system === "" ? undefined : system,
      input: request.messages.flatMap((message) => encodeMessage(message, notes)),
      max_output_tokens: request.maxOutputTokens,
      temperature: request.temperature,
      top_p: request.topP,
      ...encodeTools(request),
      text: encodeFormat(request),
      reasoning: encodeReasoning(request, notes),
      user: request.user,
      metadata: request.metadata,
      stream: request.stream ? true : undefined,
    });
  });
}

/** What the dialect has no words for, unless it says nothing. */
function checkUnsaid(request: ChatRequest): void {
  const unsaid: [string, boolean][] = [
    ["top_k", request.topK !== undefined],
    ["stop", (request.stop?.length ?? 0) > 0],
    ["seed", request.seed !== undefined],
    ["frequency_penalty", (request.frequencyPenalty ?? 0) !== 0],
    ["presence_penalty", (request.presencePenalty ?? 0) !== 0],
  ];
  for (const [field, isAsked] of unsaid) {
    if (isAsked) refuse(field, "OpenAI's responses have no such field; leave it out");
  }
}

function encodeMessage(message: ChatMessage, notes: Notes): JsonObject[] {
  if (message.name !== undefined) {
    notes.push({ field: "messages.name", message: "left out: responses have no names" });
  }
  const items: JsonObject[] = [];
  const kind = message.role === "assistant" ? "output_text" : "input_text";
  /** Parts of one message stay together; calls, results and reasoning are items of their own. */
  const say = (part: JsonObject): void => {
    const last = items.at(-1);
    const content = last?.["type"] === "message" ? last["content"] : undefined;
    if (Array.isArray(content)) content.push(part);
    else items.push({ type: "message", role: message.role, content: [part] });
  };
  for (const part of message.parts) {
    switch (part.type) {
      case "text":
        say(
          part.refusal ? { type: "refusal", refusal: part.text } : { type: kind, text: part.text },
        );
        break;
      case "image":
      case "file":
        say(encodeMedia(part));
        break;
      case "tool-call":
        items.push({
          type: "function_call",
          call_id: part.id,
          name: part.name,
          arguments: part.input === "" ? "{}" : part.input,
        });
        break;
      case "tool-result":
        items.push({
          type: "function_call_output",
          call_id: part.callId,
          output: encodeResult(part),
        });
        break;
      case "reasoning":
      default:
        notes.push({ field: "messages.reasoning", message: "left out: it is its provider's own" });
    }
  }
  return items;
}

function encodeMedia(part: Extract<UserPart, { type: "image" | "file" }>): JsonObject {
  const { source } = part;
  if (part.type === "image") {
    const url = urlOfSource(source);
    return compact({ type: "input_image", image_url: url, detail: part.detail ?? "auto" });
  }
  if (source.kind === "url") return { type: "input_file", file_url: source.url };
  const filename = part.name ?? "file";
  return { type: "input_file", filename, file_data: urlOfSource(source) };
}

/** A text alone is said as one; with pictures or files it is a list. */
function encodeResult({ content, isError }: ToolResultPart): Json {
  const failed = isError === true ? "Error: " : "";
  if (content.every(({ type }) => type === "text")) {
    return failed + content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
  }
  return content.map((part) =>
    part.type === "text" ? { type: "input_text", text: failed + part.text } : encodeMedia(part),
  );
}

function encodeTools(request: ChatRequest): { [key: string]: Json | undefined } {
  if (request.tools.length === 0) return {};
  const { toolChoice: choice } = request;
  return {
    tools: request.tools.map(({ name, description, parameters, strict }) =>
      compact({ type: "function", name, description, parameters, strict: strict ?? false }),
    ),
    tool_choice: choice?.type === "tool" ? { type: "function", name: choice.name } : choice?.type,
    parallel_tool_calls: request.parallelToolCalls,
  };
}

function encodeFormat({ responseFormat: format }: ChatRequest): JsonObject | undefined {
  if (format === undefined) return undefined;
  if (format.type === "json") return { format: { type: "json_object" } };
  const { name, schema, strict, description } = format;
  return { format: compact({ type: "json_schema", name, schema, strict, description }) };
}

function encodeReasoning({ reasoning }: ChatRequest, notes: Notes): JsonObject | undefined {
  if (reasoning === undefined) return undefined;
  if (!reasoning.enabled) return { effort: "none" };
  if (reasoning.effort !== undefined) return { effort: reasoning.effort };
  notes.push({ field: "reasoning", message: "left out: responses take an effort, not a budget" });
  return undefined;
}
