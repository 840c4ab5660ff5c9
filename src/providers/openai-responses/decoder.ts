/** A responses stream into stream parts; texts that come whole and without deltas are read too. */
import type { ChatResponse, StreamPart } from "../chat.ts";
import { crossing, refuse } from "../crossing.ts";
import { asObject, asString, isObject, objectsIn, parseObject } from "../json.ts";
import type { Json, JsonObject, Result, StreamDecoder, WireEvent } from "../types.ts";
import { readFinish, readUsage, responseMeta } from "./response.ts";

/** A whole answer; items of other kinds (searches, calls of built-in tools) are not answers. */
export function decodeResponse(body: Json): Result<ChatResponse> {
  return crossing(() => {
    if (!isObject(body) || !Array.isArray(body["output"])) {
      return refuse("output", "expected a response with output");
    }
    const { usage, finish, servedModel, responseId } = responseMeta(body);
    if (finish === undefined || finish === "error") {
      return refuse("status", "expected a response that ended");
    }
    const parts = objectsIn(body["output"]).flatMap(partsOf);
    return {
      parts,
      finish,
      ...(responseId !== undefined && { id: responseId }),
      ...(servedModel !== undefined && { model: servedModel }),
      ...(usage && { usage }),
    };
  });
}

function partsOf(item: JsonObject): ChatResponse["parts"] {
  if (item["type"] === "function_call") {
    const name = asString(item["name"]) ?? refuse("output.name", "expected a string");
    const id = asString(item["call_id"]) ?? refuse("output.call_id", "expected a string");
    return [{ type: "tool-call", id, name, input: asString(item["arguments"]) ?? "" }];
  }
  if (item["type"] === "reasoning") {
    const texts = [...objectsIn(item["summary"]), ...objectsIn(item["content"])];
    const text = texts.map((part) => asString(part["text"]) ?? "").join("\n");
    return text === "" ? [] : [{ type: "reasoning", text }];
  }
  if (item["type"] !== "message") return [];
  return objectsIn(item["content"]).flatMap((part): ChatResponse["parts"] => {
    const refusal = asString(part["refusal"]);
    if (refusal !== undefined) return [{ type: "text", text: refusal, refusal: true }];
    const text = asString(part["text"]);
    return text === undefined ? [] : [{ type: "text", text }];
  });
}

const TEXTS: Readonly<Record<string, "text" | "reasoning">> = {
  "response.output_text": "text",
  "response.refusal": "text",
  "response.reasoning_summary_text": "reasoning",
  "response.reasoning_text": "reasoning",
};

interface Block {
  kind: "text" | "reasoning" | "tool-input";
  id: string;
  hasText: boolean;
}

export class ResponsesDecoder implements StreamDecoder {
  #began = false;
  #ended = false;
  #blocks = 0;
  readonly #open = new Map<string, Block>();

  push({ data }: WireEvent): StreamPart[] {
    if (this.#ended || data === "" || data.startsWith("[DONE]")) return [];
    const event = parseObject(data);
    if (event === undefined) {
      return this.#fail("malformed_stream_event", "the provider sent an unreadable event");
    }
    const type = asString(event["type"]) ?? "";
    const [, family = "", step = ""] = /^(.*)\.(delta|done)$/.exec(type) ?? [];
    const kind = TEXTS[family];
    if (kind !== undefined) return this.#text(kind, family, step, event);
    if (family === "response.function_call_arguments") return this.#arguments(step, event);
    if (type === "response.output_item.added" || type === "response.output_item.done") {
      return this.#item(type.endsWith("done"), event);
    }
    const response = asObject(event["response"]);
    if (type === "error" || type === "response.failed") return this.#failed(event, response);
    if (response === undefined) return [];
    const parts = this.#begin(response);
    const isOver = type === "response.completed" || type === "response.incomplete";
    return isOver ? [...parts, ...this.#finish(response)] : parts;
  }

  end(): StreamPart[] {
    if (this.#ended) return [];
    return this.#fail("stream_cut", "the provider's stream ended before its answer did");
  }

  #begin(response: JsonObject): StreamPart[] {
    if (this.#began) return [];
    this.#began = true;
    const id = asString(response["id"]);
    const model = asString(response["model"]);
    return [
      {
        type: "response-metadata",
        ...(id !== undefined && { id }),
        ...(model !== undefined && { model }),
      },
    ];
  }

  #text(kind: "text" | "reasoning", family: string, step: string, event: JsonObject): StreamPart[] {
    const at = event["content_index"] ?? event["summary_index"] ?? 0;
    const key = JSON.stringify([family, event["item_id"], event["output_index"], at]);
    const parts: StreamPart[] = [];
    const open = this.#open.get(key) ?? this.#start(parts, key, kind);
    const whole = open.hasText ? undefined : (event["text"] ?? event["refusal"]);
    const text = asString(step === "delta" ? event["delta"] : whole) ?? "";
    if (text !== "") {
      open.hasText = true;
      parts.push({ type: `${kind}-delta`, id: open.id, text });
    }
    if (step === "done") this.#close(parts, key, open);
    return parts;
  }

  #start(parts: StreamPart[], key: string, kind: "text" | "reasoning"): Block {
    this.#blocks += 1;
    const block: Block = { kind, id: `${kind}-${this.#blocks}`, hasText: false };
    this.#open.set(key, block);
    parts.push({ type: `${kind}-start`, id: block.id });
    return block;
  }

  /** Calls begin with their item, and end with it. */
  #item(isDone: boolean, event: JsonObject): StreamPart[] {
    const item = asObject(event["item"]);
    if (item?.["type"] !== "function_call") return [];
    const key = callKey(event);
    const id = asString(item["call_id"]);
    const name = asString(item["name"]);
    const parts: StreamPart[] = [];
    let open = this.#open.get(key);
    if (open === undefined) {
      if (id === undefined || name === undefined) {
        return this.#fail("malformed_tool_call", "the provider began a tool call without a name");
      }
      open = { kind: "tool-input", id, hasText: false };
      this.#open.set(key, open);
      parts.push({ type: "tool-input-start", id, name });
    }
    if (!isDone) return parts;
    if (!open.hasText) {
      const delta = asString(item["arguments"]) ?? "";
      parts.push({ type: "tool-input-delta", id: open.id, delta: delta === "" ? "{}" : delta });
    }
    this.#close(parts, key, open);
    return parts;
  }

  #arguments(step: string, event: JsonObject): StreamPart[] {
    const open = this.#open.get(callKey(event));
    const delta = step === "delta" ? asString(event["delta"]) : undefined;
    if (open === undefined || delta === undefined || delta === "") return [];
    open.hasText = true;
    return [{ type: "tool-input-delta", id: open.id, delta }];
  }

  #close(parts: StreamPart[], key: string, { kind, id }: Block): void {
    this.#open.delete(key);
    parts.push({ type: `${kind}-end`, id });
  }

  #finish(response: JsonObject): StreamPart[] {
    const parts = this.#closeAll();
    this.#ended = true;
    const usage = readUsage(response["usage"]);
    const finish = readFinish(response) ?? "other";
    parts.push({ type: "finish", finish, ...(usage && { usage }) });
    return parts;
  }

  #closeAll(): StreamPart[] {
    const parts: StreamPart[] = [];
    for (const [key, block] of this.#open) this.#close(parts, key, block);
    return parts;
  }

  #failed(event: JsonObject, response: JsonObject | undefined): StreamPart[] {
    const error = asObject(response?.["error"]) ?? asObject(event["error"]) ?? event;
    const code = asString(error["code"]) ?? "provider_error";
    return this.#fail(code, asString(error["message"]) ?? "the provider reported an error");
  }

  #fail(code: string, message: string): StreamPart[] {
    const parts = this.#closeAll();
    this.#ended = true;
    return [...parts, { type: "error", code, message }];
  }
}

const callKey = (event: JsonObject): string => JSON.stringify(["call", event["output_index"] ?? 0]);
