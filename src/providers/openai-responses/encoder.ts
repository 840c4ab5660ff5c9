/** Stream parts into a responses stream: each block is an output item with a life of its own. */
import type { AssistantPart } from "../chat.ts";
import { compact } from "../json.ts";
import { PartEncoder, type FinishPart, type WrittenPart } from "../part-encoder.ts";
import type { EncoderMeta, Json, JsonObject, StreamEncoder, WireError } from "../types.ts";
import { sseText } from "../wire.ts";
import { encodeStreamError } from "./errors.ts";
import { encodeItem, responseObject } from "./response.ts";

export function openEncoder(meta: EncoderMeta): StreamEncoder {
  return new ResponsesEncoder(meta);
}

interface Item {
  index: number;
  part: AssistantPart;
  /** A delta's event up to its text: the same for all of an item, which may have thousands. */
  deltaHead?: string;
}

class ResponsesEncoder extends PartEncoder {
  #sequence = 0;
  readonly #items = new Map<string, Item>();
  readonly #output: Json[] = [];

  protected override begin(): string {
    const response = this.#response();
    return (
      this.#event("response.created", { response }) +
      this.#event("response.in_progress", { response })
    );
  }

  protected override write(part: WrittenPart): string {
    switch (part.type) {
      case "text-start":
        return this.#start(part.id, { type: "text", text: "" });
      case "reasoning-start": {
        const redacted = part.redacted === undefined ? {} : { redacted: part.redacted };
        return this.#start(part.id, { type: "reasoning", text: "", ...redacted });
      }
      case "tool-input-start":
        return this.#start(part.id, { type: "tool-call", id: part.id, name: part.name, input: "" });
      case "text-delta":
      case "reasoning-delta":
        return this.#delta(part.id, part.text);
      case "tool-input-delta":
        return this.#delta(part.id, part.delta);
      case "reasoning-end":
        return this.#stop(part.id, part.signature);
      case "text-end":
      case "tool-input-end":
        return this.#stop(part.id);
      case "finish":
        break;
    }
    return this.#finish(part);
  }

  #start(id: string, part: AssistantPart): string {
    const index = this.#items.size;
    const item: Item = { index, part };
    this.#items.set(id, item);
    const blank = this.#itemOf(item);
    blank["status"] = "in_progress";
    if (part.type === "text") blank["content"] = [];
    const added = this.#event("response.output_item.added", { output_index: index, item: blank });
    return added + this.#partEvent(item, "added");
  }

  #delta(id: string, text: string): string {
    const item = this.#items.get(id);
    if (!item) return "";
    if (item.part.type === "tool-call") item.part.input += text;
    else item.part.text += text;
    item.deltaHead ??= this.#deltaHead(item);
    const sequence = this.#sequence;
    this.#sequence += 1;
    return `${item.deltaHead}${JSON.stringify(text)},"sequence_number":${sequence}}\n\n`;
  }

  #deltaHead(item: Item): string {
    const type = `response.${KINDS[item.part.type]}.delta`;
    const members = JSON.stringify({ type, ...this.#place(item) });
    return `event: ${type}\ndata: ${members.slice(0, -1)},"delta":`;
  }

  #stop(id: string, signature?: string): string {
    const item = this.#items.get(id);
    if (!item) return "";
    const { part } = item;
    if (part.type === "reasoning" && signature !== undefined) part.signature = signature;
    const whole =
      part.type === "tool-call" ? { name: part.name, arguments: part.input } : { text: part.text };
    const done = this.#event(`response.${KINDS[part.type]}.done`, {
      ...this.#place(item),
      ...whole,
    });
    const encoded = this.#itemOf(item);
    this.#output[item.index] = encoded;
    const ended = this.#event("response.output_item.done", {
      output_index: item.index,
      item: encoded,
    });
    return done + this.#partEvent(item, "done") + ended;
  }

  /** Text and summaries stand in a part inside their item; calls have none. */
  #partEvent(item: Item, what: "added" | "done"): string {
    const { part } = item;
    if (part.type === "tool-call") return "";
    const text = what === "added" ? "" : part.text;
    if (part.type === "reasoning") {
      const inner = { type: "summary_text", text };
      return this.#event(`response.reasoning_summary_part.${what}`, {
        ...this.#place(item),
        part: inner,
      });
    }
    const inner = { type: "output_text", text, annotations: [], logprobs: [] };
    return this.#event(`response.content_part.${what}`, { ...this.#place(item), part: inner });
  }

  #place(item: Item): JsonObject {
    const place: JsonObject = { item_id: this.#itemId(item), output_index: item.index };
    if (item.part.type === "text") Object.assign(place, { content_index: 0, logprobs: [] });
    if (item.part.type === "reasoning") place["summary_index"] = 0;
    return place;
  }

  #itemOf(item: Item): JsonObject {
    return encodeItem(item.part, `${this.meta.requestId}_${item.index}`);
  }

  #itemId(item: Item): string {
    return `${PREFIXES[item.part.type]}_${this.meta.requestId}_${item.index}`;
  }

  #finish(part: FinishPart): string {
    const open = [...this.#items].filter(([, item]) => this.#output[item.index] === undefined);
    const stops = open.map(([id]) => this.#stop(id)).join("");
    const response = this.#response(part);
    const type = response["status"] === "incomplete" ? "incomplete" : "completed";
    return stops + this.#event(`response.${type}`, { response });
  }

  #response(end?: FinishPart): JsonObject {
    return responseObject({
      id: `resp_${this.meta.requestId}`,
      model: this.model,
      createdAtMs: this.meta.createdAtMs,
      output: this.#output,
      finish: end?.finish,
      usage: end?.usage,
    });
  }

  #event(type: string, members: JsonObject): string {
    const sequence_number = this.#sequence;
    this.#sequence += 1;
    return sseText(JSON.stringify(compact({ type, ...members, sequence_number })), type);
  }

  protected override writeError(error: WireError): string {
    return encodeStreamError(error);
  }
}

const KINDS = {
  text: "output_text",
  reasoning: "reasoning_summary_text",
  "tool-call": "function_call_arguments",
} as const;

const PREFIXES = { text: "msg", reasoning: "rs", "tool-call": "fc" } as const;
