/** Watches an Ollama chat stream (one JSON object a line) that stays what it is. */
import type { Usage } from "#events/money.ts";
import { asObject, asString, objectsIn, parseObject } from "../json.ts";
import { Edits, malformedStep, passStep, withTails } from "../steps.ts";
import { addLeaves } from "../texts.ts";
import type { JsonObject, StreamTap, TapStep, TextSlot, WireEvent } from "../types.ts";
import { hasCalls, readFinish, readUsage, writeFinish, writeUsage } from "./response.ts";

const FIELDS = [
  ["thinking", "reasoning"],
  ["content", "assistant"],
] as const;

export function openTap(): StreamTap {
  return withTails(new OllamaTap());
}

class OllamaTap implements StreamTap {
  dropUsageChunk = false;
  #envelope: JsonObject = { model: "", created_at: new Date(0).toISOString() };
  readonly #open = new Set<string>();
  #wholes = 0;
  #hasCalls = false;

  read(event: WireEvent): TapStep {
    if (event.data === "") return passStep(event);
    const body = parseObject(event.data);
    if (!body) return malformedStep();
    if (body["error"] !== undefined) {
      const message = asString(body["error"]) ?? "the provider reported an error";
      return { ...passStep(event), error: { code: "provider_error", message } };
    }
    const step: TapStep = { slots: [], closes: [], wire: () => event.raw };
    const edits = new Edits();
    const message = asObject(body["message"]);
    this.#hasCalls ||= hasCalls(message);
    if (message) this.#readMessage(step, message, edits);
    this.#readMeta(step, body);
    step.stay = () => {
      body["done"] = false;
      delete body["done_reason"];
      step.wire = () => {
        edits.apply();
        delete body["logprobs"];
        return saysNothing(body, message) ? "" : line(body);
      };
    };
    if (step.slots.length > 0) {
      step.wire = () => {
        if (!edits.any) return event.raw;
        edits.apply();
        // Log probabilities spell the replaced text out again.
        delete body["logprobs"];
        return saysNothing(body, message) ? "" : line(body);
      };
    }
    return step;
  }

  #readMeta(step: TapStep, body: JsonObject): void {
    for (const name of ["model", "created_at"]) {
      if (typeof body[name] === "string") this.#envelope[name] = body[name];
    }
    if (typeof body["model"] === "string") step.servedModel = body["model"];
    const usage = readUsage(body);
    if (usage) step.usage = usage;
    const finish = readFinish(body, this.#hasCalls);
    if (finish === undefined) return;
    step.finish = finish;
    step.done = true;
    step.closes.push(...this.#open);
    this.#open.clear();
  }

  #readMessage(step: TapStep, message: JsonObject, edits: Edits): void {
    for (const [member, channel] of FIELDS) {
      const text = message[member];
      if (typeof text !== "string" || text === "") continue;
      this.#open.add(member);
      const apply = (replacement: string) => {
        message[member] = replacement;
      };
      step.slots.push(edits.slot(member, channel, text, apply));
    }
    // Calls come whole: their texts begin and end in this line.
    const found: TextSlot[] = [];
    for (const call of objectsIn(message["tool_calls"])) {
      const fn = asObject(call["function"]);
      if (fn) addLeaves(found, fn, "arguments", "tool-arguments");
    }
    for (const slot of found) {
      this.#wholes += 1;
      const key = `whole:${this.#wholes}`;
      step.closes.push(key);
      step.slots.push(edits.slot(key, slot.channel, slot.text, (text) => slot.replace(text)));
    }
  }

  delta(key: string, text: string): string {
    const message: JsonObject = { role: "assistant", content: "", [key]: text };
    return line({ ...this.#envelope, message, done: false });
  }

  finish(reason: "content_filter" | "length", usage: Usage | undefined): string {
    this.#open.clear();
    return line({
      ...this.#envelope,
      message: { role: "assistant", content: "" },
      done: true,
      done_reason: writeFinish(reason),
      ...(usage && writeUsage(usage)),
    });
  }
}

function line(body: JsonObject): string {
  return `${JSON.stringify(body)}\n`;
}

function saysNothing(body: JsonObject, message: JsonObject | undefined): boolean {
  if (body["done"] === true || hasCalls(message)) return false;
  return FIELDS.every(([member]) => (message?.[member] ?? "") === "");
}
