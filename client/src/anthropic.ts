/** Anthropic's messages API (version 2023-06-01). */
import {
  asArray,
  asCount,
  asObject,
  asText,
  brokenOff,
  compact,
  messagesOf,
  parseToolInput,
  type Answer,
  type Dialect,
  type Json,
  type JsonObject,
  type StreamDecoder,
} from "./dialect.ts";
import { errorOfEvent, tryParse } from "./errors.ts";
import type { ServerEvent } from "./sse.ts";
import type { Content, Finish, Message, RunInput, StreamEvent, ToolCall, Usage } from "./types.ts";

const FINISHES: Readonly<Record<string, Finish>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};

/** The API has no default of its own. */
const maxOutputTokensDefault = 4096;

const CHOICES = { auto: "auto", none: "none", required: "any" } as const;

export const anthropicDialect: Dialect = {
  path: "/v1/messages",
  headers: (apiKey) => ({ "x-api-key": apiKey, "anthropic-version": "2023-06-01" }),
  encode,
  decode,
  openStream: () => new Stream(),
};

function encode(model: string, input: RunInput, stream: boolean): JsonObject {
  const all = messagesOf(input);
  const system = [
    ...(input.system === undefined ? [] : [input.system]),
    ...all.flatMap((message) => (message.role === "system" ? [message.content] : [])),
    // JSON without a schema has no switch in this API: it is asked for.
    ...(input.responseFormat === "json" ? ["Answer with one JSON value and nothing else."] : []),
  ].map((text): JsonObject => ({ type: "text", text }));
  const messages = joinTurns(all.filter((message) => message.role !== "system"));
  if (input.cacheControl !== undefined) {
    const first = asArray(messages[0]?.["content"]);
    const marked = asObject(system.at(-1) ?? first.at(-1));
    if (marked !== undefined) marked["cache_control"] = { type: "ephemeral" };
  }
  const { responseFormat } = input;
  return compact({
    model,
    max_tokens: input.maxOutputTokens ?? maxOutputTokensDefault,
    messages,
    system: system.length === 0 ? undefined : system,
    temperature: input.temperature,
    ...encodeTools(input),
    output_config:
      typeof responseFormat === "object"
        ? { format: { type: "json_schema", schema: responseFormat.schema as JsonObject } }
        : undefined,
    stream: stream ? true : undefined,
  });
}

/** Turns of one side that follow each other become one: results of several tools are one message. */
function joinTurns(messages: readonly Message[]): JsonObject[] {
  const turns: { role: string; content: JsonObject[] }[] = [];
  for (const message of messages) {
    const role = message.role === "assistant" ? "assistant" : "user";
    const content = encodeMessage(message);
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...content);
    else if (content.length > 0) turns.push({ role, content });
  }
  return turns.map(({ role, content }) => ({ role, content }));
}

function encodeMessage(message: Message): JsonObject[] {
  if (message.role === "tool") {
    return [{ type: "tool_result", tool_use_id: message.toolCallId, content: message.content }];
  }
  const { content } = message;
  const parts = typeof content === "string" ? textBlocks(content) : content.map(encodePart);
  if (message.role !== "assistant") return parts;
  const calls = (message.toolCalls ?? []).map(({ id, name, input }) => ({
    type: "tool_use",
    id,
    name,
    input: input as JsonObject,
  }));
  return [...parts, ...calls];
}

/** Anthropic refuses empty text. */
function textBlocks(text: string): JsonObject[] {
  return text === "" ? [] : [{ type: "text", text }];
}

function encodePart(part: Content): JsonObject {
  if (part.type === "text") {
    const cache_control = part.cacheControl === undefined ? undefined : { type: "ephemeral" };
    return compact({ type: "text", text: part.text, cache_control });
  }
  const data = /^data:([^;,]+);base64,(.*)$/s.exec(part.url);
  const source: JsonObject =
    data === null
      ? { type: "url", url: part.url }
      : { type: "base64", media_type: data[1] ?? "", data: data[2] ?? "" };
  return { type: "image", source };
}

function encodeTools(input: RunInput): JsonObject {
  if (input.tools === undefined || input.tools.length === 0) return {};
  const tools = input.tools.map(({ name, description, inputSchema }) =>
    compact({
      name,
      description,
      input_schema: { type: "object", ...(inputSchema as JsonObject) },
    }),
  );
  const { toolChoice } = input;
  if (toolChoice === undefined) return { tools };
  const choice: JsonObject =
    typeof toolChoice === "object"
      ? { type: "tool", name: toolChoice.name }
      : { type: CHOICES[toolChoice] };
  return { tools, tool_choice: choice };
}

function decode(body: JsonObject): Answer {
  if (!Array.isArray(body["content"])) throw brokenOff();
  let text = "";
  const toolCalls: ToolCall[] = [];
  for (const value of body["content"]) {
    const block = asObject(value);
    if (block?.["type"] === "text") text += asText(block["text"]);
    if (block?.["type"] === "tool_use") {
      const input = asObject(block["input"]) ?? {};
      toolCalls.push({ id: asText(block["id"]), name: asText(block["name"]), input });
    }
  }
  const usage = readUsage(asObject(body["usage"]));
  return {
    text,
    toolCalls,
    finish: FINISHES[asText(body["stop_reason"])] ?? "other",
    model: asText(body["model"]),
    ...(usage === undefined ? {} : { usage }),
  };
}

function readUsage(usage: JsonObject | undefined): Usage | undefined {
  if (usage === undefined || Object.keys(usage).length === 0) return undefined;
  const cached = asCount(usage["cache_read_input_tokens"]);
  const written = asCount(usage["cache_creation_input_tokens"]);
  return {
    inputTokens: asCount(usage["input_tokens"]) + cached + written,
    outputTokens: asCount(usage["output_tokens"]),
    ...(cached > 0 ? { cachedInputTokens: cached } : {}),
    ...(written > 0 ? { cacheWriteTokens: written } : {}),
  };
}

interface OpenBlock {
  id: string;
  name: string;
  text: string;
}

class Stream implements StreamDecoder {
  readonly #open = new Map<Json | undefined, OpenBlock>();
  #totals: JsonObject = {};
  #finish: Finish | undefined;
  over = false;

  push({ data }: ServerEvent): StreamEvent[] {
    const event = asObject(tryParse(data));
    if (event === undefined) throw brokenOff();
    const index = event["index"];
    switch (asText(event["type"])) {
      case "error":
        throw errorOfEvent(event, asText(event["request_id"]) || undefined);
      case "message_start":
        this.#addUsage(asObject(event["message"])?.["usage"]);
        return [];
      case "content_block_start":
        return this.#start(index, asObject(event["content_block"]));
      case "content_block_delta":
        return this.#delta(index, asObject(event["delta"]));
      case "message_delta": {
        this.#addUsage(event["usage"]);
        const reason = asText(asObject(event["delta"])?.["stop_reason"]);
        if (reason !== "") this.#finish = FINISHES[reason] ?? "other";
        return [];
      }
      case "message_stop":
        this.over = true;
        return [];
      default:
        return [];
    }
  }

  end(): StreamEvent[] {
    const finish = this.#finish;
    if (!this.over || finish === undefined) throw brokenOff();
    const usage = readUsage(this.#totals);
    return [...this.#calls(finish), { type: "done", finish, ...(usage ? { usage } : {}) }];
  }

  /** Later totals overwrite earlier ones; a null says nothing new. */
  #addUsage(value: Json | undefined): void {
    const news = Object.entries(asObject(value) ?? {}).filter(([, count]) => count !== null);
    this.#totals = { ...this.#totals, ...Object.fromEntries(news) };
  }

  #start(index: Json | undefined, block: JsonObject | undefined): StreamEvent[] {
    if (block?.["type"] === "tool_use") {
      this.#open.set(index, { id: asText(block["id"]), name: asText(block["name"]), text: "" });
    }
    return block?.["type"] === "text" ? textEvents(asText(block["text"])) : [];
  }

  #delta(index: Json | undefined, part: JsonObject | undefined): StreamEvent[] {
    const block = this.#open.get(index);
    if (block !== undefined) block.text += asText(part?.["partial_json"]);
    return part?.["type"] === "text_delta" ? textEvents(asText(part["text"])) : [];
  }

  /** Calls come out at the end, when it is known whether the answer was cut inside one. */
  #calls(finish: Finish): StreamEvent[] {
    return [...this.#open.values()].flatMap(({ id, name, text }): StreamEvent[] => {
      const cut = finish === "length" && text !== "" && asObject(tryParse(text)) === undefined;
      return cut ? [] : [{ type: "tool_use", id, name, input: parseToolInput(name, text) }];
    });
  }
}

function textEvents(text: string): StreamEvent[] {
  return text === "" ? [] : [{ type: "text", text }];
}
