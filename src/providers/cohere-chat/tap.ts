/** Watches a stream of Cohere's chat (`/v2/chat`, server-sent events) that stays what it is. */
import type { Usage } from "#events/money.ts";
import { asNumber, asObject, asString, lookup, parseObject } from "../json.ts";
import { Edits, malformedStep, passStep, withTails } from "../steps.ts";
import { addLeaves } from "../texts.ts";
import type { JsonObject, StreamTap, TapStep, TextChannel, TextSlot, WireEvent } from "../types.ts";
import { sseText } from "../wire.ts";
import { finishOf, usageOf } from "./response.ts";

/** Where one event holds its text, and under which key it goes on in the next. */
interface Place {
  holder: JsonObject | undefined;
  member: string;
  channel: TextChannel;
  key: string;
}

export function openTap(): StreamTap {
  return withTails(new CohereTap());
}

class CohereTap implements StreamTap {
  dropUsageChunk = false;
  readonly #open = new Set<string>();
  #wholes = 0;

  read(event: WireEvent): TapStep {
    if (event.data === "" || event.data === "[DONE]") return passStep(event);
    const body = parseObject(event.data);
    if (!body) return malformedStep();
    const step: TapStep = { slots: [], closes: [], wire: () => event.raw };
    const edits = new Edits();
    const type = asString(body["type"]) ?? "";
    const delta = asObject(body["delta"]);
    const message = asObject(delta?.["message"]);
    const index = String(asNumber(body["index"]) ?? 0);
    for (const place of placesOf(message, index)) this.#readText(step, edits, place);
    this.#readWholes(step, edits, message);
    if (type === "content-end") this.#close(step, `text:${index}`, `thinking:${index}`);
    if (type === "tool-call-start") this.#close(step, "plan");
    if (type === "tool-call-end") this.#close(step, `call:${index}`);
    if (type === "message-end") this.#readEnd(step, delta);
    if (typeof body["id"] === "string" && type === "message-start") step.responseId = body["id"];
    if (step.slots.length > 0) {
      step.wire = () => {
        if (!edits.any) return event.raw;
        edits.apply();
        delete body["logprobs"];
        return write(body);
      };
    }
    return step;
  }

  #readText(step: TapStep, edits: Edits, place: Place): void {
    const { holder, member, channel, key } = place;
    const text = holder?.[member];
    if (holder === undefined || typeof text !== "string" || text === "") return;
    this.#open.add(key);
    const apply = (replacement: string) => {
      holder[member] = replacement;
    };
    const slot = edits.slot(key, channel, text, apply);
    step.slots.push(member === "arguments" ? Object.assign(slot, { json: true as const }) : slot);
  }

  /** Citations come whole: their texts begin and end in this event. */
  #readWholes(step: TapStep, edits: Edits, message: JsonObject | undefined): void {
    if (message === undefined) return;
    const found: TextSlot[] = [];
    addLeaves(found, message, "citations", "assistant");
    for (const slot of found) {
      this.#wholes += 1;
      const key = `whole:${this.#wholes}`;
      step.closes.push(key);
      const whole = edits.slot(key, slot.channel, slot.text, (text) => slot.replace(text));
      step.slots.push(Object.assign(whole, { repeats: true as const }));
    }
  }

  #readEnd(step: TapStep, delta: JsonObject | undefined): void {
    const usage = usageOf(delta);
    if (usage) step.usage = usage;
    const reason = finishOf(delta?.["finish_reason"]);
    if (reason === "error") {
      const message = asString(delta?.["error"]) ?? "the provider reported an error";
      step.error = { code: "provider_error", message };
      return;
    }
    step.finish = reason ?? "stop";
    step.done = true;
    step.stay = () => {
      step.wire = () => "";
    };
    this.#close(step, ...this.#open);
  }

  #close(step: TapStep, ...keys: string[]): void {
    for (const key of keys) if (this.#open.delete(key)) step.closes.push(key);
  }

  delta(key: string, text: string): string {
    const [kind = "", index = "0"] = key.split(":");
    const at = Number(index);
    if (kind === "plan") return write(deltaOf("tool-plan-delta", at, { tool_plan: text }));
    if (kind !== "call") return write(deltaOf("content-delta", at, { content: { [kind]: text } }));
    const call = { function: { arguments: text } };
    return write(deltaOf("tool-call-delta", at, { tool_calls: call }));
  }

  finish(reason: "content_filter" | "length", usage: Usage | undefined): string {
    let wire = "";
    for (const key of this.#open) {
      const [kind = "", index = "0"] = key.split(":");
      const type = lookup(ENDS, kind);
      if (type !== undefined) wire += write({ type, index: Number(index) });
    }
    this.#open.clear();
    const said = usage && {
      billed_units: { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens },
    };
    // Cohere has no word for a filter: what SDKs know beside a limit is an error.
    const delta: JsonObject =
      reason === "length"
        ? { finish_reason: "MAX_TOKENS" }
        : { finish_reason: "ERROR", error: "the answer was stopped by a rule (content_filter)" };
    return wire + write({ type: "message-end", delta: { ...delta, ...(said && { usage: said }) } });
  }
}

const ENDS: Readonly<Record<string, string>> = {
  text: "content-end",
  thinking: "content-end",
  call: "tool-call-end",
};

function placesOf(message: JsonObject | undefined, index: string): Place[] {
  const content = asObject(message?.["content"]);
  const call = asObject(asObject(message?.["tool_calls"])?.["function"]);
  return [
    { holder: content, member: "thinking", channel: "reasoning", key: `thinking:${index}` },
    { holder: content, member: "text", channel: "assistant", key: `text:${index}` },
    { holder: message, member: "tool_plan", channel: "assistant", key: "plan" },
    { holder: call, member: "arguments", channel: "tool-arguments", key: `call:${index}` },
  ];
}

function deltaOf(type: string, index: number, message: JsonObject): JsonObject {
  return { type, index, delta: { message } };
}

function write(body: JsonObject): string {
  return sseText(JSON.stringify(body), asString(body["type"]));
}
