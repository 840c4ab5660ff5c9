/** The union into an Ollama chat request. */
import { namesOfCalls } from "../calls.ts";
import type {
  AssistantPart,
  ChatMessage,
  ChatRequest,
  ReasoningSetting,
  UserPart,
} from "../chat.ts";
import { crossing, type Notes, refuse } from "../crossing.ts";
import { compact, parseObject } from "../json.ts";
import type { Json, JsonObject, Result } from "../types.ts";
import { NUMBERS } from "./decode-request.ts";

export function encodeRequest(request: ChatRequest): Result<JsonObject> {
  return crossing((notes) => {
    const choice = request.toolChoice?.type ?? "auto";
    if (choice === "required" || choice === "tool")
      refuse("tool_choice", "Ollama's dialect cannot force a call");
    if (request.parallelToolCalls === false) {
      refuse("parallel_tool_calls", "Ollama's dialect cannot forbid parallel calls");
    }
    for (const field of ["user", "metadata"] as const) {
      if (request[field] !== undefined)
        notes.push({ field, message: "left out: Ollama has no word for it" });
    }
    const names = namesOfCalls(request.messages);
    const system = request.system.map(({ text }) => ({ role: "system", content: text }));
    const turns = request.messages.flatMap((turn) => encodeMessage(turn, names, notes));
    const format = request.responseFormat;
    return compact({
      model: request.model,
      messages: [...system, ...turns],
      stream: request.stream,
      tools: request.tools.length > 0 && choice === "auto" ? encodeTools(request) : undefined,
      format: format?.type === "json" ? "json" : format?.schema,
      think: encodeThink(request.reasoning),
      options: encodeOptions(request),
    });
  });
}

function encodeThink(setting: ReasoningSetting | undefined): Json | undefined {
  if (!setting) return undefined;
  const levels = ["low", "medium", "high"];
  if (!setting.enabled) return false;
  return setting.effort !== undefined && levels.includes(setting.effort) ? setting.effort : true;
}

function encodeOptions(request: ChatRequest): JsonObject | undefined {
  const options = compact({
    ...Object.fromEntries(Object.entries(NUMBERS).map(([name, key]) => [name, request[key]])),
    num_predict: request.maxOutputTokens,
    stop: request.stop,
  });
  return Object.keys(options).length > 0 ? options : undefined;
}

function encodeTools(request: ChatRequest): Json {
  return request.tools.map(({ name, description, parameters }) => ({
    type: "function",
    function: compact({ name, description, parameters }),
  }));
}

function encodeMessage(
  turn: ChatMessage,
  names: ReadonlyMap<string, string>,
  notes: Notes,
): JsonObject[] {
  if (turn.role === "assistant") {
    if (turn.parts.some((part) => part.type === "reasoning")) {
      notes.push({ field: "reasoning", message: "left out: earlier thoughts are not sent back" });
    }
    return [encodeTurn(turn.parts.filter((part) => part.type !== "reasoning"))];
  }
  const results: JsonObject[] = [];
  const images: string[] = [];
  let content = "";
  for (const part of turn.parts) {
    if (part.type === "text") content += part.text;
    else if (part.type === "tool-result") results.push(encodeResult(part, names));
    else if (part.source.kind === "text") content += part.source.text;
    else if (part.type === "image" && part.source.kind === "base64") images.push(part.source.data);
    else refuse(part.type, "Ollama takes images as bytes, and no other files");
  }
  if (content === "" && images.length === 0 && results.length > 0) return results;
  const message: JsonObject = { role: turn.role, content };
  if (images.length > 0) message["images"] = images;
  return [...results, message];
}

function encodeResult(
  part: Extract<UserPart, { type: "tool-result" }>,
  names: ReadonlyMap<string, string>,
): JsonObject {
  const texts = part.content.map((inner) =>
    inner.type === "text"
      ? inner.text
      : refuse("tool_result.content", `Ollama's results take text only, not ${inner.type}`),
  );
  const name = part.name ?? names.get(part.callId);
  return compact({ role: "tool", content: texts.join("\n"), tool_name: name });
}

/** An assistant's message, asked or answered. */
export function encodeTurn(parts: AssistantPart[]): JsonObject {
  let content = "";
  let thinking = "";
  const calls: JsonObject[] = [];
  for (const part of parts) {
    if (part.type === "text") content += part.text;
    else if (part.type === "reasoning") thinking += part.text;
    else calls.push({ function: { name: part.name, arguments: parseObject(part.input) ?? {} } });
  }
  const message: JsonObject = { role: "assistant", content };
  if (thinking !== "") message["thinking"] = thinking;
  if (calls.length > 0) message["tool_calls"] = calls;
  return message;
}
