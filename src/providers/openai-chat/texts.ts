/** Where text stands in chat completions bodies, asked and answered. */
import { asObject, asString, objectsIn } from "../json.ts";
import { addField, addFile, addJsonText, type AddPart, addParts } from "../texts.ts";
import type { JsonObject, TextSlot } from "../types.ts";
import { channelOf } from "./view.ts";

export function requestTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  for (const message of objectsIn(body["messages"])) addMessage(slots, message);
  const prediction = asObject(body["prediction"]);
  if (prediction) addParts(slots, prediction, "content", "assistant", PARTS);
  return slots;
}

function addMessage(slots: TextSlot[], message: JsonObject): void {
  const channel = channelOf(message["role"]);
  addField(slots, message, "name", channel);
  addReasoning(slots, message);
  addParts(slots, message, "content", channel, PARTS);
  addField(slots, message, "refusal", channel);
  addToolCalls(slots, message);
}

/** `reasoning_content` and `reasoning_details` are what other hosts of this dialect send. */
function addReasoning(slots: TextSlot[], message: JsonObject, onReplace?: () => void): void {
  addField(slots, message, "reasoning_content", "reasoning", onReplace);
  addField(slots, message, "reasoning", "reasoning", onReplace);
  for (const detail of objectsIn(message["reasoning_details"])) {
    addField(slots, detail, "text", "reasoning", onReplace);
    addField(slots, detail, "summary", "reasoning", onReplace);
  }
}

const PARTS: Readonly<Record<string, AddPart>> = {
  text: (slots, part, channel, onReplace) => addField(slots, part, "text", channel, onReplace),
  refusal: (slots, part, channel, onReplace) =>
    addField(slots, part, "refusal", channel, onReplace),
  image_url: (slots, part, channel) => {
    const image = asObject(part["image_url"]);
    if (image && !asString(image["url"])?.startsWith("data:")) {
      addField(slots, image, "url", channel);
    }
  },
  input_audio: () => {},
  file: (slots, part) => {
    const file = asObject(part["file"]);
    if (!file) return;
    addField(slots, file, "filename", "file");
    addFile(slots, file, "file_data", undefined);
  },
};

function addToolCalls(slots: TextSlot[], message: JsonObject, onReplace?: () => void): void {
  for (const call of objectsIn(message["tool_calls"])) {
    const fn = asObject(call["function"]);
    if (fn) addJsonText(slots, fn, "arguments", "tool-arguments", onReplace);
    const custom = asObject(call["custom"]);
    if (custom) addField(slots, custom, "input", "tool-arguments", onReplace);
  }
  const legacy = asObject(message["function_call"]);
  if (legacy) addJsonText(slots, legacy, "arguments", "tool-arguments", onReplace);
}

export function responseTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  for (const choice of objectsIn(body["choices"])) {
    const message = asObject(choice["message"]);
    if (!message) continue;
    // Log probabilities spell the answer out token by token: they go when its text is changed.
    const forget = () => delete choice["logprobs"];
    addReasoning(slots, message, forget);
    addParts(slots, message, "content", "assistant", PARTS, forget);
    addField(slots, message, "refusal", "assistant", forget);
    const audio = asObject(message["audio"]);
    if (audio) addField(slots, audio, "transcript", "assistant", forget);
    addToolCalls(slots, message, forget);
  }
  return slots;
}
