/** An Ollama chat stream to and from stream parts. */
import type { AssistantPart, FinishReason, StreamPart } from "../chat.ts";
import { asObject, asString, objectsIn, parseObject } from "../json.ts";
import { PartEncoder, type WrittenPart } from "../part-encoder.ts";
import type {
  EncoderMeta,
  JsonObject,
  StreamDecoder,
  StreamEncoder,
  WireEvent,
  WireError,
} from "../types.ts";
import { encodeTurn } from "./encode-request.ts";
import { encodeStreamError, readFinish, readUsage, writeFinish, writeUsage } from "./response.ts";

export function openDecoder(): StreamDecoder {
  return new OllamaDecoder();
}

class OllamaDecoder implements StreamDecoder {
  #began = false;
  #ended = false;
  #seed = "";
  #block: { kind: "text" | "reasoning"; id: string } | undefined;
  #blocks = 0;
  #calls = 0;

  push(event: WireEvent): StreamPart[] {
    const parts: StreamPart[] = [];
    if (event.data === "" || this.#ended) return parts;
    const body = parseObject(event.data);
    if (!body) this.#fail(parts, "malformed_stream_event", "the provider sent an unreadable event");
    else if (body["error"] !== undefined) {
      this.#fail(
        parts,
        "provider_error",
        asString(body["error"]) ?? "the provider reported an error",
      );
    } else this.#readBody(parts, body);
    return parts;
  }

  end(): StreamPart[] {
    const parts: StreamPart[] = [];
    if (this.#ended) return parts;
    this.#fail(parts, "stream_cut", "the provider's stream ended before its answer did");
    return parts;
  }

  #readBody(parts: StreamPart[], body: JsonObject): void {
    if (!this.#began) {
      this.#began = true;
      const model = asString(body["model"]);
      // Ollama gives calls no ids: the answer's own time keeps those of two answers apart.
      this.#seed = (asString(body["created_at"]) ?? "").replaceAll(/[^0-9]/g, "");
      parts.push({ type: "response-metadata", ...(model !== undefined && { model }) });
    }
    const message = asObject(body["message"]);
    this.#text(parts, "reasoning", message?.["thinking"]);
    this.#text(parts, "text", message?.["content"]);
    for (const call of objectsIn(message?.["tool_calls"])) this.#call(parts, call);
    const finish: FinishReason | undefined = readFinish(body, this.#calls > 0);
    if (finish === undefined) return;
    this.#close(parts);
    this.#ended = true;
    const usage = readUsage(body);
    parts.push({ type: "finish", finish, ...(usage && { usage }) });
  }

  #text(parts: StreamPart[], kind: "text" | "reasoning", value: unknown): void {
    if (typeof value !== "string" || value === "") return;
    if (this.#block?.kind !== kind) {
      this.#close(parts);
      this.#blocks += 1;
      this.#block = { kind, id: `${kind}-${this.#blocks}` };
      parts.push({ type: `${kind}-start`, id: this.#block.id });
    }
    parts.push({ type: `${kind}-delta`, id: this.#block?.id ?? "", text: value });
  }

  #call(parts: StreamPart[], call: JsonObject): void {
    this.#close(parts);
    this.#calls += 1;
    const fn = asObject(call["function"]);
    const id = asString(call["id"]) ?? `call_${this.#seed}_${this.#calls}`;
    parts.push(
      { type: "tool-input-start", id, name: asString(fn?.["name"]) ?? "" },
      { type: "tool-input-delta", id, delta: JSON.stringify(fn?.["arguments"] ?? {}) },
      { type: "tool-input-end", id },
    );
  }

  #close(parts: StreamPart[]): void {
    if (this.#block) parts.push({ type: `${this.#block.kind}-end`, id: this.#block.id });
    this.#block = undefined;
  }

  #fail(parts: StreamPart[], code: string, message: string): void {
    this.#close(parts);
    this.#ended = true;
    parts.push({ type: "error", code, message });
  }
}

export function openEncoder(meta: EncoderMeta): StreamEncoder {
  return new OllamaEncoder(meta);
}

/** Calls are written whole, when their arguments are: Ollama's clients expect no fragments. */
class OllamaEncoder extends PartEncoder {
  readonly #calls = new Map<string, AssistantPart & { type: "tool-call" }>();

  protected override write(part: WrittenPart): string {
    switch (part.type) {
      case "text-delta":
        return this.#message({ role: "assistant", content: part.text });
      case "reasoning-delta":
        return this.#message({ role: "assistant", content: "", thinking: part.text });
      case "tool-input-start": {
        const { id, name } = part;
        this.#calls.set(id, { type: "tool-call", id, name, input: "" });
        return "";
      }
      case "tool-input-delta": {
        const call = this.#calls.get(part.id);
        if (call) call.input += part.delta;
        return "";
      }
      case "tool-input-end": {
        const call = this.#calls.get(part.id);
        return call ? this.#message(encodeTurn([call])) : "";
      }
      case "finish": {
        const done = { done: true, done_reason: writeFinish(part.finish) };
        const counts = part.usage && writeUsage(part.usage);
        return this.#message({ role: "assistant", content: "" }, { ...done, ...counts });
      }
      case "text-start":
      case "text-end":
      case "reasoning-start":
      case "reasoning-end":
        break;
    }
    return "";
  }

  #message(message: JsonObject, rest: JsonObject = { done: false }): string {
    const created_at = new Date(this.meta.createdAtMs).toISOString();
    return `${JSON.stringify({ model: this.model, created_at, message, ...rest })}\n`;
  }

  protected override writeError(error: WireError): string {
    return encodeStreamError(error);
  }
}
