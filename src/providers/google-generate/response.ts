/** A generateContent answer (not streamed) to and from the union. */
import { CallIds } from "../calls.ts";
import type { AssistantPart, ChatResponse } from "../chat.ts";
import { crossing, refuse } from "../crossing.ts";
import { asObject, asString, compact, isObject, objectsIn, parseObject } from "../json.ts";
import { metaOf, type ResponseMeta } from "../response-meta.ts";
import type { Json, JsonObject, Result } from "../types.ts";
import { decodeModelPart } from "./decode-request.ts";
import {
  camel,
  hasCall,
  partsOf,
  readFinish,
  readUsage,
  writeFinish,
  writeUsage,
} from "./shapes.ts";

export function decodeResponse(body: Json): Result<ChatResponse> {
  return crossing((notes) => {
    if (!isObject(body)) return refuse("body", "expected an answer object");
    if (isObject(body["error"])) return refuse("error", "the provider answered with an error");
    const { usage, finish, servedModel, responseId } = responseMeta(body);
    const [candidate] = objectsIn(body["candidates"]);
    if (!candidate && !isBlocked(body)) return refuse("candidates[0]", "expected an answer");
    const ids = new CallIds();
    const parts = partsOf(candidate).map((part, at) =>
      decodeModelPart(camel(part), `candidates[0].content.parts[${at}]`, ids, notes),
    );
    const response: ChatResponse = { parts, finish: finish ?? "other" };
    if (usage) response.usage = usage;
    if (servedModel !== undefined) response.model = servedModel;
    if (responseId !== undefined) response.id = responseId;
    return response;
  });
}

function isBlocked(body: JsonObject): boolean {
  return typeof asObject(body["promptFeedback"])?.["blockReason"] === "string";
}

export function responseMeta(body: Json): ResponseMeta {
  const root = asObject(body) ?? {};
  const usage = readUsage(root["usageMetadata"]);
  const [candidate] = objectsIn(root["candidates"]);
  const finish = isBlocked(root)
    ? "content_filter"
    : readFinish(candidate?.["finishReason"], hasCall(partsOf(candidate)));
  const servedModel = asString(root["modelVersion"]);
  const responseId = asString(root["responseId"]);
  return metaOf({ usage, finish, servedModel, responseId });
}

export function encodeResponse(response: ChatResponse): JsonObject {
  return compact({
    candidates: [
      {
        content: { role: "model", parts: response.parts.map(encodePart) },
        finishReason: writeFinish(response.finish),
        index: 0,
      },
    ],
    usageMetadata: response.usage ? writeUsage(response.usage) : undefined,
    modelVersion: response.model,
    responseId: response.id ?? response.requestId,
  });
}

function encodePart(part: AssistantPart): JsonObject {
  if (part.type === "text") return { text: part.text };
  if (part.type === "reasoning") {
    return compact({
      text: part.text,
      thought: true,
      thoughtSignature: part.signature ?? part.redacted,
    });
  }
  return encodeCall(part.id, part.name, part.input, part.signature);
}

export function encodeCall(
  id: string,
  name: string,
  input: string,
  signature: string | undefined,
): JsonObject {
  const functionCall = { id, name, args: parseObject(input) ?? {} };
  return compact({ functionCall, thoughtSignature: signature });
}
