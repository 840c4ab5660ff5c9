/**
 * What `env.AI.run` takes and gives: OpenAI's request without its stream options; answers and events
 * either OpenAI's own (newer models) or Workers AI's (`response`, `tool_calls`, `usage`). Spoken to
 * the binding only. Formats: developers.cloudflare.com/workers-ai (November 2026), and how the
 * package `workers-ai-provider` 4.0.0 reads both. The model is an argument of `run`; it stays in the
 * body until then.
 */
import type { FinishReason, StreamPart } from "../chat.ts";
import { asArray, asObject, asString, compact, objectsIn, parseObject } from "../json.ts";
import { openaiChat } from "../openai-chat/dialect.ts";
import { sseText } from "../wire.ts";
import type { Json, JsonObject, StreamDecoder, UpstreamDialect, WireEvent } from "../types.ts";

export const workersAiRun: UpstreamDialect = {
  id: "workers-ai-run",
  contentType: "sse",
  prepare,
  encodeRequest(request) {
    const encoded = openaiChat.encodeRequest(request);
    return encoded.ok ? { ok: true, value: withBareSchema(encoded.value) } : encoded;
  },
  decodeResponse: (body) => openaiChat.decodeResponse(asChat(body)),
  responseMeta: (body) => openaiChat.responseMeta(asChat(body)),
  openDecoder: () => new RunDecoder(),
};

/** The binding checks bodies strictly: no stream options, one name for the cap, no content of null. */
function prepare(
  body: JsonObject,
  { model, maxOutputTokens, stream }: { model: string; maxOutputTokens: number; stream: boolean },
): JsonObject {
  const { max_completion_tokens: _cap, stream_options: _options, ...rest } = body;
  const messages = objectsIn(body["messages"]).map((message) =>
    message["content"] === null ? { ...message, content: "" } : message,
  );
  const prepared = { ...rest, messages, model, max_tokens: maxOutputTokens };
  return stream ? { ...prepared, stream: true } : prepared;
}

/** A JSON schema stands there by itself: OpenAI's envelope would be read as the schema. */
function withBareSchema(body: JsonObject): JsonObject {
  const format = asObject(body["response_format"]);
  const { schema, name, description } = asObject(format?.["json_schema"]) ?? {};
  const bare = asObject(schema);
  if (bare === undefined) return body;
  const json_schema = compact({ title: name, description, ...bare });
  return { ...body, response_format: { type: "json_schema", json_schema } };
}

/** A whole answer as a chat completion. */
function asChat(body: Json): Json {
  const answer = asObject(body);
  if (answer === undefined || answer["choices"] !== undefined) return body;
  if (answer["response"] === undefined && answer["tool_calls"] === undefined) return body;
  const calls = callsOf(answer["tool_calls"], 0);
  const message = compact({
    role: "assistant",
    content: textOf(answer["response"]) ?? (calls.length > 0 ? null : ""),
    tool_calls: calls.length > 0 ? calls : undefined,
  });
  const finish_reason = asString(answer["finish_reason"]) ?? finishOf(calls.length > 0);
  return compact({
    id: answer["id"],
    model: answer["model"],
    choices: [{ index: 0, message, finish_reason }],
    usage: answer["usage"],
  });
}

const finishOf = (hasCalls: boolean): FinishReason => (hasCalls ? "tool_calls" : "stop");

/** The answer's text; with a JSON schema it comes as the value itself. */
function textOf(response: Json | undefined): string | undefined {
  if (response === undefined || response === null) return undefined;
  return asString(response) ?? JSON.stringify(response);
}

/** Tool calls in OpenAI's form, from either; `before` is how many came earlier. */
function callsOf(value: Json | undefined, before: number): JsonObject[] {
  return (asArray(value) ?? []).flatMap((item, at) => {
    const call = asObject(item);
    const inner = asObject(call?.["function"]) ?? call;
    const name = asString(inner?.["name"]);
    const given = inner?.["arguments"];
    // A last call without a name only says that the one before it is complete.
    if (call === undefined || (name === undefined && textOf(given) === undefined)) return [];
    const index = typeof call["index"] === "number" ? call["index"] : before + at;
    const id = asString(call["id"]) ?? (name === undefined ? undefined : `call_${index + 1}`);
    const written = compact({ name, arguments: textOf(given) });
    return [compact({ index, id, type: "function", function: written })];
  });
}

/** Workers AI's events, read as OpenAI's are. */
class RunDecoder implements StreamDecoder {
  readonly #inner = openaiChat.openDecoder();
  #finished = false;
  #calls = 0;

  push(event: WireEvent): StreamPart[] {
    if (event.data.startsWith("[DONE]")) return [...this.#close(), ...this.#inner.push(event)];
    const chunk = parseObject(event.data);
    if (chunk === undefined) return this.#inner.push(event);
    if (chunk["choices"] !== undefined) {
      const [choice] = objectsIn(chunk["choices"]);
      this.#finished ||= typeof choice?.["finish_reason"] === "string";
      return this.#inner.push(event);
    }
    const native = chunk["response"] !== undefined || chunk["tool_calls"] !== undefined;
    return native || chunk["usage"] !== undefined
      ? this.#say(this.#deltaOf(chunk), chunk)
      : this.#inner.push(event);
  }

  end(): StreamPart[] {
    return this.#inner.end();
  }

  #deltaOf(chunk: JsonObject): JsonObject {
    const calls = callsOf(chunk["tool_calls"], this.#calls);
    this.#calls += calls.filter(({ id }) => id !== undefined).length;
    return compact({
      content: textOf(chunk["response"]),
      tool_calls: calls.length > 0 ? calls : undefined,
    });
  }

  /** Their last word is `[DONE]`; older models give no reason before it. */
  #close(): StreamPart[] {
    if (this.#finished) return [];
    return this.#say({}, { finish_reason: finishOf(this.#calls > 0) });
  }

  #say(delta: JsonObject, { usage, finish_reason, model, id }: JsonObject): StreamPart[] {
    this.#finished ||= typeof finish_reason === "string";
    const choice = compact({ index: 0, delta, finish_reason: finish_reason ?? undefined });
    const data = JSON.stringify(compact({ id, model, choices: [choice], usage }));
    return this.#inner.push({ raw: sseText(data), data });
  }
}
