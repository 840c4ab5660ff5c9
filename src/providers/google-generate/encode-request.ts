/** The union into a generateContent request; the model and streaming go into the URL. */
import { namesOfCalls } from "../calls.ts";
import type { AssistantPart, ChatMessage, ChatRequest, MediaSource, UserPart } from "../chat.ts";
import { crossing, type Notes, refuse } from "../crossing.ts";
import { compact, parseObject } from "../json.ts";
import { encodeBase64Text } from "../texts.ts";
import type { Json, JsonObject, Result } from "../types.ts";
import { encodeConfig, encodeToolChoice } from "./config.ts";

export function encodeRequest(request: ChatRequest): Result<JsonObject> {
  return crossing((notes) => {
    if (request.parallelToolCalls === false) {
      refuse("parallel_tool_calls", "Google's dialect cannot forbid parallel calls");
    }
    noteUnsaid(request, notes);
    const system = [...request.system];
    const turns: ChatMessage[] = [];
    for (const message of request.messages) {
      if (message.role !== "system") turns.push(message);
      else {
        system.push(...message.parts);
        notes.push({
          field: "messages.role",
          message: "moved: Google takes system text at the start only",
        });
      }
    }
    const names = namesOfCalls(turns);
    const contents = turns.flatMap((turn) => encodeTurn(turn, request.model, names, notes));
    if (contents.length === 0) refuse("messages", "expected a message beside the system prompt");
    return compact({
      systemInstruction:
        system.length > 0 ? { parts: system.map(({ text }) => ({ text })) } : undefined,
      contents,
      tools: encodeTools(request),
      toolConfig: request.tools.length > 0 ? encodeToolChoice(request) : undefined,
      generationConfig: encodeConfig(request),
    });
  });
}

function noteUnsaid(request: ChatRequest, notes: Notes): void {
  for (const field of ["user", "metadata"] as const) {
    if (request[field] === undefined) continue;
    notes.push({ field, message: "left out: Google's dialect has no word for it" });
  }
  const marked =
    request.tools.some((tool) => tool.cache) ||
    request.system.some((part) => part.cache) ||
    request.messages.some((turn) => turn.parts.some((part) => "cache" in part && part.cache));
  if (marked)
    notes.push({ field: "cache_control", message: "left out: Google caches prefixes by itself" });
}

function encodeTools(request: ChatRequest): Json | undefined {
  if (request.tools.length === 0) return undefined;
  const functionDeclarations = request.tools.map((tool) =>
    compact({
      name: tool.name,
      description: tool.description,
      parametersJsonSchema: tool.parameters,
    }),
  );
  return [{ functionDeclarations }];
}

function encodeTurn(
  turn: ChatMessage,
  model: string,
  names: ReadonlyMap<string, string>,
  notes: Notes,
): JsonObject[] {
  const parts =
    turn.role === "assistant"
      ? encodeModelParts(turn.parts, model, notes)
      : turn.parts.flatMap((part) => encodeUserPart(part, names, notes));
  if (parts.length === 0) return [];
  return [{ role: turn.role === "assistant" ? "model" : "user", parts }];
}

/**
 * Models from Gemini 3 on refuse a turn's first call without a signature. One made by another
 * provider gets the word that Google documents for foreign history.
 */
const FOREIGN_SIGNATURE = "skip_thought_signature_validator";

function encodeModelParts(parts: AssistantPart[], model: string, notes: Notes): JsonObject[] {
  const wantsSignature = !/gemini-(1|2)\b/.test(model);
  let isFirstCall = true;
  return parts.flatMap((part): JsonObject[] => {
    if (part.type === "text") return part.text === "" ? [] : [{ text: part.text }];
    if (part.type === "reasoning") {
      notes.push({ field: "reasoning", message: "left out: earlier thoughts are not sent back" });
      return [];
    }
    const args = part.input === "" ? {} : parseObject(part.input);
    if (!args) return refuse("tool_calls.function.arguments", "expected a JSON object");
    const foreign = wantsSignature && isFirstCall ? FOREIGN_SIGNATURE : undefined;
    isFirstCall = false;
    const thoughtSignature = part.signature ?? foreign;
    return [compact({ functionCall: { name: part.name, args }, thoughtSignature })];
  });
}

function encodeUserPart(
  part: UserPart | { type: "text"; text: string },
  names: ReadonlyMap<string, string>,
  notes: Notes,
): JsonObject[] {
  if (part.type === "text") return part.text === "" ? [] : [{ text: part.text }];
  if (part.type === "image") {
    if (part.detail !== undefined && part.detail !== "auto") {
      notes.push({
        field: "image_url.detail",
        message: "left out: Google sets detail per request",
      });
    }
    return [encodeSource(part.source)];
  }
  if (part.type === "file") return [encodeSource(part.source, part.name)];
  const name = part.name ?? names.get(part.callId);
  if (name === undefined) return refuse("tool_call_id", "expected the id of an earlier call");
  const texts = part.content.map((inner) =>
    inner.type === "text"
      ? inner.text
      : refuse("tool_result.content", `Google's results take text only, not ${inner.type}`),
  );
  const response = { [part.isError ? "error" : "output"]: texts.join("\n") };
  return [{ functionResponse: { name, response } }];
}

function encodeSource(source: MediaSource, name?: string): JsonObject {
  if (source.kind === "url") {
    return { fileData: compact({ fileUri: source.url, mimeType: source.mediaType }) };
  }
  const inline =
    source.kind === "text"
      ? { mimeType: "text/plain", data: encodeBase64Text(source.text) }
      : { mimeType: source.mediaType, data: source.data };
  return { inlineData: compact({ ...inline, displayName: name }) };
}
