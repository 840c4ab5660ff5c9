/** Parts of the union to and from Converse's content blocks. */
import { safeId } from "../calls.ts";
import type { AssistantPart, CacheMark, FilePart, MediaSource, UserPart } from "../chat.ts";
import { type Notes, refuse } from "../crossing.ts";
import { asObject, asString, compact, isObject, lookup, parseObject } from "../json.ts";
import type { Json, JsonObject } from "../types.ts";

const IMAGE_FORMATS: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpeg",
  "image/jpg": "jpeg",
  "image/gif": "gif",
  "image/webp": "webp",
};

const DOCUMENT_FORMATS: Readonly<Record<string, string>> = {
  "application/pdf": "pdf",
  "text/csv": "csv",
  "application/msword": "doc",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/vnd.ms-excel": "xls",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "text/html": "html",
  "text/plain": "txt",
  "text/markdown": "md",
};

/** The mark behind what it covers: a block of its own. */
export function cachePoint(mark: CacheMark | undefined): JsonObject[] {
  if (mark === undefined) return [];
  const point: JsonObject = { type: "default" };
  if (mark.ttl === "1h") point["ttl"] = "1h";
  return [{ cachePoint: point }];
}

/** Blocks of one message, each with its caching mark behind it; empty texts are refused there. */
export function encodeParts(parts: readonly (UserPart | AssistantPart)[], notes: Notes): Json[] {
  return parts.flatMap((part): Json[] => {
    const block = encodePart(part, notes);
    if (block === undefined) return [];
    return [block, ...cachePoint("cache" in part ? part.cache : undefined)];
  });
}

function encodePart(part: UserPart | AssistantPart, notes: Notes): JsonObject | undefined {
  switch (part.type) {
    case "text":
      return part.text === "" ? undefined : { text: part.text };
    case "image":
      return encodeImage(part.source);
    case "file":
      return encodeDocument(part);
    case "tool-call":
      return {
        toolUse: {
          toolUseId: safeId(part.id),
          name: part.name,
          input:
            part.input === ""
              ? {}
              : (parseObject(part.input) ??
                refuse("tool_calls.function.arguments", "expected a JSON object")),
        },
      };
    case "tool-result":
      return {
        toolResult: compact({
          toolUseId: safeId(part.callId),
          content: encodeParts(part.content, notes),
          status: part.isError === true ? "error" : undefined,
        }),
      };
    case "reasoning":
    default:
      return encodeReasoning(part, notes);
  }
}

function encodeReasoning(
  part: Extract<AssistantPart, { type: "reasoning" }>,
  notes: Notes,
): JsonObject | undefined {
  const { text, signature, redacted } = part;
  if (redacted !== undefined) return { reasoningContent: { redactedContent: redacted } };
  if (signature !== undefined) return { reasoningContent: { reasoningText: { text, signature } } };
  notes.push({
    field: "reasoning_content",
    message: "left out: only signed thinking is sent back",
  });
  return undefined;
}

function encodeImage(source: MediaSource): JsonObject {
  if (source.kind !== "base64") return refuse("image_url", "Converse takes an image's bytes only");
  const format = lookup(IMAGE_FORMATS, source.mediaType.toLowerCase());
  if (format === undefined) return refuse("image_url", "Converse takes png, jpeg, gif and webp");
  return { image: { format, source: { bytes: source.data } } };
}

function encodeDocument({ source, name }: FilePart): JsonObject {
  if (source.kind === "url") return refuse("file", "Converse takes a file's bytes only");
  // Only these characters may stand in a name, no two spaces together.
  const neutral = (name ?? "")
    .replaceAll(/[^\w\-()[\]]|_/g, " ")
    .replaceAll(/ +/g, " ")
    .trim();
  const named = { name: neutral === "" ? "document" : neutral.slice(0, 200) };
  if (source.kind === "text") {
    return { document: { format: "txt", ...named, source: { text: source.text } } };
  }
  const type = source.mediaType.toLowerCase().replace(/;.*$/, "");
  const format = lookup(DOCUMENT_FORMATS, type);
  if (format === undefined) return refuse("file", `Converse takes no files of the type ${type}`);
  return { document: { format, ...named, source: { bytes: source.data } } };
}

/** The blocks of an answer as parts of the union. */
export function decodeBlocks(content: readonly Json[]): AssistantPart[] {
  return content.map((block, index): AssistantPart => {
    const holder = asObject(block) ?? {};
    const text = asString(holder["text"]);
    if (text !== undefined) return { type: "text", text };
    const tool = asObject(holder["toolUse"]);
    if (tool !== undefined) {
      return {
        type: "tool-call",
        id: asString(tool["toolUseId"]) ?? `call_${index}`,
        name: asString(tool["name"]) ?? "",
        input: JSON.stringify(tool["input"] ?? {}),
      };
    }
    const reasoning = asObject(holder["reasoningContent"]);
    return reasoning === undefined
      ? refuse(`content[${index}]`, `a ${Object.keys(holder)[0] ?? "nameless"} block cannot cross`)
      : decodeReasoning(reasoning);
  });
}

function decodeReasoning(reasoning: JsonObject): AssistantPart {
  const redacted = asString(reasoning["redactedContent"]);
  if (redacted !== undefined) return { type: "reasoning", text: "", redacted };
  const inner = isObject(reasoning["reasoningText"]) ? reasoning["reasoningText"] : {};
  const text = asString(inner["text"]) ?? "";
  const signature = asString(inner["signature"]);
  return signature === undefined
    ? { type: "reasoning", text }
    : { type: "reasoning", text, signature };
}
