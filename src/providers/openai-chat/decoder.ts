/** A chat completions stream into stream parts: one answer, its blocks one after another. */
import type { Usage } from "#events/money.ts";
import type { FinishReason, StreamPart } from "../chat.ts";
import { asObject, asString, isObject, objectsIn, parseObject } from "../json.ts";
import type { JsonObject, StreamDecoder, WireEvent } from "../types.ts";
import { readSignature } from "./message.ts";
import { readFinish } from "./response.ts";
import { readUsage } from "./usage.ts";

type BlockKind = "text" | "reasoning";

export function openDecoder(): StreamDecoder {
  return new OpenAiDecoder();
}

class OpenAiDecoder implements StreamDecoder {
  #began = false;
  #ended = false;
  #blocks = 0;
  #block: { kind: BlockKind; id: string; signature?: string } | undefined;
  #call: { id: string; index: number; hasInput: boolean } | undefined;
  #finish: FinishReason | undefined;
  #usage: Usage | undefined;

  push(event: WireEvent): StreamPart[] {
    const parts: StreamPart[] = [];
    if (event.data === "" || this.#ended) return parts;
    if (event.data.startsWith("[DONE]")) {
      this.#end(parts);
      return parts;
    }
    const chunk = parseObject(event.data);
    if (!chunk) {
      this.#fail(parts, "malformed_stream_event", "the provider sent an unreadable event");
    } else if (chunk["error"] !== undefined && chunk["error"] !== null) {
      const error = asObject(chunk["error"]);
      const code = asString(error?.["code"]) ?? asString(error?.["type"]) ?? "provider_error";
      this.#fail(parts, code, asString(error?.["message"]) ?? "the provider reported an error");
    } else {
      this.#readChunk(parts, chunk);
    }
    return parts;
  }

  end(): StreamPart[] {
    const parts: StreamPart[] = [];
    if (this.#ended) return parts;
    // Some hosts leave out [DONE]; a finish reason is enough to call an answer whole.
    if (this.#finish !== undefined) this.#end(parts);
    else this.#fail(parts, "stream_cut", "the provider's stream ended before its answer did");
    return parts;
  }

  #readChunk(parts: StreamPart[], chunk: JsonObject): void {
    // Azure's first chunk is about the prompt: it has neither a choice nor a name.
    if (!this.#began && (chunk["id"] !== "" || objectsIn(chunk["choices"]).length > 0)) {
      this.#began = true;
      const id = asString(chunk["id"]);
      const model = asString(chunk["model"]);
      parts.push({
        type: "response-metadata",
        ...(id !== undefined && { id }),
        ...(model !== undefined && { model }),
      });
    }
    const usage = readUsage(chunk["usage"] ?? asObject(chunk["x_groq"])?.["usage"]);
    if (usage) this.#usage = usage;
    const choices = chunk["choices"];
    const choice = Array.isArray(choices) ? choices[0] : undefined;
    if (!isObject(choice) || (choice["index"] ?? 0) !== 0) return;
    if (isObject(choice["delta"])) this.#readDelta(parts, choice["delta"]);
    const finish = readFinish(choice["finish_reason"]);
    if (finish === undefined) return;
    this.#finish = finish;
    this.#closeBlocks(parts);
  }

  #readDelta(parts: StreamPart[], delta: JsonObject): void {
    this.#readReasoning(parts, delta);
    this.#text(parts, "text", delta["content"]);
    this.#text(parts, "text", delta["refusal"]);
    const calls = delta["tool_calls"];
    if (Array.isArray(calls)) for (const call of calls) if (isObject(call)) this.#tool(parts, call);
  }

  #readReasoning(parts: StreamPart[], delta: JsonObject): void {
    const plain = delta["reasoning_content"] ?? delta["reasoning"];
    this.#text(parts, "reasoning", plain);
    for (const detail of objectsIn(delta["reasoning_details"])) {
      const redacted = asString(detail["data"]);
      const signature = asString(detail["signature"]);
      if (redacted !== undefined) {
        this.#closeBlocks(parts);
        const id = this.#nextId("reasoning");
        parts.push({ type: "reasoning-start", id, redacted }, { type: "reasoning-end", id });
      } else if (typeof plain !== "string") {
        this.#text(parts, "reasoning", detail["text"] ?? detail["summary"]);
      }
      if (signature !== undefined && this.#block?.kind !== "reasoning") {
        this.#openBlock(parts, "reasoning");
      }
      if (signature !== undefined && this.#block) this.#block.signature = signature;
    }
  }

  #text(parts: StreamPart[], kind: BlockKind, value: unknown): void {
    if (typeof value !== "string" || value === "") return;
    const id = this.#block?.kind === kind ? this.#block.id : this.#openBlock(parts, kind);
    parts.push({ type: `${kind}-delta`, id, text: value });
  }

  /** An open tool call stays open: text that was held back may arrive in the middle of it. */
  #openBlock(parts: StreamPart[], kind: BlockKind): string {
    this.#closeBlock(parts);
    const id = this.#nextId(kind);
    this.#block = { kind, id };
    parts.push({ type: `${kind}-start`, id });
    return id;
  }

  #nextId(kind: BlockKind): string {
    this.#blocks += 1;
    return `${kind}-${this.#blocks}`;
  }

  #tool(parts: StreamPart[], call: JsonObject): void {
    const fn = asObject(call["function"]);
    const index = typeof call["index"] === "number" ? call["index"] : 0;
    const id = asString(call["id"]);
    const isNew =
      this.#call === undefined ||
      index !== this.#call.index ||
      (id !== undefined && id !== "" && id !== this.#call.id);
    if (isNew) {
      const name = asString(fn?.["name"]);
      if (id === undefined || name === undefined) {
        this.#fail(parts, "malformed_tool_call", "the provider began a tool call without a name");
        return;
      }
      this.#closeBlocks(parts);
      this.#call = { id, index, hasInput: false };
      const signature = readSignature(call);
      parts.push({
        type: "tool-input-start",
        id,
        name,
        ...(signature !== undefined && { signature }),
      });
    }
    const delta = asString(fn?.["arguments"]) ?? "";
    if (delta === "" || !this.#call) return;
    this.#call.hasInput = true;
    parts.push({ type: "tool-input-delta", id: this.#call.id, delta });
  }

  #closeBlocks(parts: StreamPart[]): void {
    this.#closeBlock(parts);
    this.#closeCall(parts);
  }

  #closeBlock(parts: StreamPart[]): void {
    const { id, kind, signature } = this.#block ?? {};
    if (id !== undefined && kind === "reasoning" && signature !== undefined) {
      parts.push({ type: "reasoning-end", id, signature });
    } else if (id !== undefined && kind !== undefined) {
      parts.push({ type: `${kind}-end`, id });
    }
    this.#block = undefined;
  }

  #closeCall(parts: StreamPart[]): void {
    if (!this.#call) return;
    const { id, hasInput } = this.#call;
    // A call without arguments is a call with none, which other dialects write as {}.
    if (!hasInput) parts.push({ type: "tool-input-delta", id, delta: "{}" });
    parts.push({ type: "tool-input-end", id });
    this.#call = undefined;
  }

  #end(parts: StreamPart[]): void {
    if (this.#finish === undefined) {
      this.#fail(parts, "stream_cut", "the provider's stream ended before its answer did");
      return;
    }
    this.#ended = true;
    const usage = this.#usage;
    parts.push({ type: "finish", finish: this.#finish, ...(usage && { usage }) });
  }

  #fail(parts: StreamPart[], code: string, message: string): void {
    this.#closeBlocks(parts);
    this.#ended = true;
    parts.push({ type: "error", code, message });
  }
}
