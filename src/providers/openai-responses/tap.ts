/**
 * Watches a responses stream that stays what it is. The dialect says everything twice and more: in
 * deltas, then whole in each `done` event, then whole in the last one. Whole texts are slots that
 * begin and end in their event, so that what was cut from the deltas is cut there too.
 */
import type { Usage } from "#events/money.ts";
import { asObject, asString, isObject, parseObject } from "../json.ts";
import { Edits, malformedStep, passStep, withTails } from "../steps.ts";
import { addField, addJsonText, addLeaves } from "../texts.ts";
import type {
  JsonObject,
  StreamSlot,
  StreamTap,
  TapStep,
  TextChannel,
  TextSlot,
  WireEvent,
} from "../types.ts";
import { sseText } from "../wire.ts";
import { readFinish, readUsage, writeUsage } from "./response.ts";
import { addItem } from "./view.ts";

/** Kinds of text with the member that holds them whole in their `done` event. */
const KINDS: Readonly<Record<string, { channel: TextChannel; whole: string }>> = {
  "response.output_text": { channel: "assistant", whole: "text" },
  "response.refusal": { channel: "assistant", whole: "refusal" },
  "response.reasoning_summary_text": { channel: "reasoning", whole: "text" },
  "response.reasoning_text": { channel: "reasoning", whole: "text" },
  "response.function_call_arguments": { channel: "tool-arguments", whole: "arguments" },
  "response.custom_tool_call_input": { channel: "tool-arguments", whole: "input" },
};

/** A text that is whole in its event, and whether it was told before. */
interface Whole {
  slot: TextSlot;
  repeats: boolean;
}

const LAST = new Set(["response.completed", "response.incomplete", "response.failed"]);

export function openTap(): StreamTap {
  return withTails(new ResponsesTap());
}

class ResponsesTap implements StreamTap {
  dropUsageChunk = false;
  /** Open keys with the event that carries more of their text. */
  readonly #open = new Map<string, JsonObject>();
  #response: JsonObject = { id: "", object: "response", created_at: 0, model: "", output: [] };
  #wholes = 0;
  /** The items of which something was told: what is told of them later repeats it. */
  readonly #told = new Set<number>();

  read(event: WireEvent): TapStep {
    if (event.data === "") return passStep(event);
    const body = parseObject(event.data);
    if (!body) return malformedStep();
    const type = asString(body["type"]) ?? event.event ?? "";
    const dot = type.lastIndexOf(".");
    const kind = Object.hasOwn(KINDS, type.slice(0, dot)) ? KINDS[type.slice(0, dot)] : undefined;
    if (kind && type.endsWith(".delta")) return this.#readDelta(event, body, kind.channel);
    if (type === "error") return { ...passStep(event), error: readError(body) };
    const found: Whole[] = [];
    const edits = new Edits();
    const onReplace = () => {
      if (body["logprobs"] !== undefined) body["logprobs"] = [];
    };
    const step: TapStep = { slots: [], closes: [], wire: () => event.raw };
    const slots: TextSlot[] = [];
    if (kind) {
      step.closes.push(...this.#close(keyOf(body, `${type.slice(0, dot)}.delta`)));
      const add = kind.whole === "arguments" ? addJsonText : addField;
      add(slots, body, kind.whole, kind.channel, onReplace);
    }
    if (isObject(body["item"])) addItem(slots, [body["item"]], 0, onReplace);
    if (isObject(body["part"])) addPart(slots, body["part"], onReplace);
    // An item that is only begun has told nothing yet.
    this.#tell(found, indexOf(body), slots, type.endsWith(".done"));
    if (isObject(body["response"]))
      this.#readResponse(step, type, body["response"], found, onReplace);
    this.#addWholes(step, found, edits);
    if (step.slots.length > 0) {
      step.wire = () => {
        if (!edits.any) return event.raw;
        edits.apply();
        return sseText(JSON.stringify(body), event.event);
      };
    }
    return step;
  }

  #readDelta(event: WireEvent, body: JsonObject, channel: TextChannel): TapStep {
    const text = asString(body["delta"]) ?? "";
    if (text === "") return passStep(event);
    const key = keyOf(body, asString(body["type"]) ?? "");
    let template = this.#open.get(key);
    if (!template) this.#open.set(key, (template = { ...body, delta: "" }));
    template["sequence_number"] = body["sequence_number"] ?? 0;
    this.#told.add(indexOf(body));
    let replaced: string | undefined;
    const replace = (replacement: string) => {
      replaced = replacement === text ? undefined : replacement;
    };
    const slot: StreamSlot = { key, channel, text, replace };
    if (key.startsWith("response.function_call")) slot.json = true;
    return {
      slots: [slot],
      closes: [],
      wire: () => (replaced === undefined ? event.raw : writeDelta(body, replaced)),
    };
  }

  /** Adds what an event has of one item. */
  #tell(found: Whole[], index: number, slots: readonly TextSlot[], isTold = true): void {
    const repeats = this.#told.has(index);
    for (const slot of slots) found.push({ slot, repeats });
    if (isTold && slots.length > 0) this.#told.add(index);
  }

  #readResponse(
    step: TapStep,
    type: string,
    response: JsonObject,
    found: Whole[],
    onReplace: () => void,
  ): void {
    const before = this.#response;
    this.#response = response;
    if (typeof response["model"] === "string") step.servedModel = response["model"];
    if (typeof response["id"] === "string") step.responseId = response["id"];
    if (!LAST.has(type)) return;
    const { output, output_text } = response;
    const items = Array.isArray(output) ? output : [];
    for (const index of items.keys()) {
      const slots: TextSlot[] = [];
      addItem(slots, items, index, onReplace);
      this.#tell(found, index, slots);
    }
    if (output_text !== undefined) {
      const slots: TextSlot[] = [];
      addField(slots, response, "output_text", "assistant", onReplace);
      for (const slot of slots) found.push({ slot, repeats: items.length > 0 });
    }
    const usage = readUsage(response["usage"]);
    if (usage) step.usage = usage;
    const finish = readFinish(response);
    if (finish) step.finish = finish;
    if (type === "response.failed") step.error = readError(response);
    step.done = true;
    step.stay = () => {
      this.#response = before;
      step.wire = () => "";
    };
    step.closes.push(...this.#open.keys());
    this.#open.clear();
  }

  #addWholes(step: TapStep, found: readonly Whole[], edits: Edits): void {
    for (const { slot, repeats } of found) {
      this.#wholes += 1;
      const key = `whole:${this.#wholes}`;
      step.closes.push(key);
      const whole = edits.slot(key, slot.channel, slot.text, (text) => slot.replace(text));
      step.slots.push(repeats ? Object.assign(whole, { repeats: true as const }) : whole);
    }
  }

  #close(key: string): string[] {
    return this.#open.delete(key) ? [key] : [];
  }

  delta(key: string, text: string): string {
    // The template is kept by whoever closed the key last: its place is in the key itself.
    const [type = "", item_id = "", output = "0", inner = "0"] = key.split("|");
    const place: JsonObject = { type, item_id, output_index: Number(output) };
    if (type.includes("summary")) place["summary_index"] = Number(inner);
    else if (!type.includes("arguments") && !type.includes("input"))
      place["content_index"] = Number(inner);
    const template = this.#open.get(key);
    return writeDelta(
      { ...place, ...template, sequence_number: template?.["sequence_number"] ?? 0 },
      text,
    );
  }

  finish(reason: "content_filter" | "length", usage: Usage | undefined): string {
    this.#open.clear();
    const incomplete = { reason: reason === "length" ? "max_output_tokens" : reason };
    const response: JsonObject = {
      ...this.#response,
      status: "incomplete",
      incomplete_details: incomplete,
    };
    if (usage) response["usage"] = writeUsage(usage);
    const type = "response.incomplete";
    return sseText(JSON.stringify({ type, response, sequence_number: 0 }), type);
  }
}

function indexOf(body: JsonObject): number {
  return Number(body["output_index"] ?? 0);
}

/** Type, item, output index and the index inside the item: one text each. */
function keyOf(body: JsonObject, type: string): string {
  const inner = body["content_index"] ?? body["summary_index"] ?? 0;
  const item = asString(body["item_id"]) ?? "";
  return `${type}|${item}|${Number(body["output_index"] ?? 0)}|${Number(inner)}`;
}

function writeDelta(body: JsonObject, text: string): string {
  if (text === "") return "";
  const type = asString(body["type"]) ?? "";
  const event: JsonObject = { ...body, delta: text };
  // Log probabilities spell the replaced text out again.
  if (type === "response.output_text.delta") event["logprobs"] = [];
  return sseText(JSON.stringify(event), type);
}

function addPart(found: TextSlot[], part: JsonObject, onReplace: () => void): void {
  const isReasoning = part["type"] === "summary_text" || part["type"] === "reasoning_text";
  const forget = () => {
    onReplace();
    if (part["logprobs"] !== undefined) part["logprobs"] = [];
  };
  for (const member of ["text", "refusal"]) {
    addLeaves(found, part, member, isReasoning ? "reasoning" : "assistant", forget);
  }
}

function readError(body: JsonObject): { code: string; message: string } {
  const error = asObject(body["error"]) ?? body;
  return {
    code: asString(error["code"]) ?? asString(error["type"]) ?? "provider_error",
    message: asString(error["message"]) ?? "the provider reported an error",
  };
}
