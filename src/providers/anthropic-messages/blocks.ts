/** Content blocks of the messages dialect into parts of the union, by table. */
import type {
  AssistantPart,
  CacheMark,
  FilePart,
  ImagePart,
  MediaSource,
  TextPart,
  ToolResultPart,
  UserPart,
} from "../chat.ts";
import { checkFields, type FieldRule, type Notes, refuse } from "../crossing.ts";
import { asArray, asObject, asString, isObject, lookup } from "../json.ts";
import type { Json, JsonObject } from "../types.ts";

interface BlockKind<T> {
  fields: Readonly<Record<string, FieldRule>>;
  decode(block: JsonObject, field: string, notes: Notes): T;
}

type BlockTable<T> = Readonly<Record<string, BlockKind<T>>>;

const MARKED = { type: "read", cache_control: "read" } as const;
const isNothing: FieldRule = (value) =>
  value === false ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && value["enabled"] === false);

const TEXT: BlockKind<TextPart> = {
  fields: { ...MARKED, text: "read", citations: "hint" },
  decode: (block, field) => ({
    type: "text",
    text: asString(block["text"]) ?? refuse(`${field}.text`, "expected a string"),
  }),
};

const IMAGE: BlockKind<ImagePart> = {
  fields: { ...MARKED, source: "read" },
  decode: (block, field) => ({ type: "image", source: decodeSource(block, field) }),
};

const DOCUMENT: BlockKind<FilePart> = {
  fields: { ...MARKED, source: "read", title: "read", citations: isNothing },
  decode: (block, field) => {
    const part: FilePart = { type: "file", source: decodeSource(block, field) };
    const title = asString(block["title"]);
    if (title !== undefined) part.name = title;
    return part;
  },
};

const CONTENT: BlockTable<TextPart | ImagePart | FilePart> = {
  text: TEXT,
  image: IMAGE,
  document: DOCUMENT,
};

const TOOL_RESULT: BlockKind<ToolResultPart> = {
  fields: { ...MARKED, tool_use_id: "read", content: "read", is_error: "read" },
  decode: (block, field, notes) => {
    const part: ToolResultPart = {
      type: "tool-result",
      callId: asString(block["tool_use_id"]) ?? refuse(`${field}.tool_use_id`, "expected a string"),
      content: decodeBlocks(CONTENT, block["content"], `${field}.content`, notes),
    };
    if (block["is_error"] === true) part.isError = true;
    return part;
  },
};

const USER: BlockTable<UserPart> = { ...CONTENT, tool_result: TOOL_RESULT };

const ASSISTANT: BlockTable<AssistantPart> = {
  text: TEXT,
  thinking: {
    fields: { type: "read", thinking: "read", signature: "read" },
    decode: (block) => {
      const text = asString(block["thinking"]) ?? "";
      const signature = asString(block["signature"]) ?? "";
      return signature === ""
        ? { type: "reasoning", text }
        : { type: "reasoning", text, signature };
    },
  },
  redacted_thinking: {
    fields: { type: "read", data: "read" },
    decode: (block) => ({
      type: "reasoning",
      text: "",
      redacted: asString(block["data"]) ?? "",
    }),
  },
  tool_use: {
    fields: { ...MARKED, id: "read", name: "read", input: "read", caller: "read" },
    decode: (block, field) => ({
      type: "tool-call",
      id: asString(block["id"]) ?? refuse(`${field}.id`, "expected a string"),
      name: asString(block["name"]) ?? refuse(`${field}.name`, "expected a string"),
      input: JSON.stringify(block["input"] ?? {}),
    }),
  },
};

export function decodeSystem(content: Json | undefined, field: string, notes: Notes): TextPart[] {
  return decodeBlocks({ text: TEXT }, content, field, notes);
}

export function decodeUserBlocks(
  content: Json | undefined,
  field: string,
  notes: Notes,
): UserPart[] {
  return decodeBlocks(USER, content, field, notes);
}

export function decodeAssistantBlocks(
  content: Json | undefined,
  field: string,
  notes: Notes,
): AssistantPart[] {
  return decodeBlocks(ASSISTANT, content, field, notes);
}

function decodeBlocks<T extends { type: string }>(
  table: BlockTable<T>,
  content: Json | undefined,
  field: string,
  notes: Notes,
): T[] {
  if (content === undefined || content === null) return [];
  const blocks = typeof content === "string" ? [{ type: "text", text: content }] : asArray(content);
  if (!blocks) return refuse(field, "expected a string or an array of blocks");
  return blocks.map((block, at) => {
    const here = `${field}[${at}]`;
    const kind = isObject(block) ? lookup(table, block["type"]) : undefined;
    if (!kind || !isObject(block)) {
      const known = Object.keys(table).join(", ");
      return refuse(`${here}.type`, `only ${known} blocks can be carried over`);
    }
    checkFields(block, kind.fields, here, notes);
    const part = kind.decode(block, here, notes);
    const cache = decodeCacheMark(block);
    return cache ? { ...part, cache } : part;
  });
}

export function decodeCacheMark(block: JsonObject): CacheMark | undefined {
  const control = asObject(block["cache_control"]);
  return control && { ttl: control["ttl"] === "1h" ? "1h" : "5m" };
}

const SOURCES: Readonly<Record<string, (source: JsonObject) => MediaSource | undefined>> = {
  base64: (source) => {
    const mediaType = asString(source["media_type"]);
    const data = asString(source["data"]);
    if (mediaType === undefined || data === undefined) return undefined;
    return { kind: "base64", mediaType, data };
  },
  url: (source) => {
    const url = asString(source["url"]);
    return url === undefined ? undefined : { kind: "url", url };
  },
  text: (source) => {
    const text = asString(source["data"]);
    return text === undefined ? undefined : { kind: "text", text };
  },
};

function decodeSource(block: JsonObject, field: string): MediaSource {
  const source = asObject(block["source"]) ?? {};
  return (
    lookup(SOURCES, source["type"])?.(source) ??
    refuse(`${field}.source`, "expected base64 bytes, text or a url; file ids do not cross")
  );
}
