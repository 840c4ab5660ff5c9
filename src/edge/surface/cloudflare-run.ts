/**
 * Cloudflare's `/ai/run`: Workers AI's own words for conversations and embeddings, read as OpenAI's
 * and answered in Cloudflare's envelope. Formats: developers.cloudflare.com/workers-ai and
 * developers.cloudflare.com/ai-gateway/usage/rest-api.
 */
import { tryParseJson } from "#events/parse-json.ts";
import { asArray, asObject, asString, compact, objectsIn } from "#providers/json.ts";
import type { Json, JsonObject } from "#providers/types.ts";
import { GatewayError } from "../errors.ts";
import type { Reframe } from "../pipeline/endpoint.ts";

/** Fields that change what the model reads in ways that no conversation can say. */
const REFUSED = ["raw", "lora"];

/** Whether a body asks for embeddings: `text` or `input`, and nothing to converse about. */
export function asksForVectors(body: JsonObject): boolean {
  const asked = body["text"] ?? body["input"];
  return asked !== undefined && !("messages" in body) && !("prompt" in body);
}

/** `{model, input}` as one body; a body without `input` is its own. */
export function openInput(body: JsonObject): JsonObject {
  const { input, model, ...rest } = body;
  const inner = asObject(input);
  if (inner === undefined) return body;
  return compact({ ...rest, ...inner, model });
}

/** A body of `/ai/run` as OpenAI's chat completions or embeddings take it. */
export function runToOpenAi(body: JsonObject): JsonObject {
  for (const name of REFUSED) {
    const value = body[name];
    if (value === undefined || value === null || value === false || value === "") continue;
    throw new GatewayError(
      "unsupported_feature",
      `Invalid field "${name}": /ai/run takes conversations and embeddings here.`,
      { problems: [{ path: name, message: "not supported" }] },
    );
  }
  if (asksForVectors(body)) {
    const { text, pooling: _pooling, ...rest } = body;
    return compact({ ...rest, input: text ?? rest["input"], encoding_format: "float" });
  }
  const { prompt, messages, tools, ...rest } = body;
  const turns = messages ?? [{ role: "user", content: asString(prompt) ?? "" }];
  return compact({
    ...rest,
    messages: turns,
    tools: asArray(tools)?.map(toolOf),
    // Their streams always end with usage.
    stream_options: rest["stream"] === true ? { include_usage: true } : undefined,
  });
}

/** A tool as OpenAI writes it; Workers AI also takes its fields without the wrapper. */
function toolOf(tool: Json): Json {
  const given = asObject(tool);
  if (given === undefined || given["function"] !== undefined) return tool;
  const { name, description, parameters } = given;
  return { type: "function", function: compact({ name, description, parameters }) };
}

const wrapped = (result: JsonObject): JsonObject => ({
  result,
  success: true,
  errors: [],
  messages: [],
});

/** A whole answer: OpenAI's fields, and beside them the text where Workers AI has it. */
export function chatToRun(answer: JsonObject): JsonObject {
  const message = asObject(objectsIn(answer["choices"])[0]?.["message"]);
  return wrapped(
    compact({
      ...answer,
      response: message?.["content"] ?? "",
      tool_calls: objectsIn(message?.["tool_calls"]).map(callOf),
    }),
  );
}

/** A call of a tool as Workers AI writes it. */
function callOf(call: JsonObject): JsonObject {
  const { name, arguments: written } = asObject(call["function"]) ?? {};
  const given = tryParseJson(asString(written) ?? "") as Json | undefined;
  return compact({ id: call["id"], name, arguments: given ?? written });
}

/** Vectors as Workers AI writes them. */
export function vectorsToRun(answer: JsonObject): JsonObject {
  const data = objectsIn(answer["data"]).map((item) => item["embedding"] ?? []);
  const size = asArray(data[0])?.length ?? 0;
  return wrapped(compact({ shape: [data.length, size], data, usage: answer["usage"] }));
}

/** OpenAI's events to Workers AI's: `{"response":"..."}`, usage with the last, then `[DONE]`. */
export function runReframe(): Reframe & { contentType: string } {
  /** Why the answer ended: told with usage, which comes after it. */
  let finish: Json | undefined;
  return {
    contentType: "text/event-stream",
    push(text) {
      let out = "";
      for (const line of text.split(/\r?\n/)) {
        if (!line.startsWith("data:")) continue;
        const data = line.slice(5).trim();
        const event = asObject(tryParseJson(data) as Json | undefined);
        finish = objectsIn(event?.["choices"])[0]?.["finish_reason"] ?? finish;
        const turned = event === undefined ? data : turn(event, finish);
        if (turned !== undefined) out += `data: ${turned}\n\n`;
      }
      return out;
    },
    end: () => "",
  };
}

/** One event; `undefined` for one that says nothing there. An error stays as it is. */
function turn(event: JsonObject, finish: Json | undefined): string | undefined {
  if (event["choices"] === undefined) return JSON.stringify(event);
  const delta = asObject(objectsIn(event["choices"])[0]?.["delta"]) ?? {};
  const { content, tool_calls } = delta;
  const usage = event["usage"] ?? undefined;
  if (!asString(content) && tool_calls === undefined && usage === undefined) return undefined;
  const finish_reason = usage === undefined ? undefined : finish;
  return JSON.stringify(compact({ response: content ?? "", tool_calls, finish_reason, usage }));
}
