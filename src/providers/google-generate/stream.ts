/** A streamGenerateContent stream to and from stream parts. */
import type { Usage } from "#events/money.ts";
import type { FinishReason, StreamPart } from "../chat.ts";
import { asObject, asString, isObject, objectsIn, parseObject } from "../json.ts";
import { PartEncoder, type FinishPart, type WrittenPart } from "../part-encoder.ts";
import type {
  EncoderMeta,
  JsonObject,
  StreamDecoder,
  StreamEncoder,
  WireEvent,
  WireError,
} from "../types.ts";
import { sseText } from "../wire.ts";
import { encodeStreamError } from "./errors.ts";
import { encodeCall } from "./response.ts";
import { partsOf, readFinish, readUsage, signatureOf, writeFinish, writeUsage } from "./shapes.ts";

export function openDecoder(): StreamDecoder {
  return new GoogleDecoder();
}

class GoogleDecoder implements StreamDecoder {
  #began = false;
  #ended = false;
  #responseId = "";
  #block: { kind: "text" | "reasoning"; id: string; signature?: string } | undefined;
  #blocks = 0;
  #calls = 0;
  #finish: FinishReason | undefined;
  #usage: Usage | undefined;

  push(event: WireEvent): StreamPart[] {
    const parts: StreamPart[] = [];
    if (event.data === "" || this.#ended) return parts;
    const body = parseObject(event.data);
    if (!body) this.#fail(parts, "malformed_stream_event", "the provider sent an unreadable event");
    else if (isObject(body["error"])) {
      const { status, message } = body["error"];
      this.#fail(
        parts,
        asString(status) ?? "provider_error",
        asString(message) ?? "the provider reported an error",
      );
    } else this.#readBody(parts, body);
    return parts;
  }

  /** Google's streams have no last word of their own: the end of the body is it. */
  end(): StreamPart[] {
    const parts: StreamPart[] = [];
    if (this.#ended) return parts;
    if (this.#finish === undefined) {
      this.#fail(parts, "stream_cut", "the provider's stream ended before its answer did");
      return parts;
    }
    this.#ended = true;
    const usage = this.#usage;
    parts.push({ type: "finish", finish: this.#finish, ...(usage && { usage }) });
    return parts;
  }

  #readBody(parts: StreamPart[], body: JsonObject): void {
    if (!this.#began) {
      this.#began = true;
      const id = asString(body["responseId"]);
      const model = asString(body["modelVersion"]);
      this.#responseId = id ?? "";
      parts.push({
        type: "response-metadata",
        ...(id !== undefined && { id }),
        ...(model !== undefined && { model }),
      });
    }
    const usage = readUsage(body["usageMetadata"]);
    if (usage) this.#usage = usage;
    const [candidate] = objectsIn(body["candidates"]);
    for (const part of partsOf(candidate)) this.#readPart(parts, part);
    const blocked = asObject(body["promptFeedback"])?.["blockReason"];
    const finish = readFinish(candidate?.["finishReason"], this.#calls > 0);
    this.#finish = (blocked === undefined ? finish : "content_filter") ?? this.#finish;
    if (this.#finish !== undefined) this.#close(parts);
  }

  #readPart(parts: StreamPart[], part: JsonObject): void {
    const signature = signatureOf(part);
    const call = asObject(part["functionCall"]);
    if (call) {
      this.#close(parts);
      this.#calls += 1;
      const id = asString(call["id"]) ?? `call_${this.#responseId}_${this.#calls}`;
      const name = asString(call["name"]) ?? "";
      const signed = signature === undefined ? {} : { signature };
      parts.push(
        { type: "tool-input-start", id, name, ...signed },
        { type: "tool-input-delta", id, delta: JSON.stringify(call["args"] ?? {}) },
        { type: "tool-input-end", id },
      );
      return;
    }
    const text = asString(part["text"]);
    if (text === undefined) {
      this.#fail(parts, "unsupported_content", "an answer of media cannot be carried over");
      return;
    }
    const kind = part["thought"] === true ? "reasoning" : "text";
    if (text !== "") {
      if (this.#block?.kind !== kind) this.#open(parts, kind);
      parts.push({ type: `${kind}-delta`, id: this.#block?.id ?? "", text });
    }
    if (signature !== undefined && this.#block?.kind === "reasoning")
      this.#block.signature = signature;
  }

  #open(parts: StreamPart[], kind: "text" | "reasoning"): void {
    this.#close(parts);
    this.#blocks += 1;
    this.#block = { kind, id: `${kind}-${this.#blocks}` };
    parts.push({ type: `${kind}-start`, id: this.#block.id });
  }

  #close(parts: StreamPart[]): void {
    if (!this.#block) return;
    const { kind, id, signature } = this.#block;
    this.#block = undefined;
    if (kind === "reasoning" && signature !== undefined) {
      parts.push({ type: "reasoning-end", id, signature });
    } else parts.push({ type: `${kind}-end`, id });
  }

  #fail(parts: StreamPart[], code: string, message: string): void {
    this.#close(parts);
    this.#ended = true;
    parts.push({ type: "error", code, message });
  }
}

export function openEncoder(meta: EncoderMeta): StreamEncoder {
  return new GoogleEncoder(meta);
}

interface Call {
  name: string;
  input: string;
  signature?: string;
}

/** Calls are written whole, when their arguments are: Google's clients expect no fragments. */
class GoogleEncoder extends PartEncoder {
  readonly #calls = new Map<string, Call>();

  protected override write(part: WrittenPart): string {
    switch (part.type) {
      case "text-delta":
        return this.#part({ text: part.text });
      case "reasoning-delta":
        return this.#part({ text: part.text, thought: true });
      case "reasoning-end":
        if (part.signature === undefined) return "";
        return this.#part({ text: "", thought: true, thoughtSignature: part.signature });
      case "tool-input-start": {
        const { id, name, signature } = part;
        this.#calls.set(id, { name, input: "", ...(signature !== undefined && { signature }) });
        return "";
      }
      case "tool-input-delta": {
        const call = this.#calls.get(part.id);
        if (call) call.input += part.delta;
        return "";
      }
      case "tool-input-end":
        return this.#call(part.id);
      case "finish":
        return this.#finish(part);
      case "text-start":
      case "text-end":
      case "reasoning-start":
        break;
    }
    return "";
  }

  #call(id: string): string {
    const call = this.#calls.get(id);
    return call ? this.#part(encodeCall(id, call.name, call.input, call.signature)) : "";
  }

  #part(part: JsonObject): string {
    return this.#write({ candidates: [{ content: { role: "model", parts: [part] }, index: 0 }] });
  }

  #finish(part: FinishPart): string {
    const content = { role: "model", parts: [{ text: "" }] };
    const candidate = { content, finishReason: writeFinish(part.finish), index: 0 };
    const usage = part.usage && { usageMetadata: writeUsage(part.usage) };
    return this.#write({ candidates: [candidate], ...usage });
  }

  #write(body: JsonObject): string {
    const identity = { modelVersion: this.model, responseId: this.meta.requestId };
    return sseText(JSON.stringify({ ...body, ...identity }));
  }

  protected override writeError(error: WireError): string {
    return encodeStreamError(error);
  }
}
