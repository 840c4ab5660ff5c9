/** Stream parts into a messages stream. Blocks are numbered in the order they begin. */
import { PartEncoder, type FinishPart, type WrittenPart } from "../part-encoder.ts";
import type { EncoderMeta, JsonObject, StreamEncoder, WireError } from "../types.ts";
import { sseText } from "../wire.ts";
import { encodeStreamError } from "./errors.ts";
import { writeFinish } from "./response.ts";
import { writeUsage } from "./usage.ts";

export function openEncoder(meta: EncoderMeta): StreamEncoder {
  return new AnthropicEncoder(meta);
}

class AnthropicEncoder extends PartEncoder {
  readonly #index = new Map<string, number>();
  /** Blocks that began and did not end: a cut answer ends them before itself. */
  readonly #open = new Set<string>();

  /** Input tokens are not known yet when another dialect answers: `message_delta` overwrites them. */
  protected override begin(): string {
    const message = {
      id: `msg_${this.meta.requestId}`,
      type: "message",
      role: "assistant",
      model: this.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 0, output_tokens: 0 },
    };
    return event("message_start", { message });
  }

  protected override write(part: WrittenPart): string {
    switch (part.type) {
      case "text-delta":
        return this.#delta(part.id, "text_delta", "text", part.text);
      case "reasoning-delta":
        return this.#delta(part.id, "thinking_delta", "thinking", part.text);
      case "tool-input-delta":
        return this.#delta(part.id, "input_json_delta", "partial_json", part.delta);
      case "text-start":
        return this.#start(part.id, { type: "text", text: "" });
      case "tool-input-start":
        return this.#start(part.id, { type: "tool_use", id: part.id, name: part.name, input: {} });
      case "reasoning-start": {
        const { id, redacted } = part;
        if (redacted !== undefined)
          return this.#start(id, { type: "redacted_thinking", data: redacted });
        return this.#start(id, { type: "thinking", thinking: "", signature: "" });
      }
      case "reasoning-end": {
        const { id, signature = "" } = part;
        const signed =
          signature === "" ? "" : this.#delta(id, "signature_delta", "signature", signature);
        return signed + this.#stop(id);
      }
      case "text-end":
      case "tool-input-end":
        return this.#stop(part.id);
      case "finish":
        break;
    }
    return this.#finish(part);
  }

  #start(id: string, block: JsonObject): string {
    const index = this.#index.size;
    this.#index.set(id, index);
    this.#open.add(id);
    return event("content_block_start", { index, content_block: block });
  }

  /** Written by hand: this is the one line that runs for every chunk of an answer. */
  #delta(id: string, type: string, member: string, text: string): string {
    const index = this.#index.get(id) ?? 0;
    return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${member}":${JSON.stringify(text)}}}\n\n`;
  }

  #stop(id: string): string {
    this.#open.delete(id);
    return event("content_block_stop", { index: this.#index.get(id) ?? 0 });
  }

  #finish(part: FinishPart): string {
    const stops = [...this.#open].map((id) => this.#stop(id)).join("");
    const usage = writeUsage(part.usage ?? { inputTokens: 0, outputTokens: 0 });
    const delta = {
      stop_reason: writeFinish(part.finish, part.stopSequence),
      stop_sequence: part.stopSequence ?? null,
    };
    return stops + event("message_delta", { delta, usage }) + event("message_stop", {});
  }

  protected override writeError(error: WireError): string {
    return encodeStreamError(error);
  }
}

function event(type: string, members: JsonObject): string {
  return sseText(JSON.stringify({ type, ...members }), type);
}
