/** Watches a streamGenerateContent stream (alt=sse) that stays what it is. */
import type { Usage } from "#events/money.ts";
import { asObject, asString, isObject, objectsIn, parseObject } from "../json.ts";
import { Edits, malformedStep, passStep, withTails } from "../steps.ts";
import { addLeaves } from "../texts.ts";
import type { JsonObject, StreamTap, TapStep, TextSlot, WireEvent } from "../types.ts";
import { sseText } from "../wire.ts";
import { hasCall, partsOf, readFinish, readUsage, writeFinish, writeUsage } from "./shapes.ts";

export function openTap(): StreamTap {
  return withTails(new GoogleTap());
}

class GoogleTap implements StreamTap {
  dropUsageChunk = false;
  #envelope: JsonObject = {};
  readonly #open = new Set<string>();
  #wholes = 0;
  #hasCalls = false;

  read(event: WireEvent): TapStep {
    if (event.data === "") return passStep(event);
    const body = parseObject(event.data);
    if (!body) return malformedStep();
    if (isObject(body["error"])) return errorStep(event, body["error"]);
    const step: TapStep = { slots: [], closes: [], wire: () => event.raw };
    const edits = new Edits();
    this.#readIdentity(step, body);
    for (const candidate of objectsIn(body["candidates"]))
      this.#readCandidate(step, candidate, edits);
    if (asObject(body["promptFeedback"])?.["blockReason"] !== undefined) {
      Object.assign(step, { finish: "content_filter", done: true });
    }
    const usage = readUsage(body["usageMetadata"]);
    if (usage) step.usage = usage;
    step.stay = () => {
      for (const candidate of objectsIn(body["candidates"])) delete candidate["finishReason"];
      step.wire = () => {
        edits.apply();
        return saysNothing(body) ? "" : sseText(JSON.stringify(body));
      };
    };
    if (step.slots.length > 0) {
      step.wire = () => {
        if (!edits.any) return event.raw;
        edits.apply();
        return saysNothing(body) ? "" : sseText(JSON.stringify(body));
      };
    }
    return step;
  }

  #readIdentity(step: TapStep, body: JsonObject): void {
    for (const name of ["modelVersion", "responseId"]) {
      if (typeof body[name] === "string") this.#envelope[name] = body[name];
    }
    const model = asString(body["modelVersion"]);
    if (model !== undefined) step.servedModel = model;
    const id = asString(body["responseId"]);
    if (id !== undefined) step.responseId = id;
  }

  #readCandidate(step: TapStep, candidate: JsonObject, edits: Edits): void {
    const index = typeof candidate["index"] === "number" ? candidate["index"] : 0;
    // Log probabilities spell the replaced text out again.
    const forget = () => delete candidate["logprobsResult"];
    const parts = partsOf(candidate);
    for (const part of parts) this.#readPart(step, part, index, edits, forget);
    this.#hasCalls ||= hasCall(parts);
    const finish = readFinish(candidate["finishReason"], this.#hasCalls);
    if (finish === undefined) return;
    step.finish = finish;
    step.done = true;
    for (const key of this.#open) {
      if (!key.startsWith(`${index}:`)) continue;
      step.closes.push(key);
      this.#open.delete(key);
    }
  }

  #readPart(
    step: TapStep,
    part: JsonObject,
    index: number,
    edits: Edits,
    forget: () => void,
  ): void {
    const { text } = part;
    if (typeof text === "string") {
      if (text === "") return;
      const isThought = part["thought"] === true;
      const key = `${index}:${isThought ? "thought" : "text"}`;
      this.#open.add(key);
      const apply = (replacement: string) => {
        part["text"] = replacement;
        forget();
      };
      step.slots.push(edits.slot(key, isThought ? "reasoning" : "assistant", text, apply));
      return;
    }
    // Calls and code come whole: their texts begin and end in this event.
    const found: TextSlot[] = [];
    const call = asObject(part["functionCall"]);
    if (call) addLeaves(found, call, "args", "tool-arguments", forget);
    for (const name of ["executableCode", "codeExecutionResult"]) {
      const code = asObject(part[name]) ?? {};
      for (const member of ["code", "output"]) addLeaves(found, code, member, "assistant", forget);
    }
    for (const slot of found) {
      this.#wholes += 1;
      const key = `${index}:whole:${this.#wholes}`;
      step.closes.push(key);
      step.slots.push(edits.slot(key, slot.channel, slot.text, (text) => slot.replace(text)));
    }
  }

  delta(key: string, text: string): string {
    const [index, kind] = key.split(":");
    const part = kind === "thought" ? { text, thought: true } : { text };
    const content = { role: "model", parts: [part] };
    return this.#chunk({ candidates: [{ content, index: Number(index) }] });
  }

  finish(reason: "content_filter" | "length", usage: Usage | undefined): string {
    this.#open.clear();
    const content = { role: "model", parts: [{ text: "" }] };
    const candidate = { content, finishReason: writeFinish(reason), index: 0 };
    return this.#chunk({
      candidates: [candidate],
      ...(usage && { usageMetadata: writeUsage(usage) }),
    });
  }

  #chunk(body: JsonObject): string {
    return sseText(JSON.stringify({ ...body, ...this.#envelope }));
  }
}

function errorStep(event: WireEvent, error: JsonObject): TapStep {
  return {
    ...passStep(event),
    error: {
      code: asString(error["status"]) ?? "provider_error",
      message: asString(error["message"]) ?? "the provider reported an error",
    },
  };
}

/** Whether an event, its text now empty, tells nothing but running totals. */
function saysNothing(body: JsonObject): boolean {
  return objectsIn(body["candidates"]).every(
    (candidate) =>
      candidate["finishReason"] === undefined &&
      partsOf(candidate).every(
        (part) => part["text"] === "" && part["thoughtSignature"] === undefined,
      ),
  );
}
