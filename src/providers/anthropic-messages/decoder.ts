/** A messages stream into stream parts. */
import type { StreamPart } from "../chat.ts";
import { asObject, asString, isObject, lookup, parseObject } from "../json.ts";
import type { JsonObject, StreamDecoder, WireEvent } from "../types.ts";
import { readFinish } from "./response.ts";
import { mergeUsage, readUsage } from "./usage.ts";

interface Block {
  kind: "text" | "reasoning" | "tool-input";
  id: string;
  hasText: boolean;
  signature?: string;
  /** Arguments that came whole in the block's first event. */
  input?: JsonObject;
}

export function openDecoder(): StreamDecoder {
  return new AnthropicDecoder();
}

class AnthropicDecoder implements StreamDecoder {
  #ended = false;
  #usage: JsonObject = {};
  #finish: StreamPart & { type: "finish" } = { type: "finish", finish: "other" };
  #hasFinish = false;
  readonly #blocks = new Map<number, Block>();

  push(event: WireEvent): StreamPart[] {
    const parts: StreamPart[] = [];
    if (event.data === "" || event.event === "ping" || this.#ended) return parts;
    const body = parseObject(event.data);
    if (!body) {
      this.#fail(parts, "malformed_stream_event", "the provider sent an unreadable event");
      return parts;
    }
    this.#read(parts, asString(body["type"]) ?? event.event ?? "", body);
    return parts;
  }

  end(): StreamPart[] {
    const parts: StreamPart[] = [];
    if (this.#ended) return parts;
    if (this.#hasFinish) this.#end(parts);
    else this.#fail(parts, "stream_cut", "the provider's stream ended before its answer did");
    return parts;
  }

  #read(parts: StreamPart[], type: string, body: JsonObject): void {
    const index = typeof body["index"] === "number" ? body["index"] : 0;
    if (type === "content_block_delta") this.#delta(parts, index, asObject(body["delta"]) ?? {});
    else if (type === "content_block_start")
      this.#start(parts, index, asObject(body["content_block"]) ?? {});
    else if (type === "content_block_stop") this.#stop(parts, index);
    else if (type === "message_start") this.#message(parts, asObject(body["message"]) ?? {});
    else if (type === "message_delta") this.#messageDelta(body);
    else if (type === "message_stop") this.#end(parts);
    else if (type === "error") {
      const error = asObject(body["error"]);
      const message = asString(error?.["message"]) ?? "the provider reported an error";
      this.#fail(parts, asString(error?.["type"]) ?? "provider_error", message);
    }
  }

  #message(parts: StreamPart[], message: JsonObject): void {
    this.#usage = mergeUsage(this.#usage, message["usage"]);
    const id = asString(message["id"]);
    const model = asString(message["model"]);
    parts.push({
      type: "response-metadata",
      ...(id !== undefined && { id }),
      ...(model !== undefined && { model }),
    });
  }

  #start(parts: StreamPart[], index: number, content: JsonObject): void {
    const type = asString(content["type"]) ?? "";
    if (type === "redacted_thinking") {
      const id = `reasoning-${index}`;
      const redacted = asString(content["data"]) ?? "";
      parts.push({ type: "reasoning-start", id, redacted }, { type: "reasoning-end", id });
    } else if (type === "tool_use") {
      const id = asString(content["id"]) ?? `call_${index}`;
      const block: Block = { kind: "tool-input", id, hasText: false };
      if (isObject(content["input"])) block.input = content["input"];
      this.#blocks.set(index, block);
      parts.push({ type: "tool-input-start", id, name: asString(content["name"]) ?? "" });
    } else if (type === "text" || type === "thinking") {
      const kind = type === "text" ? "text" : "reasoning";
      const block: Block = { kind, id: `${kind}-${index}`, hasText: false };
      this.#blocks.set(index, block);
      parts.push({ type: `${kind}-start`, id: block.id });
      this.#text(parts, block, asString(content[type]));
    } else {
      const message = `a ${type} block cannot be carried over to the caller's dialect`;
      this.#fail(parts, "unsupported_content", message);
    }
  }

  #delta(parts: StreamPart[], index: number, delta: JsonObject): void {
    const block = this.#blocks.get(index);
    if (!block) return;
    const signature = asString(delta["signature"]);
    if (signature !== undefined) block.signature = (block.signature ?? "") + signature;
    const member = lookup(DELTA_MEMBERS, delta["type"]);
    if (member !== undefined) this.#text(parts, block, asString(delta[member]));
  }

  #text(parts: StreamPart[], block: Block, text: string | undefined): void {
    if (text === undefined || text === "") return;
    block.hasText = true;
    const { id, kind } = block;
    if (kind === "tool-input") parts.push({ type: "tool-input-delta", id, delta: text });
    else parts.push({ type: `${kind}-delta`, id, text });
  }

  #stop(parts: StreamPart[], index: number): void {
    const block = this.#blocks.get(index);
    if (!block) return;
    this.#blocks.delete(index);
    const { id, kind, signature } = block;
    if (kind === "tool-input" && !block.hasText) {
      parts.push({ type: "tool-input-delta", id, delta: JSON.stringify(block.input ?? {}) });
    }
    if (kind === "reasoning" && signature !== undefined) {
      parts.push({ type: "reasoning-end", id, signature });
    } else {
      parts.push({ type: `${kind}-end`, id });
    }
  }

  #messageDelta(body: JsonObject): void {
    this.#usage = mergeUsage(this.#usage, body["usage"]);
    const delta = asObject(body["delta"]);
    const finish = readFinish(delta?.["stop_reason"]);
    if (finish === undefined) return;
    this.#hasFinish = true;
    const stopSequence = asString(delta?.["stop_sequence"]);
    this.#finish = {
      type: "finish",
      finish,
      ...(stopSequence !== undefined && { stopSequence }),
    };
  }

  #closeAll(parts: StreamPart[]): void {
    for (const index of this.#blocks.keys()) this.#stop(parts, index);
  }

  #end(parts: StreamPart[]): void {
    this.#closeAll(parts);
    this.#ended = true;
    const usage = readUsage(this.#usage);
    parts.push({ ...this.#finish, ...(usage && { usage }) });
  }

  #fail(parts: StreamPart[], code: string, message: string): void {
    this.#closeAll(parts);
    this.#ended = true;
    parts.push({ type: "error", code, message });
  }
}

const DELTA_MEMBERS: Readonly<Record<string, string>> = {
  text_delta: "text",
  thinking_delta: "thinking",
  input_json_delta: "partial_json",
};
