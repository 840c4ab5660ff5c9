/** A generateContent request into the union. */
import { CallIds } from "../calls.ts";
import type {
  AssistantPart,
  ChatMessage,
  ChatRequest,
  FilePart,
  ImagePart,
  TextPart,
  Tool,
  ToolResultPart,
  UserPart,
} from "../chat.ts";
import { checkFields, crossing, type FieldRule, type Notes, refuse } from "../crossing.ts";
import { asArray, asObject, asString, isObject, objectsIn } from "../json.ts";
import { isTextMedia } from "../texts.ts";
import type { Json, JsonObject, Result } from "../types.ts";
import { addConfig, addToolChoice } from "./config.ts";
import { camel, jsonSchemaOf, signatureOf } from "./shapes.ts";

const FIELDS: Readonly<Record<string, FieldRule>> = {
  model: "read",
  stream: "read",
  contents: "read",
  systemInstruction: "read",
  tools: "read",
  toolConfig: "read",
  generationConfig: "read",
  safetySettings: "hint",
  labels: "hint",
  serviceTier: "hint",
  store: "hint",
};

export function decodeRequest(body: JsonObject): Result<ChatRequest> {
  return crossing((notes) => {
    const root = camel(body);
    checkFields(root, FIELDS, "", notes);
    const request: ChatRequest = {
      model: asString(root["model"]) ?? refuse("model", "expected a string"),
      system: decodeSystem(root["systemInstruction"], notes),
      messages: decodeContents(root["contents"], notes),
      stream: root["stream"] === true,
      tools: decodeTools(root["tools"], notes),
    };
    addConfig(request, camel(root["generationConfig"]), notes);
    addToolChoice(request, camel(root["toolConfig"]), notes);
    return request;
  });
}

function decodeSystem(value: Json | undefined, notes: Notes): TextPart[] {
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [{ type: "text", text: value }];
  return partsIn(asObject(value)?.["parts"], "systemInstruction.parts").map((part, at) => {
    const field = `systemInstruction.parts[${at}]`;
    checkFields(part, { text: "read" }, field, notes);
    return {
      type: "text",
      text: asString(part["text"]) ?? refuse(`${field}.text`, "expected a string"),
    };
  });
}

function partsIn(value: Json | undefined, field: string): JsonObject[] {
  if (isObject(value)) return [camel(value)];
  const parts = asArray(value) ?? refuse(field, "expected an array of parts");
  return parts.map((part, at) =>
    isObject(part) ? camel(part) : refuse(`${field}[${at}]`, "expected an object"),
  );
}

function decodeContents(value: Json | undefined, notes: Notes): ChatMessage[] {
  const contents = asArray(value) ?? refuse("contents", "expected an array");
  const ids = new CallIds();
  return contents.map((content, at): ChatMessage => {
    const field = `contents[${at}]`;
    if (!isObject(content)) return refuse(field, "expected an object");
    checkFields(content, { role: "read", parts: "read" }, field, notes);
    const parts = partsIn(content["parts"], `${field}.parts`);
    const role = content["role"] ?? "user";
    const here = (index: number) => `${field}.parts[${index}]`;
    if (role === "model") {
      return {
        role: "assistant",
        parts: parts.map((part, i) => decodeModelPart(part, here(i), ids, notes)),
      };
    }
    if (role !== "user" && role !== "function") {
      return refuse(`${field}.role`, "expected user or model");
    }
    return {
      role: "user",
      parts: parts.map((part, i) => decodeUserPart(part, here(i), ids, notes)),
    };
  });
}

const MODEL_PART: Readonly<Record<string, FieldRule>> = {
  text: "read",
  thought: "read",
  thoughtSignature: "read",
  functionCall: "read",
};

/** One part of an answer, asked or answered. */
export function decodeModelPart(
  part: JsonObject,
  field: string,
  ids: CallIds,
  notes: Notes,
): AssistantPart {
  checkFields(part, MODEL_PART, field, notes);
  const signature = signatureOf(part);
  const signed = signature === undefined ? {} : { signature };
  if (isObject(part["functionCall"])) {
    const call = part["functionCall"];
    const name =
      asString(call["name"]) ?? refuse(`${field}.functionCall.name`, "expected a string");
    const id = ids.called(name, asString(call["id"]));
    return { type: "tool-call", id, name, input: JSON.stringify(call["args"] ?? {}), ...signed };
  }
  const text = asString(part["text"]) ?? (signature === undefined ? undefined : "");
  if (text === undefined) return refuse(field, "expected text or a functionCall");
  if (part["thought"] === true) return { type: "reasoning", text, ...signed };
  return { type: "text", text };
}

const USER_PART: Readonly<Record<string, FieldRule>> = {
  text: "read",
  inlineData: "read",
  fileData: "read",
  functionResponse: "read",
  thoughtSignature: "read",
};

function decodeUserPart(part: JsonObject, field: string, ids: CallIds, notes: Notes): UserPart {
  checkFields(part, USER_PART, field, notes);
  if (isObject(part["functionResponse"])) return decodeResult(part["functionResponse"], field, ids);
  if (isObject(part["inlineData"])) return decodeInline(camel(part["inlineData"]), field);
  if (isObject(part["fileData"])) return decodeFile(camel(part["fileData"]), field);
  return {
    type: "text",
    text: asString(part["text"]) ?? refuse(field, "expected text, media or a result"),
  };
}

/** A response of one string under `output`, `result` or `error` is that string; others are JSON. */
function decodeResult(result: JsonObject, field: string, ids: CallIds): ToolResultPart {
  const name =
    asString(result["name"]) ?? refuse(`${field}.functionResponse.name`, "expected a string");
  if (objectsIn(result["parts"]).length > 0) {
    return refuse(`${field}.functionResponse.parts`, "media in results cannot be carried over");
  }
  const response = asObject(result["response"]) ?? {};
  const keys = Object.keys(response);
  const [only = ""] = keys;
  const plain = keys.length === 1 && ["output", "result", "error"].includes(only);
  const text = plain ? asString(response[only]) : undefined;
  const part: ToolResultPart = {
    type: "tool-result",
    callId: ids.answered(name, asString(result["id"])),
    name,
    content: [{ type: "text", text: text ?? JSON.stringify(response) }],
  };
  if (keys.includes("error")) part.isError = true;
  return part;
}

function decodeInline(inline: JsonObject, field: string): ImagePart | FilePart {
  const mediaType = asString(inline["mimeType"]);
  const data = asString(inline["data"]);
  if (mediaType === undefined || data === undefined) {
    return refuse(`${field}.inlineData`, "expected mimeType and data");
  }
  const source = { kind: "base64" as const, mediaType, data };
  if (mediaType.startsWith("image/")) return { type: "image", source };
  if (mediaType !== "application/pdf" && !isTextMedia(mediaType)) {
    return refuse(`${field}.inlineData.mimeType`, "only images, PDF and text can be carried over");
  }
  const name = asString(inline["displayName"]);
  return name === undefined ? { type: "file", source } : { type: "file", source, name };
}

function decodeFile(file: JsonObject, field: string): ImagePart | FilePart {
  const url = asString(file["fileUri"]) ?? "";
  if (!url.startsWith("https://") || url.includes("googleapis.com/")) {
    return refuse(`${field}.fileData.fileUri`, "only public https URLs can be carried over");
  }
  const mediaType = asString(file["mimeType"]) ?? "";
  const source = { kind: "url" as const, url, ...(mediaType !== "" && { mediaType }) };
  return mediaType.startsWith("image/") ? { type: "image", source } : { type: "file", source };
}

function decodeTools(value: Json | undefined, notes: Notes): Tool[] {
  const tools = asArray(value ?? []) ?? refuse("tools", "expected an array");
  return tools.flatMap((tool, at) => {
    checkFields(camel(tool), { functionDeclarations: "read" }, `tools[${at}]`, notes);
    return objectsIn(camel(tool)["functionDeclarations"]).map((given, index) =>
      decodeTool(camel(given), `tools[${at}].functionDeclarations[${index}]`, notes),
    );
  });
}

const DECLARATION: Readonly<Record<string, FieldRule>> = {
  name: "read",
  description: "read",
  parameters: "read",
  parametersJsonSchema: "read",
  response: "hint",
  responseJsonSchema: "hint",
};

function decodeTool(given: JsonObject, field: string, notes: Notes): Tool {
  checkFields(given, DECLARATION, field, notes);
  const schema =
    asObject(given["parametersJsonSchema"]) ?? jsonSchemaOf(given["parameters"] ?? null);
  const tool: Tool = {
    name: asString(given["name"]) ?? refuse(`${field}.name`, "expected a string"),
    parameters: asObject(schema) ?? { type: "object", properties: {} },
  };
  const description = asString(given["description"]);
  if (description !== undefined) tool.description = description;
  return tool;
}
