/** What the gateway itself needs of a Cohere chat request, and where text stands in its bodies. */
import * as z from "zod";
import { asObject, asString, isObject, lookup, objectsIn } from "../json.ts";
import { MESSAGES_MAX, TOOLS_MAX } from "../limits.ts";
import { check } from "../parse.ts";
import { addField, addJsonText, addLeaves, addParts, type AddPart } from "../texts.ts";
import type { Json, JsonObject, RequestView, Result, TextChannel, TextSlot } from "../types.ts";

const requestSchema = z.looseObject({
  model: z.string().min(1).max(256),
  messages: z
    .array(z.looseObject({ role: z.string() }))
    .min(1)
    .max(MESSAGES_MAX),
  stream: z.boolean().nullish(),
  max_tokens: z.int().min(0).nullish(),
  tools: z.array(z.looseObject({})).max(TOOLS_MAX).nullish(),
});

export function parseRequest(body: Json): Result<RequestView> {
  const checked = check(requestSchema, body);
  if (!checked.ok) return checked;
  const { model, stream, tools, max_tokens: asked } = checked.value;
  const parts = objectsIn(asObject(body)?.["messages"]).flatMap((one) => objectsIn(one["content"]));
  const images = parts.filter((part) => part["type"] === "image_url").length;
  const view: RequestView = {
    model,
    stream: stream === true,
    choices: 1,
    images,
    tools: tools?.length ?? 0,
  };
  if (typeof asked === "number" && asked > 0) view.maxOutputTokens = asked;
  return { ok: true, value: view };
}

export function prepare(
  body: JsonObject,
  { model, maxOutputTokens }: { model: string; maxOutputTokens: number },
): JsonObject {
  return { ...body, model, max_tokens: maxOutputTokens };
}

const CHANNELS: Readonly<Record<string, TextChannel>> = {
  system: "system",
  developer: "system",
  assistant: "assistant",
  tool: "tool-results",
};

export function requestTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  for (const message of objectsIn(body["messages"])) {
    addMessage(slots, message, lookup(CHANNELS, message["role"]) ?? "user");
  }
  addLeaves(slots, body, "documents", "file");
  return slots;
}

export function responseTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  const message = asObject(body["message"]);
  // Log probabilities spell the replaced text out again.
  if (message) addMessage(slots, message, "assistant", () => delete body["logprobs"]);
  return slots;
}

const PARTS: Readonly<Record<string, AddPart>> = {
  text: (slots, part, channel, changed) => addField(slots, part, "text", channel, changed),
  thinking: (slots, part, _channel, changed) =>
    addField(slots, part, "thinking", "reasoning", changed),
  image_url(slots, part, channel) {
    const isData = asString(asObject(part["image_url"])?.["url"])?.startsWith("data:");
    if (isData !== true) addLeaves(slots, part, "image_url", channel);
  },
};

function addMessage(
  slots: TextSlot[],
  message: JsonObject,
  channel: TextChannel,
  onReplace?: () => void,
): void {
  addParts(slots, message, "content", channel, PARTS, onReplace);
  addField(slots, message, "tool_plan", channel, onReplace);
  for (const call of objectsIn(message["tool_calls"])) {
    if (isObject(call["function"])) {
      addJsonText(slots, call["function"], "arguments", "tool-arguments", onReplace);
    }
  }
  // What an answer quotes of itself and of its sources.
  addLeaves(slots, message, "citations", channel, onReplace);
}
