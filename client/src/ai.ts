/**
 * `env.AI` over a binding of the gateway: what code and libraries that were written for the Workers AI
 * binding call (`workers-ai-provider` among them), for every model that the gateway serves. Shapes:
 * developers.cloudflare.com/workers-ai and `AiOptions` of @cloudflare/workers-types.
 */
import { asciiJson } from "./ascii.ts";
import { asObject, brokenOff, type JsonObject } from "./dialect.ts";
import { errorOfResponse, tryParse } from "./errors.ts";
import { createSseReader } from "./sse.ts";

/** What Workers AI's models take; other members are passed on as they are. */
export interface AiInputs {
  messages?: readonly object[];
  prompt?: string;
  /** Texts to make vectors of. */
  text?: string | readonly string[];
  stream?: boolean;
  max_tokens?: number | undefined;
  temperature?: number | undefined;
  /** With or without OpenAI's wrapper (`{type, function}`). */
  tools?: readonly object[] | undefined;
  response_format?: { type: string; json_schema?: object } | undefined;
  [member: string]: unknown;
}

/** What a text model answers: OpenAI's members too, `choices` among them. */
export interface AiAnswer {
  response: string;
  tool_calls?: { id?: string; name: string; arguments: unknown }[];
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

/** What a model for vectors answers. */
export interface AiVectors {
  shape: [number, number];
  data: number[][];
}

/** What `run` takes beside the inputs: the gateway's own part of it, and what the runtime adds. */
export interface AiOptions {
  gateway?:
    | {
        id?: string;
        skipCache?: boolean;
        cacheTtl?: number;
        cacheKey?: string;
        metadata?: Record<string, unknown>;
        collectLog?: boolean;
        eventId?: string;
        requestTimeoutMs?: number;
        retries?: { maxAttempts?: number; retryDelayMs?: number; backoff?: string };
      }
    | undefined;
  tags?: readonly string[];
  extraHeaders?: Record<string, string>;
  returnRawResponse?: boolean;
  signal?: AbortSignal | undefined;
}

/** The part of the Workers AI binding that models for text and vectors use. */
export interface AiBinding {
  run(
    model: string,
    inputs: AiInputs,
    options: AiOptions & { returnRawResponse: true },
  ): Promise<Response>;
  run(
    model: string,
    inputs: AiInputs & { stream: true },
    options?: AiOptions,
  ): Promise<ReadableStream<Uint8Array>>;
  run(
    model: string,
    inputs: AiInputs & { text: string | readonly string[] },
    options?: AiOptions,
  ): Promise<AiVectors>;
  run(model: string, inputs: AiInputs, options?: AiOptions): Promise<AiAnswer>;
}

/** Whatever reaches the gateway by `fetch`: a binding of it does. */
export interface Fetches {
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

/** No such host: over a binding it means nothing. */
const HOST = "https://tallygate";

/** `env.AI` for code written for Workers AI: `const ai = createAi(env.GATEWAY)`. */
export function createAi(binding: Fetches): AiBinding {
  async function run(model: string, inputs: AiInputs, options: AiOptions = {}): Promise<unknown> {
    const asksVectors =
      inputs.text !== undefined && !inputs.messages && inputs.prompt === undefined;
    const path = asksVectors ? "/v1/embeddings" : "/v1/chat/completions";
    const body = asksVectors ? vectorsBody(inputs) : chatBody(inputs);
    const response = await binding.fetch(HOST + path, {
      method: "POST",
      headers: headersOf(options),
      body: JSON.stringify({ ...body, model }),
      ...(options.signal && { signal: options.signal }),
    });
    if (options.returnRawResponse === true) return response;
    if (!response.ok) throw errorOfResponse(response, await response.text(), Date.now());
    if (inputs.stream === true && !asksVectors) return eventsOf(response);
    const answer = asObject(tryParse(await response.text()));
    if (answer === undefined) throw brokenOff();
    return asksVectors ? vectorsOf(answer) : answerOf(answer);
  }
  return { run } as AiBinding;
}

function headersOf({ gateway = {}, tags, extraHeaders }: AiOptions): Record<string, string> {
  const { retries } = gateway;
  const told: Record<string, string | number | boolean | undefined> = {
    "cf-aig-skip-cache": gateway.skipCache,
    "cf-aig-cache-ttl": gateway.cacheTtl,
    "cf-aig-cache-key": gateway.cacheKey,
    "cf-aig-collect-log": gateway.collectLog,
    "cf-aig-event-id": gateway.eventId,
    "cf-aig-request-timeout": gateway.requestTimeoutMs,
    "cf-aig-max-attempts": retries?.maxAttempts,
    "cf-aig-retry-delay": retries?.retryDelayMs,
    "cf-aig-backoff": retries?.backoff,
    "x-tallygate-metadata": gateway.metadata && asciiJson(gateway.metadata),
    "x-tallygate-tags": tags?.join(","),
  };
  const headers: Record<string, string> = { ...extraHeaders, "content-type": "application/json" };
  for (const [name, value] of Object.entries(told)) {
    if (value !== undefined) headers[name] = String(value);
  }
  return headers;
}

function vectorsBody({ text, pooling: _pooling, ...rest }: AiInputs): object {
  return { ...rest, input: text, encoding_format: "float" };
}

function chatBody({ prompt, messages, tools, response_format, ...rest }: AiInputs): object {
  return {
    ...rest,
    messages: messages ?? [{ role: "user", content: prompt ?? "" }],
    ...(tools && tools.length > 0 && { tools: tools.map(toolOf) }),
    ...(response_format && { response_format: formatOf(response_format) }),
    // Their streams always end with usage.
    ...(rest.stream === true && { stream_options: { include_usage: true } }),
  };
}

function toolOf(tool: object): object {
  return "function" in tool ? tool : { type: "function", function: tool };
}

/** A schema as OpenAI wraps it; Workers AI takes it bare. */
function formatOf(format: { type: string; json_schema?: object }): object {
  const { json_schema: schema } = format;
  if (schema === undefined || "schema" in schema) return format;
  return { type: format.type, json_schema: { name: "answer", schema } };
}

function answerOf(answer: JsonObject): object {
  const message = asObject(choiceOf(answer)["message"]) ?? {};
  const calls = message["tool_calls"];
  return {
    ...answer,
    response: message["content"] ?? "",
    ...(Array.isArray(calls) && calls.length > 0 && { tool_calls: calls.map(callOf) }),
  };
}

function choiceOf(answer: JsonObject): JsonObject {
  const { choices } = answer;
  return asObject(Array.isArray(choices) ? choices[0] : undefined) ?? {};
}

function callOf(call: unknown): object {
  const { id, function: called } = asObject(call) ?? {};
  const { name, arguments: written } = asObject(called) ?? {};
  const given = typeof written === "string" ? (tryParse(written) ?? written) : written;
  return { id, name, arguments: given };
}

function vectorsOf({ data, usage }: JsonObject): object {
  const rows = (Array.isArray(data) ? data : []).map((one) => asObject(one)?.["embedding"] ?? []);
  const [first] = rows;
  const shape = [rows.length, Array.isArray(first) ? first.length : 0];
  return { shape, data: rows, ...(usage !== undefined && { usage }) };
}

/** `data: {"response": "..."}` for each event, usage with the last, then `data: [DONE]`. */
function eventsOf(response: Response): ReadableStream<Uint8Array> {
  if (response.body === null) throw brokenOff();
  const reader = createSseReader();
  const encoder = new TextEncoder();
  let finish: unknown;
  const turned = (events: ReturnType<typeof reader.end>): Uint8Array => {
    const lines = events.map(({ data }) => {
      const event = asObject(tryParse(data));
      if (event === undefined) return `data: ${data}\n\n`;
      finish = choiceOf(event)["finish_reason"] ?? finish;
      return turn(event, finish);
    });
    return encoder.encode(lines.join(""));
  };
  const reframe = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      const out = turned(reader.push(chunk));
      if (out.length > 0) controller.enqueue(out);
    },
    flush(controller) {
      const out = turned(reader.end());
      if (out.length > 0) controller.enqueue(out);
    },
  });
  return response.body.pipeThrough(reframe);
}

/** One event as text; none for one that says nothing there. An error stays as it is. */
function turn(event: JsonObject, finish: unknown): string {
  if (event["choices"] === undefined) return `data: ${JSON.stringify(event)}\n\n`;
  const { content, tool_calls } = asObject(choiceOf(event)["delta"]) ?? {};
  const { usage } = event;
  const isLast = usage !== undefined && usage !== null;
  if (!content && tool_calls === undefined && !isLast) return "";
  const last = isLast ? { finish_reason: finish, usage } : {};
  return `data: ${JSON.stringify({ response: content ?? "", tool_calls, ...last })}\n\n`;
}
