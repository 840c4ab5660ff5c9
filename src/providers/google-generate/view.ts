/**
 * What the gateway itself needs of a generateContent request, and how it readies one. The model and
 * whether to stream stand in the URL; the reader of the URL puts them into the body as `model` and
 * `stream`, and what is sent on has neither.
 */
import * as z from "zod";
import { asArray, asObject, asString, isObject, objectsIn } from "../json.ts";
import { CHOICES_MAX, MESSAGES_MAX, TOOLS_MAX } from "../limits.ts";
import { check } from "../parse.ts";
import { addField, addLeaves } from "../texts.ts";
import type { Json, JsonObject, RequestView, Result, TextChannel, TextSlot } from "../types.ts";
import { camel } from "./shapes.ts";

const config = z
  .looseObject({
    maxOutputTokens: z.int().min(0).nullish(),
    max_output_tokens: z.int().min(0).nullish(),
    candidateCount: z.int().min(1).max(CHOICES_MAX).nullish(),
    candidate_count: z.int().min(1).max(CHOICES_MAX).nullish(),
  })
  .nullish();

const requestSchema = z.looseObject({
  model: z.string().min(1).max(256),
  stream: z.boolean().nullish(),
  contents: z
    .array(z.looseObject({ role: z.string().nullish() }))
    .min(1)
    .max(MESSAGES_MAX),
  generationConfig: config,
  generation_config: config,
  tools: z.array(z.looseObject({})).max(TOOLS_MAX).nullish(),
});

export function parseRequest(body: Json): Result<RequestView> {
  const checked = check(requestSchema, body);
  if (!checked.ok) return checked;
  const request = checked.value;
  const root = camel(body);
  const settings = camel(root["generationConfig"]);
  const media = mediaOf(root);
  const images = media.filter((type) => type.startsWith("image/")).length;
  const maxOutputTokens = settings["maxOutputTokens"];
  return {
    ok: true,
    value: {
      model: request.model,
      stream: request.stream ?? false,
      choices: Number(settings["candidateCount"] ?? 1),
      images,
      files: media.length - images,
      tools: objectsIn(root["tools"])
        .map((tool) => Math.max(asArray(camel(tool)["functionDeclarations"])?.length ?? 0, 1))
        .reduce((sum, count) => sum + count, 0),
      ...(typeof maxOutputTokens === "number" && { maxOutputTokens }),
    },
  };
}

/** The media type of every part that is not text. */
function mediaOf(root: JsonObject): string[] {
  const types: string[] = [];
  for (const content of objectsIn(root["contents"])) {
    for (const part of objectsIn(content["parts"]).map(camel)) {
      const media = asObject(part["inlineData"]) ?? asObject(part["fileData"]);
      if (media) types.push(asString(camel(media)["mimeType"]) ?? "");
    }
  }
  return types;
}

export function prepare(
  body: JsonObject,
  to: { model: string; maxOutputTokens: number; stream: boolean },
): JsonObject {
  const { model: _model, stream: _stream, generation_config: old, ...rest } = body;
  const given = asObject(rest["generationConfig"]) ?? asObject(old) ?? {};
  const { max_output_tokens: _old, ...settings } = given;
  return { ...rest, generationConfig: { ...settings, maxOutputTokens: to.maxOutputTokens } };
}

export function requestTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  for (const name of ["systemInstruction", "system_instruction"]) {
    const system = asObject(body[name]);
    if (system) addContent(slots, system, "system");
  }
  for (const content of objectsIn(body["contents"])) {
    addContent(slots, content, content["role"] === "model" ? "assistant" : "user");
  }
  return slots;
}

export function responseTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  for (const candidate of objectsIn(body["candidates"])) {
    const content = asObject(candidate["content"]);
    // Log probabilities spell the answer out again: they go when its text is changed.
    if (content) addContent(slots, content, "assistant", () => delete candidate["logprobsResult"]);
  }
  return slots;
}

/** Members of a part that hold bytes or what only Google reads. */
const OPAQUE = new Set([
  "inlineData",
  "inline_data",
  "thoughtSignature",
  "thought_signature",
  "videoMetadata",
  "video_metadata",
]);

const MEMBER_CHANNELS: Readonly<Record<string, TextChannel>> = {
  functionCall: "tool-arguments",
  function_call: "tool-arguments",
  functionResponse: "tool-results",
  function_response: "tool-results",
  executableCode: "tool-arguments",
  codeExecutionResult: "tool-results",
  fileData: "file",
  file_data: "file",
};

/** Members of a call or a result that carry text of the conversation; the others name and link. */
const VALUE_MEMBERS = ["args", "response", "parts"];

function addContent(
  slots: TextSlot[],
  content: JsonObject,
  channel: TextChannel,
  onReplace?: () => void,
): void {
  // Google takes a single part where a list belongs.
  const given = content["parts"];
  if (!Array.isArray(given) && !isObject(given)) {
    addLeaves(slots, content, "parts", channel, onReplace);
    return;
  }
  const parts = Array.isArray(given) ? given : [given];
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at];
    if (!isObject(part)) {
      addLeaves(slots, parts, at, channel, onReplace);
      continue;
    }
    for (const name of Object.keys(part)) {
      if (OPAQUE.has(name) || typeof part[name] === "boolean") continue;
      const own = Object.hasOwn(MEMBER_CHANNELS, name) ? MEMBER_CHANNELS[name] : undefined;
      const value = part[name];
      if (own && own !== "file" && isObject(value)) {
        for (const member of Object.keys(value)) {
          const isValue = VALUE_MEMBERS.includes(member) || !name.startsWith("function");
          if (isValue) addLeaves(slots, value, member, own, onReplace);
        }
      } else if (name === "text") {
        addField(slots, part, "text", part["thought"] === true ? "reasoning" : channel, onReplace);
      } else {
        addLeaves(slots, part, name, own ?? channel, onReplace);
      }
    }
  }
}
