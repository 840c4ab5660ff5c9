/**
 * Watches a chat completions stream that stays what it is. One JSON.parse an event; the exact bytes
 * go on unless a slot was replaced.
 */
import type { Usage } from "#events/money.ts";
import { isObject, parseObject } from "../json.ts";
import { malformedStep, passStep } from "../steps.ts";
import type { Json, JsonObject, StreamSlot, StreamTap, TapStep, WireEvent } from "../types.ts";
import { sseText } from "../wire.ts";
import { type DeltaField, deltaFor, findDeltas } from "./chunk-texts.ts";
import { readFinish, writeFinish } from "./response.ts";
import { readUsage, writeUsage } from "./usage.ts";

export function openTap(options: { dropUsage?: boolean } = {}): StreamTap {
  return new OpenAiTap(options.dropUsage ?? false);
}

class OpenAiTap implements StreamTap {
  dropUsageChunk: boolean;
  /** id, created, model and the like of the first chunk: later ones of ours must repeat them. */
  #envelope: JsonObject | undefined;
  /** Open keys by choice; a choice is here from its first chunk until its finish reason. */
  readonly #open = new Map<number, Set<string>>();

  constructor(dropUsage: boolean) {
    this.dropUsageChunk = dropUsage;
  }

  read(event: WireEvent): TapStep {
    const { data } = event;
    if (data === "") return passStep(event);
    if (data.startsWith("[DONE]")) return { ...passStep(event), done: true };
    const chunk = parseObject(data);
    if (!chunk) return malformedStep();
    if (chunk["error"] !== undefined && chunk["error"] !== null) return errorStep(event, chunk);
    return this.#readChunk(event, chunk);
  }

  #readChunk(event: WireEvent, chunk: JsonObject): TapStep {
    const isFirst = this.#envelope === undefined;
    this.#envelope ??= envelopeOf(chunk);
    const step: TapStep = { slots: [], closes: [], wire: () => event.raw };
    const choices = chunk["choices"];
    const edits = { any: false };
    if (Array.isArray(choices)) {
      for (const choice of choices) {
        if (isObject(choice)) this.#readChoice(step, choice, edits);
      }
    }
    const usage = readUsage(chunk["usage"] ?? usageOfGroq(chunk));
    if (usage) step.usage = usage;
    if (isFirst) addIdentity(step, chunk);
    const isUsageChunk = usage !== undefined && Array.isArray(choices) && choices.length === 0;
    if (isUsageChunk && this.dropUsageChunk) step.wire = () => "";
    else if (step.slots.length > 0) {
      step.wire = () => {
        if (!edits.any) return event.raw;
        return !isFirst && saysNothing(chunk) ? "" : sseText(JSON.stringify(chunk), event.event);
      };
    }
    return step;
  }

  #readChoice(step: TapStep, choice: JsonObject, edits: { any: boolean }): void {
    const index = typeof choice["index"] === "number" ? choice["index"] : 0;
    let open = this.#open.get(index);
    if (!open) this.#open.set(index, (open = new Set()));
    if (isObject(choice["delta"])) {
      const found: DeltaField[] = [];
      findDeltas(found, index, choice["delta"]);
      for (const field of found) {
        open.add(field.key);
        step.slots.push(slotOf(field, choice, edits));
      }
    }
    const finish = readFinish(choice["finish_reason"]);
    if (finish === undefined) return;
    step.finish = finish;
    step.closes.push(...open);
    this.#open.delete(index);
  }

  delta(key: string, text: string): string {
    const { choice, delta } = deltaFor(key, text);
    return this.#chunk([{ index: choice, delta, finish_reason: null }]);
  }

  finish(reason: "content_filter" | "length", usage: Usage | undefined): string {
    let text = "";
    // A stream cut before its first chunk still needs one for its clients to read a finish from.
    if (this.#envelope === undefined) this.#open.set(0, new Set());
    for (const index of this.#open.keys()) {
      text += this.#chunk([{ index, delta: {}, finish_reason: writeFinish(reason) }]);
    }
    this.#open.clear();
    if (usage && !this.dropUsageChunk) text += this.#chunk([], writeUsage(usage));
    return `${text}data: [DONE]\n\n`;
  }

  #chunk(choices: Json[], usage?: JsonObject): string {
    const envelope = this.#envelope ?? {
      id: "",
      object: "chat.completion.chunk",
      created: 0,
      model: "",
    };
    const chunk: JsonObject = { ...envelope, choices };
    if (usage) chunk["usage"] = usage;
    return sseText(JSON.stringify(chunk));
  }
}

function slotOf(field: DeltaField, choice: JsonObject, edits: { any: boolean }): StreamSlot {
  const { holder, member, key, channel } = field;
  const text = holder[member] as string;
  return {
    key,
    channel,
    text,
    replace(replacement) {
      if (replacement === text) return;
      edits.any = true;
      holder[member] = replacement;
      // Log probabilities spell the replaced text out again.
      delete choice["logprobs"];
    },
  };
}

const ENVELOPE = ["id", "object", "created", "model", "system_fingerprint", "service_tier"];

function envelopeOf(chunk: JsonObject): JsonObject {
  const envelope: JsonObject = {};
  for (const name of ENVELOPE) if (chunk[name] !== undefined) envelope[name] = chunk[name];
  return envelope;
}

function addIdentity(step: TapStep, chunk: JsonObject): void {
  if (typeof chunk["model"] === "string") step.servedModel = chunk["model"];
  if (typeof chunk["id"] === "string") step.responseId = chunk["id"];
}

/** Groq's streams carry usage in an extension member of their last chunk. */
function usageOfGroq(chunk: JsonObject): Json | undefined {
  return isObject(chunk["x_groq"]) ? chunk["x_groq"]["usage"] : undefined;
}

function errorStep(event: WireEvent, chunk: JsonObject): TapStep {
  const error = chunk["error"];
  const detail = isObject(error) ? error : {};
  const code = detail["code"] ?? detail["type"];
  const message = isObject(error) ? detail["message"] : error;
  return {
    ...passStep(event),
    error: {
      code: typeof code === "string" ? code : "provider_error",
      message: typeof message === "string" ? message : "the provider reported an error",
    },
  };
}

const TEXT_MEMBERS = new Set(["role", "content", "refusal", "reasoning_content", "reasoning"]);

/** Whether a chunk, its text now empty, tells a client nothing more. */
function saysNothing(chunk: JsonObject): boolean {
  if (chunk["usage"] !== undefined && chunk["usage"] !== null) return false;
  const choices = chunk["choices"];
  return (
    Array.isArray(choices) &&
    choices.every((choice) => {
      if (!isObject(choice) || !isObject(choice["delta"])) return false;
      if (choice["finish_reason"] !== undefined && choice["finish_reason"] !== null) return false;
      return Object.entries(choice["delta"]).every(isEmptyMember);
    })
  );
}

function isEmptyMember([name, value]: [string, Json]): boolean {
  if (TEXT_MEMBERS.has(name)) return value === "" || value === null || name === "role";
  if (name !== "tool_calls" || !Array.isArray(value)) return false;
  return value.every(
    (call) =>
      isObject(call) &&
      call["id"] === undefined &&
      isObject(call["function"]) &&
      call["function"]["name"] === undefined &&
      call["function"]["arguments"] === "",
  );
}
