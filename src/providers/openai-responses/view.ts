/** What the gateway itself needs of a responses request, and where text stands in its bodies. */
import * as z from "zod";
import { asObject, asString, isObject, lookup, objectsIn } from "../json.ts";
import { MESSAGES_MAX, TOOLS_MAX } from "../limits.ts";
import { check } from "../parse.ts";
import { addField, addFile, addJsonText, addLeaves, type AddPart, addParts } from "../texts.ts";
import type { Json, JsonObject, RequestView, Result, TextChannel, TextSlot } from "../types.ts";

const requestSchema = z.looseObject({
  model: z.string().min(1).max(256),
  input: z.union([z.string(), z.array(z.looseObject({})).min(1).max(MESSAGES_MAX)]),
  stream: z.boolean().nullish(),
  max_output_tokens: z.int().min(0).nullish(),
  user: z.string().nullish(),
  tools: z.array(z.looseObject({})).max(TOOLS_MAX).nullish(),
});

export function parseRequest(body: Json): Result<RequestView> {
  const checked = check(requestSchema, body);
  if (!checked.ok) return checked;
  const { model, stream, max_output_tokens: most, user, tools } = checked.value;
  const parts = objectsIn(asObject(body)?.["input"])
    .flatMap((item) => [...objectsIn(item["content"]), ...objectsIn(item["output"])])
    .map((part) => part["type"]);
  return {
    ok: true,
    value: {
      model,
      stream: stream ?? false,
      choices: 1,
      images: parts.filter((type) => type === "input_image").length,
      files: parts.filter((type) => type === "input_file").length,
      tools: tools?.length ?? 0,
      ...(typeof most === "number" && { maxOutputTokens: most }),
      ...(typeof user === "string" && { user }),
    },
  };
}

export function prepare(
  body: JsonObject,
  to: { model: string; maxOutputTokens: number; stream: boolean },
): JsonObject {
  const prepared: JsonObject = { ...body, model: to.model, max_output_tokens: to.maxOutputTokens };
  if (to.stream) prepared["stream"] = true;
  else delete prepared["stream"];
  return prepared;
}

export function requestTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  addField(slots, body, "instructions", "system");
  if (Array.isArray(body["input"])) addItems(slots, body["input"]);
  else addLeaves(slots, body, "input", "user");
  return slots;
}

export function responseTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  if (Array.isArray(body["output"])) addItems(slots, body["output"]);
  addField(slots, body, "output_text", "assistant");
  return slots;
}

/** Adds the texts of input or output items. */
function addItems(slots: TextSlot[], items: Json[], onReplace?: () => void): void {
  for (const at of items.keys()) addItem(slots, items, at, onReplace);
}

/** Adds the texts of one of several items. */
export function addItem(
  slots: TextSlot[],
  items: Json[],
  at: number,
  onReplace?: () => void,
): void {
  const item = items[at];
  const add = isObject(item) ? lookup(ITEMS, item["type"] ?? "message") : undefined;
  if (add && isObject(item)) add(slots, item, onReplace);
  // A kind of item the gateway does not know is read whole: nothing may slip past it.
  else addLeaves(slots, items, at, "user", onReplace);
}

type Add = (slots: TextSlot[], item: JsonObject, onReplace?: () => void) => void;

const CHANNELS: Readonly<Record<string, TextChannel>> = {
  system: "system",
  developer: "system",
  assistant: "assistant",
};

const ITEMS: Readonly<Record<string, Add>> = {
  message: (slots, item, onReplace) =>
    addParts(slots, item, "content", lookup(CHANNELS, item["role"]) ?? "user", PARTS, onReplace),
  function_call: (slots, item, onReplace) =>
    addJsonText(slots, item, "arguments", "tool-arguments", onReplace),
  custom_tool_call: (slots, item, onReplace) =>
    addField(slots, item, "input", "tool-arguments", onReplace),
  function_call_output: (slots, item, onReplace) =>
    addParts(slots, item, "output", "tool-results", PARTS, onReplace),
  custom_tool_call_output: (slots, item, onReplace) =>
    addParts(slots, item, "output", "tool-results", PARTS, onReplace),
  reasoning: (slots, item, onReplace) => {
    for (const part of [...objectsIn(item["summary"]), ...objectsIn(item["content"])]) {
      addField(slots, part, "text", "reasoning", onReplace);
    }
  },
  item_reference: () => {},
};

const addText: AddPart = (slots, part, channel, onReplace) =>
  addField(slots, part, "text", channel, () => {
    // Log probabilities spell the replaced text out again.
    delete part["logprobs"];
    onReplace?.();
  });

const PARTS: Readonly<Record<string, AddPart>> = {
  input_text: addText,
  output_text: addText,
  text: addText,
  refusal: (slots, part, channel, onReplace) =>
    addField(slots, part, "refusal", channel, onReplace),
  input_image: (slots, part, channel) => {
    if (!asString(part["image_url"])?.startsWith("data:"))
      addField(slots, part, "image_url", channel);
  },
  input_file: (slots, part) => {
    addField(slots, part, "filename", "file");
    addField(slots, part, "file_url", "file");
    addFile(slots, part, "file_data", undefined);
  },
};
