/** Where text stands in chat completions bodies, asked and answered. */
import { asObject, asString, isObject, lookup, objectsIn } from "../json.ts";
import {
  addBase64Text,
  addField,
  addJsonText,
  addLeaves,
  isTextMedia,
  readDataUrl,
} from "../texts.ts";
import type { JsonObject, TextChannel, TextSlot } from "../types.ts";
import { channelOf } from "./view.ts";

export function requestTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  for (const message of objectsIn(body["messages"])) addMessage(slots, message);
  const prediction = asObject(body["prediction"]);
  if (prediction) addContent(slots, prediction, "assistant");
  return slots;
}

function addMessage(slots: TextSlot[], message: JsonObject): void {
  const channel = channelOf(message["role"]);
  addField(slots, message, "name", channel);
  addReasoning(slots, message);
  addContent(slots, message, channel);
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

function addContent(
  slots: TextSlot[],
  message: JsonObject,
  channel: TextChannel,
  onReplace?: () => void,
): void {
  const content = message["content"];
  if (!Array.isArray(content)) {
    addLeaves(slots, message, "content", channel, onReplace);
    return;
  }
  for (let at = 0; at < content.length; at += 1) {
    const part = content[at];
    const add = isObject(part) ? lookup(PARTS, part["type"]) : undefined;
    if (add && isObject(part)) add(slots, part, channel, onReplace);
    // An unknown kind of part is read whole: what the gateway does not know must not slip past it.
    else addLeaves(slots, content, at, channel, onReplace);
  }
}

type AddPart = (
  slots: TextSlot[],
  part: JsonObject,
  channel: TextChannel,
  onReplace?: () => void,
) => void;

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
    const data = readDataUrl(asString(file["file_data"]) ?? "");
    if (data && isTextMedia(data.mediaType)) {
      addBase64Text(slots, file, "file_data", data.prefix, "file");
    }
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
    addContent(slots, message, "assistant", forget);
    addField(slots, message, "refusal", "assistant", forget);
    const audio = asObject(message["audio"]);
    if (audio) addField(slots, audio, "transcript", "assistant", forget);
    addToolCalls(slots, message, forget);
  }
  return slots;
}
