/** Stream parts into a chat completions stream. */
import { PartEncoder, type FinishPart, type WrittenPart } from "../part-encoder.ts";
import type { EncoderMeta, JsonObject, StreamEncoder, WireError } from "../types.ts";
import { encodeStreamError } from "./errors.ts";
import { signatureContent } from "./message.ts";
import { writeFinish } from "./response.ts";
import { writeUsage } from "./usage.ts";

export function openEncoder(meta: EncoderMeta): StreamEncoder {
  return new OpenAiEncoder(meta);
}

class OpenAiEncoder extends PartEncoder {
  /** Everything of a chunk up to its choices: the same in each, so it is written once. */
  #head = "";
  readonly #callIndex = new Map<string, number>();

  protected override begin(): string {
    const created = Math.floor(this.meta.createdAtMs / 1000);
    const id = JSON.stringify(`chatcmpl-${this.meta.requestId}`);
    const model = JSON.stringify(this.model);
    this.#head = `data: {"id":${id},"object":"chat.completion.chunk","created":${created},"model":${model},"choices":[`;
    return this.#delta('"role":"assistant","content":""');
  }

  #delta(members: string): string {
    return `${this.#head}{"index":0,"delta":{${members}},"finish_reason":null}]}\n\n`;
  }

  protected override write(part: WrittenPart): string {
    switch (part.type) {
      case "text-delta":
        return this.#delta(`"content":${JSON.stringify(part.text)}`);
      case "reasoning-delta":
        return this.#delta(`"reasoning_content":${JSON.stringify(part.text)}`);
      case "tool-input-delta": {
        const index = this.#callIndex.get(part.id) ?? 0;
        const text = JSON.stringify(part.delta);
        return this.#delta(`"tool_calls":[{"index":${index},"function":{"arguments":${text}}}]`);
      }
      case "tool-input-start":
        return this.#startCall(part.id, part.name, part.signature);
      case "reasoning-start":
        return part.redacted === undefined ? "" : this.#detail("encrypted", "data", part.redacted);
      case "reasoning-end":
        return part.signature === undefined
          ? ""
          : this.#detail("text", "signature", part.signature);
      case "finish":
        return this.#finish(part);
      case "text-start":
      case "text-end":
      case "tool-input-end":
        break;
    }
    return "";
  }

  #startCall(id: string, name: string, signature: string | undefined): string {
    const index = this.#callIndex.size;
    this.#callIndex.set(id, index);
    const fn = { name, arguments: "" };
    const call: JsonObject = { index, id, type: "function", function: fn };
    if (signature !== undefined) call["extra_content"] = signatureContent(signature);
    return this.#delta(`"tool_calls":[${JSON.stringify(call)}]`);
  }

  #detail(kind: string, member: string, value: string): string {
    const detail = JSON.stringify({ type: `reasoning.${kind}`, [member]: value });
    return this.#delta(`"reasoning_details":[${detail}]`);
  }

  #finish(part: FinishPart): string {
    const reason = writeFinish(part.finish);
    let text = `${this.#head}{"index":0,"delta":{},"finish_reason":"${reason}"}]}\n\n`;
    if (part.usage && this.meta.includeUsage) {
      text += `${this.#head}],"usage":${JSON.stringify(writeUsage(part.usage))}}\n\n`;
    }
    return `${text}data: [DONE]\n\n`;
  }

  protected override writeError(error: WireError): string {
    return encodeStreamError(error);
  }
}
