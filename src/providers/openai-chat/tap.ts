/**
 * Watches a chat completions stream that stays what it is. One JSON.parse an event; the exact bytes
 * go on unless a slot was replaced.
 */
import type { Usage } from "#events/money.ts";
import { isObject, objectsIn, parseObject } from "../json.ts";
import { Edits, lastStep, malformedStep, passStep, withTails } from "../steps.ts";
import type { Json, JsonObject, StreamSlot, StreamTap, TapStep, WireEvent } from "../types.ts";
import { sseText } from "../wire.ts";
import { type DeltaField, deltaFor, findDeltas } from "./chunk-texts.ts";
import { readFinish, writeFinish } from "./response.ts";
import { readUsage, writeUsage } from "./usage.ts";

export function openTap(options: { dropUsage?: boolean } = {}): StreamTap {
  return withTails(new OpenAiTap(options.dropUsage ?? false));
}

/** Keys of one choice whose text may go on, and the tool call that is being written. */
class OpenChoice {
  readonly keys = new Set<string>();
  /** Keys that ended since they were last asked for. */
  ended: string[] = [];
  readonly #finished = new Set<string>();
  #call: { index: number; id: string; name: string } | undefined;
  #calls = 0;

  /**
   * The name of the tool call a delta belongs to: its index, and a count when a host gives every
   * call the same index. A new call ends the one before it, so that its arguments are whole first.
   */
  callName(delta: JsonObject): string {
    const index = typeof delta["index"] === "number" ? delta["index"] : 0;
    const id = typeof delta["id"] === "string" ? delta["id"] : "";
    const current = this.#call;
    if (current && current.index === index && (id === "" || id === current.id)) return current.name;
    if (current) this.#endCall(current.name);
    this.#calls += 1;
    const name = current?.index === index ? `${index}:${this.#calls}` : String(index);
    this.#call = { index, id, name };
    return name;
  }

  /** Whether text goes on for a call that was taken for finished: it can no longer be scanned whole. */
  isFinished(key: string): boolean {
    return this.#finished.has(key);
  }

  #endCall(name: string): void {
    for (const key of this.keys) {
      if (key.includes(":tool:") && key.slice(key.indexOf(":tool:") + 6).startsWith(name)) {
        this.keys.delete(key);
        this.#finished.add(key);
        this.ended.push(key);
      }
    }
  }
}

class OpenAiTap implements StreamTap {
  dropUsageChunk: boolean;
  /** id, created, model and the like of the first chunk: later ones of ours must repeat them. */
  #envelope: JsonObject | undefined;
  /** Whether a choice was seen: Azure's first chunk has none, and no id or model either. */
  #began = false;
  /** A choice is here from its first chunk until its finish reason. */
  readonly #open = new Map<number, OpenChoice>();

  constructor(dropUsage: boolean) {
    this.dropUsageChunk = dropUsage;
  }

  read(event: WireEvent): TapStep {
    const { data } = event;
    if (data === "") return passStep(event);
    if (data.startsWith("[DONE]")) return lastStep(event);
    const chunk = parseObject(data);
    if (!chunk) return malformedStep();
    if (chunk["error"] !== undefined && chunk["error"] !== null) return errorStep(event, chunk);
    return this.#readChunk(event, chunk);
  }

  #readChunk(event: WireEvent, chunk: JsonObject): TapStep {
    const isFirst = !this.#began;
    if (isFirst) this.#envelope = envelopeOf(chunk);
    const step: TapStep = { slots: [], closes: [], wire: () => event.raw };
    const choices = chunk["choices"];
    const edits = new Edits();
    if (Array.isArray(choices)) {
      for (const choice of choices) {
        if (isObject(choice) && !this.#readChoice(step, choice, edits)) return malformedStep();
      }
    }
    if (step.finish !== undefined) {
      step.stay = () => {
        for (const choice of objectsIn(choices)) this.#reopen(choice);
        step.wire = () => {
          edits.apply();
          return saysNothing(chunk) ? "" : sseText(JSON.stringify(chunk), event.event);
        };
      };
    }
    const usage = readUsage(chunk["usage"] ?? usageOfGroq(chunk));
    if (usage) step.usage = usage;
    if (isFirst) addIdentity(step, chunk);
    const isUsageChunk = usage !== undefined && Array.isArray(choices) && choices.length === 0;
    if (isUsageChunk && this.dropUsageChunk) step.wire = () => "";
    else if (step.slots.length > 0) {
      step.wire = () => {
        if (!edits.any) return event.raw;
        edits.apply();
        return !isFirst && saysNothing(chunk) ? "" : sseText(JSON.stringify(chunk), event.event);
      };
    }
    return step;
  }

  /** False when the choice goes on with text that was taken for finished. */
  #readChoice(step: TapStep, choice: JsonObject, edits: Edits): boolean {
    const index = typeof choice["index"] === "number" ? choice["index"] : 0;
    this.#began = true;
    let open = this.#open.get(index);
    if (!open) this.#open.set(index, (open = new OpenChoice()));
    const { keys } = open;
    if (isObject(choice["delta"])) {
      const found: DeltaField[] = [];
      findDeltas(found, index, choice["delta"], (call) => open.callName(call));
      for (const field of found) {
        if (open.isFinished(field.key)) return false;
        keys.add(field.key);
        step.slots.push(slotOf(field, choice, edits));
      }
    }
    if (open.ended.length > 0) step.closes.push(...open.ended);
    open.ended = [];
    const finish = readFinish(choice["finish_reason"]);
    if (finish === undefined) return true;
    step.finish = finish;
    step.closes.push(...keys);
    this.#open.delete(index);
    return true;
  }

  /** A choice that its finish reason ended goes on. */
  #reopen(choice: JsonObject): void {
    const index = typeof choice["index"] === "number" ? choice["index"] : 0;
    choice["finish_reason"] = null;
    if (!this.#open.has(index)) this.#open.set(index, new OpenChoice());
  }

  delta(key: string, text: string): string {
    const { choice, delta } = deltaFor(key, text);
    return this.#chunk([{ index: choice, delta, finish_reason: null }]);
  }

  finish(reason: "content_filter" | "length", usage: Usage | undefined): string {
    let text = "";
    // A stream cut before its first choice still needs one for its clients to read a finish from.
    if (!this.#began) this.#open.set(0, new OpenChoice());
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

function slotOf(field: DeltaField, choice: JsonObject, edits: Edits): StreamSlot {
  const { holder, member, key, channel, json } = field;
  const slot = edits.slot(key, channel, holder[member] as string, (replacement) => {
    holder[member] = replacement;
    // Log probabilities spell the replaced text out again.
    delete choice["logprobs"];
  });
  return json === undefined ? slot : Object.assign(slot, { json });
}

const ENVELOPE = ["id", "object", "created", "model", "system_fingerprint", "service_tier"];

function envelopeOf(chunk: JsonObject): JsonObject {
  const envelope: JsonObject = {};
  for (const name of ENVELOPE) if (chunk[name] !== undefined) envelope[name] = chunk[name];
  return envelope;
}

function addIdentity(step: TapStep, chunk: JsonObject): void {
  const { model, id } = chunk;
  if (typeof model === "string" && model !== "") step.servedModel = model;
  if (typeof id === "string" && id !== "") step.responseId = id;
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
