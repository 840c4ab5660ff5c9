/**
 * What the gateway itself needs of a generateContent request, and how it readies one. The model and
 * whether to stream stand in the URL; the reader of the URL puts them into the body as `model` and
 * `stream`, and what is sent on has neither.
 */
import * as z from "zod";
import { asArray, asObject, asString, isObject, objectsIn } from "../json.ts";
import { CHOICES_MAX, MESSAGES_MAX, TOOLS_MAX } from "../limits.ts";
import { check } from "../parse.ts";
import { addField, addFile, addLeaves } from "../texts.ts";
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
    if (!content) continue;
    joinTexts(content);
    addContent(slots, content, "assistant", () => delete candidate["logprobsResult"]);
  }
  return slots;
}

/** Clients read the texts of an answer as one, so what stands across two of them is one, too. */
function joinTexts(content: JsonObject): void {
  const { parts } = content;
  if (!Array.isArray(parts) || parts.length < 2) return;
  const joined: Json[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (isObject(part) && isObject(last) && goesOn(last, part)) {
      joined[joined.length - 1] = {
        ...part,
        text: `${asString(last["text"])}${asString(part["text"])}`,
      };
    } else joined.push(part);
  }
  content["parts"] = joined;
}

const TEXT_MEMBERS = ["text", "thought", "thoughtSignature"];

/** Whether a part goes on with the text of another one, which has no signature of its own. */
function goesOn(last: JsonObject, part: JsonObject): boolean {
  const isSame = (last["thought"] === true) === (part["thought"] === true);
  return isSame && isTextOf(last, TEXT_MEMBERS.slice(0, 2)) && isTextOf(part, TEXT_MEMBERS);
}

function isTextOf(part: JsonObject, members: readonly string[]): boolean {
  return (
    typeof part["text"] === "string" && Object.keys(part).every((name) => members.includes(name))
  );
}

const INLINE = new Set(["inlineData", "inline_data"]);

/** Members of a part that only Google reads. */
const OPAQUE = new Set([
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
const VALUE_MEMBERS = ["args", "response"];

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
      if (INLINE.has(name) && isObject(value)) {
        addFile(slots, value, "data", asString(camel(value)["mimeType"]));
      } else if (own && own !== "file" && isObject(value)) {
        for (const member of Object.keys(value)) {
          const isValue = VALUE_MEMBERS.includes(member) || !name.startsWith("function");
          if (member === "parts") addContent(slots, value, own, onReplace);
          else if (isValue) addLeaves(slots, value, member, own, onReplace);
        }
      } else if (name === "text") {
        addField(slots, part, "text", part["thought"] === true ? "reasoning" : channel, onReplace);
      } else {
        addLeaves(slots, part, name, own ?? channel, onReplace);
      }
    }
  }
}
