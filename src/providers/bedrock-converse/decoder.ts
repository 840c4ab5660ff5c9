/** A ConverseStream into stream parts: each event named, its payload JSON. */
import type { StreamPart } from "../chat.ts";
import { asObject, asString, parseObject } from "../json.ts";
import type { Json, JsonObject, StreamDecoder, WireEvent } from "../types.ts";
import { readFinish, readUsage } from "./response.ts";

interface Block {
  kind: "text" | "reasoning" | "tool-input";
  id: string;
  hasInput: boolean;
  signature?: string;
}

export function openDecoder(): StreamDecoder {
  return new ConverseDecoder();
}

class ConverseDecoder implements StreamDecoder {
  #isOver = false;
  #finish: (StreamPart & { type: "finish" }) | undefined;
  readonly #blocks = new Map<number, Block>();

  push({ event = "", data }: WireEvent): StreamPart[] {
    const parts: StreamPart[] = [];
    if (this.#isOver || data === "") return parts;
    const body = parseObject(data);
    if (body === undefined) {
      this.#fail(parts, "malformed_stream_event", "the provider sent an unreadable event");
    } else if (event === "error" || event.endsWith("Exception")) {
      const code = event === "error" ? (asString(body["code"]) ?? event) : event;
      this.#fail(parts, code, asString(body["message"]) ?? "the provider reported an error");
    } else {
      this.#read(parts, event, body);
    }
    return parts;
  }

  end(): StreamPart[] {
    const parts: StreamPart[] = [];
    if (this.#isOver) return parts;
    if (this.#finish === undefined) {
      this.#fail(parts, "stream_cut", "the provider's stream ended before its answer did");
    } else {
      this.#end(parts);
    }
    return parts;
  }

  #read(parts: StreamPart[], event: string, body: JsonObject): void {
    const index = typeof body["contentBlockIndex"] === "number" ? body["contentBlockIndex"] : 0;
    if (event === "messageStart") parts.push({ type: "response-metadata" });
    else if (event === "contentBlockStart")
      this.#start(parts, index, asObject(body["start"]) ?? {});
    else if (event === "contentBlockDelta")
      this.#delta(parts, index, asObject(body["delta"]) ?? {});
    else if (event === "contentBlockStop") this.#stop(parts, index);
    else if (event === "messageStop") {
      this.#finish = { type: "finish", finish: readFinish(body["stopReason"]) ?? "other" };
    } else if (event === "metadata") {
      // The last word of a stream; usage stands nowhere else.
      const usage = readUsage(body["usage"]);
      if (this.#finish !== undefined && usage !== undefined) this.#finish.usage = usage;
      if (this.#finish !== undefined) this.#end(parts);
    }
  }

  #start(parts: StreamPart[], index: number, start: JsonObject): void {
    const tool = asObject(start["toolUse"]);
    const [foreign] = Object.keys(start);
    if (tool !== undefined) {
      const id = asString(tool["toolUseId"]) ?? `call_${index}`;
      this.#blocks.set(index, { kind: "tool-input", id, hasInput: false });
      parts.push({ type: "tool-input-start", id, name: asString(tool["name"]) ?? "" });
    } else if (foreign !== undefined) {
      this.#foreign(parts, foreign);
    }
  }

  #delta(parts: StreamPart[], index: number, delta: JsonObject): void {
    const reasoning = asObject(delta["reasoningContent"]);
    const text = asString(delta["text"]);
    if (text !== undefined) {
      const { id } = this.#open(parts, index, "text");
      if (text !== "") parts.push({ type: "text-delta", id, text });
    } else if (reasoning !== undefined) {
      this.#reasoning(parts, index, reasoning);
    } else if (delta["toolUse"] !== undefined) {
      this.#input(parts, index, asObject(delta["toolUse"])?.["input"]);
    } else {
      this.#foreign(parts, Object.keys(delta)[0] ?? "nameless");
    }
  }

  #input(parts: StreamPart[], index: number, input: Json | undefined): void {
    const block = this.#blocks.get(index);
    const text = asString(input) ?? "";
    if (block?.kind !== "tool-input" || text === "") return;
    block.hasInput = true;
    parts.push({ type: "tool-input-delta", id: block.id, delta: text });
  }

  #reasoning(parts: StreamPart[], index: number, reasoning: JsonObject): void {
    const redacted = asString(reasoning["redactedContent"]);
    if (redacted !== undefined) {
      const id = `reasoning-${index}`;
      parts.push({ type: "reasoning-start", id, redacted }, { type: "reasoning-end", id });
      return;
    }
    const block = this.#open(parts, index, "reasoning");
    const text = asString(reasoning["text"]) ?? "";
    const signature = asString(reasoning["signature"]);
    if (text !== "") parts.push({ type: "reasoning-delta", id: block.id, text });
    if (signature !== undefined) block.signature = (block.signature ?? "") + signature;
  }

  /** Blocks of text need no event of their own to begin. */
  #open(parts: StreamPart[], index: number, kind: "text" | "reasoning"): Block {
    const open = this.#blocks.get(index);
    if (open?.kind === kind) return open;
    if (open !== undefined) this.#stop(parts, index);
    const block: Block = { kind, id: `${kind}-${index}`, hasInput: false };
    this.#blocks.set(index, block);
    parts.push({ type: `${kind}-start`, id: block.id });
    return block;
  }

  #stop(parts: StreamPart[], index: number): void {
    const block = this.#blocks.get(index);
    if (block === undefined) return;
    this.#blocks.delete(index);
    const { id, kind, signature, hasInput } = block;
    if (kind === "tool-input" && !hasInput)
      parts.push({ type: "tool-input-delta", id, delta: "{}" });
    if (kind === "reasoning" && signature !== undefined) {
      parts.push({ type: "reasoning-end", id, signature });
    } else {
      parts.push({ type: `${kind}-end`, id });
    }
  }

  #foreign(parts: StreamPart[], type: string): void {
    const message = `a ${type} block cannot be carried over to the caller's dialect`;
    this.#fail(parts, "unsupported_content", message);
  }

  #end(parts: StreamPart[]): void {
    for (const index of this.#blocks.keys()) this.#stop(parts, index);
    this.#isOver = true;
    parts.push(this.#finish ?? { type: "finish", finish: "other" });
  }

  #fail(parts: StreamPart[], code: string, message: string): void {
    for (const index of this.#blocks.keys()) this.#stop(parts, index);
    this.#isOver = true;
    parts.push({ type: "error", code, message });
  }
}
