/** What the gateway itself needs of an Ollama chat request, and where text stands in its bodies. */
import * as z from "zod";
import { asArray, asObject, isObject, lookup, objectsIn } from "../json.ts";
import { MESSAGES_MAX, TOOLS_MAX } from "../limits.ts";
import { check } from "../parse.ts";
import { addField, addLeaves } from "../texts.ts";
import type { Json, JsonObject, RequestView, Result, TextChannel, TextSlot } from "../types.ts";

const requestSchema = z.looseObject({
  model: z.string().min(1).max(256),
  messages: z
    .array(z.looseObject({ role: z.string() }))
    .min(1)
    .max(MESSAGES_MAX),
  // Ollama streams unless told not to.
  stream: z.boolean().nullish(),
  options: z.looseObject({ num_predict: z.int().nullish() }).nullish(),
  tools: z.array(z.looseObject({})).max(TOOLS_MAX).nullish(),
});

export function parseRequest(body: Json): Result<RequestView> {
  const checked = check(requestSchema, body);
  if (!checked.ok) return checked;
  const request = checked.value;
  const asked = request.options?.num_predict;
  return {
    ok: true,
    value: {
      model: request.model,
      stream: request.stream ?? true,
      choices: 1,
      images: objectsIn(asObject(body)?.["messages"])
        .map((message) => asArray(message["images"])?.length ?? 0)
        .reduce((sum, count) => sum + count, 0),
      tools: request.tools?.length ?? 0,
      // Zero and below ask for no limit.
      ...(typeof asked === "number" && asked > 0 && { maxOutputTokens: asked }),
    },
  };
}

export function prepare(
  body: JsonObject,
  to: { model: string; maxOutputTokens: number; stream: boolean },
): JsonObject {
  const options = { ...asObject(body["options"]), num_predict: to.maxOutputTokens };
  return { ...body, model: to.model, stream: to.stream, options };
}

const CHANNELS: Readonly<Record<string, TextChannel>> = {
  system: "system",
  assistant: "assistant",
  tool: "tool-results",
};

export function requestTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  for (const message of objectsIn(body["messages"])) {
    addMessage(slots, message, lookup(CHANNELS, message["role"]) ?? "user");
  }
  return slots;
}

export function responseTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  const message = asObject(body["message"]);
  if (message) addMessage(slots, message, "assistant", () => delete body["logprobs"]);
  return slots;
}

function addMessage(
  slots: TextSlot[],
  message: JsonObject,
  channel: TextChannel,
  onReplace?: () => void,
): void {
  addField(slots, message, "thinking", "reasoning", onReplace);
  addLeaves(slots, message, "content", channel, onReplace);
  for (const call of objectsIn(message["tool_calls"])) {
    if (isObject(call["function"])) {
      addLeaves(slots, call["function"], "arguments", "tool-arguments", onReplace);
    }
  }
}
