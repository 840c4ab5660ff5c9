/**
 * OpenAI's chat completions, as OpenAI and every compatible host speak them. The gateway takes this
 * dialect for every model, and reads cache marks in it that OpenAI itself has no word for.
 */
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
import type { Content, Finish, Message, RunInput, StreamEvent, ToolCall, Usage } from "./types.ts";

const FINISHES: Readonly<Record<string, Finish>> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool_calls",
  function_call: "tool_calls",
  content_filter: "content_filter",
};

/** The dialect; `marks` says whether cache marks are understood. */
export function openAiDialect(marks: boolean): Dialect {
  return {
    path: "/chat/completions",
    headers: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
    encode: (model, input, stream) => encode(model, input, stream, marks),
    decode,
    openStream: () => openStream(),
  };
}

function encode(model: string, input: RunInput, stream: boolean, marks: boolean): JsonObject {
  const mark = marks && input.cacheControl !== undefined;
  const messages = messagesOf(input).map((message) => encodeMessage(message, marks));
  if (input.system !== undefined) messages.unshift({ role: "system", content: input.system });
  if (mark && messages[0] !== undefined) markLast(messages[0]);
  const { maxOutputTokens } = input;
  return compact({
    model,
    messages,
    temperature: input.temperature,
    ...(maxOutputTokens === undefined ? {} : { [outputCapName(model)]: maxOutputTokens }),
    ...encodeTools(input),
    response_format: encodeFormat(input),
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  });
}

/** OpenAI's reasoning models refuse the older name, and compatible hosts know only that one. */
function outputCapName(model: string): string {
  const name = model.slice(model.lastIndexOf("/") + 1);
  return /^(o\d|gpt-([5-9]|\d\d))/.test(name) ? "max_completion_tokens" : "max_tokens";
}

function encodeMessage(message: Message, marks: boolean): JsonObject {
  if (message.role === "tool") {
    return { role: "tool", tool_call_id: message.toolCallId, content: message.content };
  }
  if (message.role === "assistant") {
    const calls = message.toolCalls?.map(({ id, name, input }) => ({
      id,
      type: "function",
      function: { name, arguments: JSON.stringify(input) },
    }));
    return compact({ role: "assistant", content: message.content, tool_calls: calls });
  }
  const { role, content } = message;
  if (typeof content === "string") return { role, content };
  return { role, content: content.map((part) => encodePart(part, marks)) };
}

function encodePart(part: Content, marks: boolean): JsonObject {
  if (part.type === "image") return { type: "image_url", image_url: { url: part.url } };
  const mark = marks && part.cacheControl !== undefined;
  return {
    type: "text",
    text: part.text,
    ...(mark ? { cache_control: { type: "ephemeral" } } : {}),
  };
}

/** Marks the last part of a message. */
function markLast(message: JsonObject): void {
  const content = message["content"];
  const parts = typeof content === "string" ? [{ type: "text", text: content }] : asArray(content);
  const last = asObject(parts.at(-1));
  if (last !== undefined) last["cache_control"] = { type: "ephemeral" };
  message["content"] = parts;
}

function encodeTools(input: RunInput): JsonObject {
  if (input.tools === undefined || input.tools.length === 0) return {};
  const tools = input.tools.map(({ name, description, inputSchema }) => ({
    type: "function",
    function: compact({ name, description, parameters: inputSchema as JsonObject }),
  }));
  const { toolChoice } = input;
  const choice: Json | undefined =
    typeof toolChoice === "object"
      ? { type: "function", function: { name: toolChoice.name } }
      : toolChoice;
  return compact({ tools, tool_choice: choice });
}

function encodeFormat({ responseFormat }: RunInput): JsonObject | undefined {
  if (responseFormat === undefined) return undefined;
  if (responseFormat === "json") return { type: "json_object" };
  const { name, schema } = responseFormat;
  return { type: "json_schema", json_schema: { name, schema: schema as JsonObject, strict: true } };
}

function decode(body: JsonObject): Answer {
  const choice = asObject(asArray(body["choices"])[0]);
  const message = asObject(choice?.["message"]);
  if (message === undefined) throw brokenOff();
  const finish = FINISHES[asText(choice?.["finish_reason"])] ?? "other";
  const toolCalls: ToolCall[] = [];
  for (const value of asArray(message["tool_calls"])) {
    const call = asObject(value);
    const details = asObject(call?.["function"]);
    const open = {
      id: asText(call?.["id"]),
      name: asText(details?.["name"]),
      text: asText(details?.["arguments"]),
    };
    const whole = closeCall(open, finish);
    if (whole !== undefined) toolCalls.push(whole);
  }
  const usage = readUsage(body["usage"]);
  return {
    text: asText(message["content"]),
    toolCalls,
    finish: settleFinish(finish, toolCalls.length),
    model: asText(body["model"]),
    ...(usage === undefined ? {} : { usage }),
  };
}

interface OpenCall {
  id: string;
  name: string;
  text: string;
}

/** A call with its arguments parsed; none when the answer was cut in the middle of them. */
function closeCall({ id, name, text }: OpenCall, finish: Finish): ToolCall | undefined {
  if (finish === "length" && asObject(tryParse(text)) === undefined) return undefined;
  return { id, name, input: parseToolInput(name, text) };
}

/** Some hosts end an answer of tool calls with `stop`. */
function settleFinish(finish: Finish, calls: number): Finish {
  return finish === "stop" && calls > 0 ? "tool_calls" : finish;
}

function readUsage(value: Json | undefined): Usage | undefined {
  const usage = asObject(value);
  if (usage === undefined) return undefined;
  const details = asObject(usage["prompt_tokens_details"]);
  const cached = asCount(details?.["cached_tokens"]);
  const written = asCount(details?.["cache_write_tokens"]);
  return {
    inputTokens: asCount(usage["prompt_tokens"]),
    outputTokens: asCount(usage["completion_tokens"]),
    ...(cached > 0 ? { cachedInputTokens: cached } : {}),
    ...(written > 0 ? { cacheWriteTokens: written } : {}),
  };
}

function openStream(): StreamDecoder {
  const calls = new Map<number, OpenCall>();
  let finish: Finish | undefined;
  let usage: Usage | undefined;
  let over = false;

  function takeCalls(delta: JsonObject | undefined): void {
    for (const value of asArray(delta?.["tool_calls"])) {
      const part = asObject(value);
      const details = asObject(part?.["function"]);
      // A host that numbers nothing sends each call whole.
      const named = part?.["index"];
      const index = typeof named === "number" ? named : calls.size;
      const call = calls.get(index) ?? { id: "", name: "", text: "" };
      call.id ||= asText(part?.["id"]);
      call.name ||= asText(details?.["name"]);
      call.text += asText(details?.["arguments"]);
      calls.set(index, call);
    }
  }

  return {
    get over() {
      return over;
    },
    push({ data }) {
      over = data === "[DONE]";
      if (over) return [];
      const chunk = asObject(tryParse(data));
      if (chunk === undefined) throw brokenOff();
      if (chunk["error"] !== undefined) throw errorOfEvent(chunk, undefined);
      usage = readUsage(chunk["usage"]) ?? usage;
      const choice = asObject(asArray(chunk["choices"])[0]);
      const delta = asObject(choice?.["delta"]);
      takeCalls(delta);
      const reason = asText(choice?.["finish_reason"]);
      if (reason !== "") finish = FINISHES[reason] ?? "other";
      const text = asText(delta?.["content"]);
      return text === "" ? [] : [{ type: "text", text }];
    },
    end() {
      if (finish === undefined) throw brokenOff();
      const events: StreamEvent[] = [];
      for (const open of calls.values()) {
        const call = closeCall(open, finish);
        if (call !== undefined) events.push({ type: "tool_use", ...call });
      }
      const settled = settleFinish(finish, events.length);
      return [...events, { type: "done", finish: settled, ...(usage ? { usage } : {}) }];
    },
  };
}
