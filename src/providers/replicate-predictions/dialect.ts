/**
 * Replicate's predictions of language models, spoken to providers only: one `prompt` goes in, text
 * comes out, as a whole or as events. Formats: replicate.com/docs/topics/predictions (create, streaming;
 * November 2026) and the package `replicate` 1.4.0. The model stands in the URL; inputs have the names
 * that Replicate's own language models share.
 */
import type { Usage } from "#events/money.ts";
import type { ChatResponse, StreamPart } from "../chat.ts";
import { crossing, refuse } from "../crossing.ts";
import { asArray, asCount, asNumber, asObject, asString, isObject, parseObject } from "../json.ts";
import { takesMaxCompletionTokens } from "../openai-chat/view.ts";
import { metaOf, type ResponseMeta } from "../response-meta.ts";
import type {
  Json,
  JsonObject,
  Result,
  StreamDecoder,
  UpstreamDialect,
  WireEvent,
} from "../types.ts";
import { encodeRequest } from "./encode-request.ts";

/** The name of the event that is put behind a stream. */
export const OVER_EVENT = "tallygate-over";

export const replicatePredictions: UpstreamDialect = {
  id: "replicate-predictions",
  contentType: "sse",
  prepare(body, { model, maxOutputTokens, stream }) {
    const {
      max_tokens: _max,
      max_completion_tokens: _other,
      ...input
    } = asObject(body["input"]) ?? {};
    const cap = takesMaxCompletionTokens(model) ? "max_completion_tokens" : "max_tokens";
    return { ...body, input: { ...input, [cap]: maxOutputTokens }, stream };
  },
  encodeRequest,
  decodeResponse,
  responseMeta,
  openDecoder: () => new PredictionDecoder(),
};

function decodeResponse(body: Json): Result<ChatResponse> {
  return crossing(() => {
    if (!isObject(body)) return refuse("body", "expected a prediction");
    if (body["status"] !== "succeeded")
      return refuse("status", "expected a prediction that succeeded");
    const text = textOf(body["output"]);
    if (text === undefined) return refuse("output", "expected text");
    const { usage, servedModel, responseId } = responseMeta(body);
    return {
      parts: [{ type: "text", text }],
      finish: "stop",
      ...(responseId !== undefined && { id: responseId }),
      ...(servedModel !== undefined && { model: servedModel }),
      ...(usage && { usage }),
    };
  });
}

/** Text as a whole, or in the pieces that a stream would have. */
function textOf(output: Json | undefined): string | undefined {
  const pieces = asArray(output);
  if (pieces === undefined) return asString(output);
  return pieces.every((piece) => typeof piece === "string") ? pieces.join("") : undefined;
}

function responseMeta(body: Json): ResponseMeta {
  const root = asObject(body);
  const usage = usageOf(root);
  const servedModel = asString(root?.["model"]);
  const responseId = asString(root?.["id"]);
  const finish = root?.["status"] === "succeeded" ? "stop" : undefined;
  return metaOf({ usage, finish, servedModel, responseId });
}

/**
 * How long it ran, in seconds (`predict_time`): nothing where it was ended before it began. Models
 * that are billed by token count them, in members that the documentation does not show; without
 * them the worst case is booked.
 */
function usageOf(root: JsonObject | undefined): Usage | undefined {
  const metrics = asObject(root?.["metrics"]);
  const seconds = root?.["status"] === "aborted" ? 0 : asNumber(metrics?.["predict_time"]);
  const isTold = seconds !== undefined && seconds >= 0 && seconds < RUN_SECONDS_MAX;
  if (!isTold && asNumber(metrics?.["output_token_count"]) === undefined) return undefined;
  return {
    inputTokens: asCount(metrics?.["input_token_count"]),
    outputTokens: asCount(metrics?.["output_token_count"]),
    ...(isTold && { runMs: Math.ceil(Number((seconds * 1000).toFixed(6))) }),
  };
}

/** No run takes a year; what says so is no report. */
const RUN_SECONDS_MAX = 366 * 86_400;

const ENDS: Readonly<Record<string, string>> = {
  canceled: "the prediction was canceled",
  error: "the prediction failed",
};

/**
 * `output` events are plain text; `error` and `done` are JSON. Streams tell no usage: what the
 * prediction says once it is over is put behind them, as an event that Replicate does not have.
 */
class PredictionDecoder implements StreamDecoder {
  #began = false;
  #done = false;
  #ended = false;

  push({ event, data }: WireEvent): StreamPart[] {
    if (this.#ended) return [];
    if (event === OVER_EVENT && this.#done) return this.#finish(usageOf(parseObject(data)));
    if (this.#done) return [];
    if (event === "output") return this.#text(data);
    if (event !== "error" && event !== "done") return [];
    const said = parseObject(data);
    if (said === undefined) return this.#fail("malformed_stream_event", "an unreadable event");
    if (event === "error") {
      return this.#fail("provider_error", asString(said["detail"]) ?? "the prediction failed");
    }
    const reason = asString(said["reason"]);
    if (reason !== undefined) {
      return this.#fail(reason, ENDS[reason] ?? "the prediction ended early");
    }
    this.#done = true;
    return this.#close();
  }

  #finish(usage?: Usage): StreamPart[] {
    this.#ended = true;
    return [{ type: "finish", finish: "stop", ...(usage && { usage }) }];
  }

  end(): StreamPart[] {
    if (this.#ended) return [];
    if (this.#done) return this.#finish();
    return this.#fail("stream_cut", "the provider's stream ended before its answer did");
  }

  #text(text: string): StreamPart[] {
    if (text === "") return [];
    const delta: StreamPart = { type: "text-delta", id: "text-1", text };
    if (this.#began) return [delta];
    this.#began = true;
    return [{ type: "text-start", id: "text-1" }, delta];
  }

  #close(): StreamPart[] {
    return this.#began ? [{ type: "text-end", id: "text-1" }] : [];
  }

  #fail(code: string, message: string): StreamPart[] {
    this.#ended = true;
    return [...this.#close(), { type: "error", code, message }];
  }
}
