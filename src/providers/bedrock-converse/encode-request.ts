/** The union into a Converse request; the model and streaming go into the URL. */
import { encodeReasoning } from "../anthropic-messages/thinking.ts";
import type { ChatMessage, ChatRequest, TextPart } from "../chat.ts";
import { crossing, type Notes, refuse } from "../crossing.ts";
import { asObject, compact } from "../json.ts";
import type { Json, JsonObject, Result } from "../types.ts";
import { cachePoint, encodeParts } from "./blocks.ts";

/** What a cap is when the request names none: only thinking's budget is fitted below it. */
const MAX_TOKENS_DEFAULT = 4096;

export function encodeRequest(request: ChatRequest): Result<JsonObject> {
  return crossing((notes) => {
    checkUnsaid(request, notes);
    const system = [...request.system];
    const turns: ChatMessage[] = [];
    for (const message of request.messages) {
      if (message.name !== undefined) {
        notes.push({ field: "messages.name", message: "left out: Converse's messages have none" });
      }
      if (message.role !== "system") turns.push(message);
      else {
        system.push(...message.parts);
        notes.push({
          field: "messages.role",
          message: "moved: Converse takes system text at the start only",
        });
      }
    }
    const messages = encodeTurns(turns, notes);
    if (messages.length === 0) refuse("messages", "expected a message beside the system prompt");
    const inference = compact({
      maxTokens: request.maxOutputTokens,
      temperature: request.temperature,
      topP: request.topP,
      stopSequences: request.stop,
    });
    return compact({
      messages,
      system: encodeSystem(system),
      inferenceConfig: Object.keys(inference).length > 0 ? inference : undefined,
      toolConfig: encodeTools(request, turns),
      ...encodeModelFields(request, notes),
    });
  });
}

function checkUnsaid(request: ChatRequest, notes: Notes): void {
  for (const name of ["frequencyPenalty", "presencePenalty"] as const) {
    const field = name === "frequencyPenalty" ? "frequency_penalty" : "presence_penalty";
    if ((request[name] ?? 0) !== 0) refuse(field, "Converse has no such penalty; leave it out");
  }
  if (request.parallelToolCalls === false && request.tools.length > 0) {
    refuse("parallel_tool_calls", "Converse cannot forbid parallel calls");
  }
  for (const field of ["seed", "user", "metadata"] as const) {
    if (request[field] === undefined) continue;
    notes.push({ field, message: "left out: Converse has no word for it" });
  }
}

/** Converse wants turns that alternate: neighbours of one role become one message. */
function encodeTurns(turns: readonly ChatMessage[], notes: Notes): JsonObject[] {
  const messages: { role: string; content: Json[] }[] = [];
  for (const turn of turns) {
    const content = encodeParts(turn.parts, notes);
    const last = messages.at(-1);
    if (content.length === 0) continue;
    if (last?.role === turn.role) last.content.push(...content);
    else messages.push({ role: turn.role, content });
  }
  return messages;
}

function encodeSystem(parts: readonly TextPart[]): Json | undefined {
  const blocks = parts.flatMap((part) =>
    part.text === "" ? [] : [{ text: part.text }, ...cachePoint(part.cache)],
  );
  return blocks.length > 0 ? blocks : undefined;
}

function encodeTools(request: ChatRequest, turns: readonly ChatMessage[]): JsonObject | undefined {
  const { tools, toolChoice } = request;
  if (tools.length === 0) return undefined;
  if (toolChoice?.type === "none") {
    // Converse has no such choice: tools stay at home, unless earlier turns speak of them.
    const speaks = turns.some((turn) => turn.parts.some(({ type }) => type.startsWith("tool-")));
    return speaks
      ? refuse("tool_choice", "Converse cannot forbid tools that were used")
      : undefined;
  }
  const specs = tools.flatMap((tool) => [
    {
      toolSpec: compact({
        name: tool.name,
        description: tool.description === "" ? undefined : tool.description,
        inputSchema: { json: { type: "object", ...tool.parameters } },
        strict: tool.strict === true ? true : undefined,
      }),
    },
    ...cachePoint(tool.cache),
  ]);
  return compact({ tools: specs, toolChoice: encodeToolChoice(toolChoice) });
}

function encodeToolChoice(choice: ChatRequest["toolChoice"]): JsonObject | undefined {
  if (choice?.type === "tool") return { tool: { name: choice.name } };
  return choice?.type === "required" ? { any: {} } : undefined;
}

/** What Converse leaves to the model's own words: thinking, `top_k`; and the answer's schema. */
function encodeModelFields(
  request: ChatRequest,
  notes: Notes,
): { [key: string]: Json | undefined } {
  const { model, responseFormat: format, topK, reasoning } = request;
  const isClaude = model.includes("claude");
  if (format?.type === "json") {
    refuse("response_format", "Converse has no plain JSON mode; send a json_schema");
  }
  if (topK !== undefined && !isClaude) refuse("top_k", "only Claude takes it on Bedrock");
  const fields: { [key: string]: Json | undefined } = { top_k: topK };
  if (isClaude) {
    const { thinking, output_config: output } = encodeReasoning(
      request,
      request.maxOutputTokens ?? MAX_TOKENS_DEFAULT,
      notes,
    );
    fields["thinking"] = thinking;
    const effort = asObject(output)?.["effort"];
    if (effort !== undefined) fields["output_config"] = { effort };
  } else if (reasoning?.enabled === true) {
    if (!model.includes("gpt-oss") || reasoning.effort === undefined) {
      refuse("reasoning_effort", "this model's reasoning is not set through Converse");
    }
    fields["reasoning_effort"] = reasoning.effort;
  }
  const more = compact(fields);
  return {
    additionalModelRequestFields: Object.keys(more).length > 0 ? more : undefined,
    outputConfig: format && encodeFormat(format),
  };
}

/** The schema travels as text. */
function encodeFormat(format: Extract<ChatRequest["responseFormat"], object>): JsonObject {
  if (format.type === "json") return {};
  const { name, description, schema } = format;
  const jsonSchema = compact({ schema: JSON.stringify(schema), name, description });
  return { textFormat: { type: "json_schema", structure: { jsonSchema } } };
}
