/** Slots over the texts of a body: where each stands, and how it is changed in place. */
import { isObject, lookup, parseJson } from "./json.ts";
import { JSON_DEPTH_MAX } from "./limits.ts";
import type { Json, JsonObject, TextChannel, TextSlot } from "./types.ts";

/** Adds a slot for a string member; anything else adds nothing. */
export function addField(
  slots: TextSlot[],
  holder: JsonObject,
  key: string,
  channel: TextChannel,
  onReplace?: () => void,
): void {
  const text = holder[key];
  if (typeof text !== "string" || text === "") return;
  slots.push({
    channel,
    text,
    replace(replacement) {
      holder[key] = replacement;
      onReplace?.();
    },
  });
}

/**
 * Adds a slot for every string and number inside a structured value: a card number passed as a
 * number is still a card number. A replaced number becomes a string.
 */
export function addLeaves(
  slots: TextSlot[],
  holder: JsonObject | Json[],
  key: string | number,
  channel: TextChannel,
  onReplace?: () => void,
): void {
  const box = holder as Record<string | number, Json>;
  const write = (value: Json) => {
    box[key] = value;
    onReplace?.();
  };
  walk({ slots, channel }, box[key], write, 0);
}

/** Adds the slots of one part of a message. */
export type AddPart = (
  slots: TextSlot[],
  part: JsonObject,
  channel: TextChannel,
  onReplace?: () => void,
) => void;

/**
 * Adds the slots of a member that is a text or a list of parts, by what reads each type of part. An
 * unknown kind of part is read whole: what the gateway does not know must not slip past it.
 */
export function addParts(
  slots: TextSlot[],
  holder: JsonObject,
  key: string,
  channel: TextChannel,
  readers: Readonly<Record<string, AddPart>>,
  onReplace?: () => void,
): void {
  const content = holder[key];
  if (!Array.isArray(content)) {
    addLeaves(slots, holder, key, channel, onReplace);
    return;
  }
  for (let at = 0; at < content.length; at += 1) {
    const part = content[at];
    const add = isObject(part) ? lookup(readers, part["type"]) : undefined;
    if (add && isObject(part)) add(slots, part, channel, onReplace);
    else addLeaves(slots, content, at, channel, onReplace);
  }
}

interface Walk {
  slots: TextSlot[];
  channel: TextChannel;
}

/** `write` puts a new value where this one stands. */
function walk(
  to: Walk,
  value: Json | undefined,
  write: (value: Json) => void,
  depth: number,
): void {
  if (typeof value === "string" || typeof value === "number") {
    if (value !== "") to.slots.push({ channel: to.channel, text: String(value), replace: write });
  } else if (typeof value !== "object" || value === null) {
    return;
  } else if (depth >= JSON_DEPTH_MAX) {
    // What lies below the bound is one slot of JSON text: nothing escapes by nesting.
    to.slots.push({ channel: to.channel, text: JSON.stringify(value), replace: write });
  } else if (Array.isArray(value)) {
    value.forEach((item, at) => {
      const writeItem = (replacement: Json) => {
        value[at] = replacement;
        write(value);
      };
      walk(to, item, writeItem, depth + 1);
    });
  } else {
    for (const name of Object.keys(value)) walkMember(to, value, name, write, depth);
  }
}

function walkMember(
  to: Walk,
  object: JsonObject,
  name: string,
  write: (value: Json) => void,
  depth: number,
): void {
  let current = name;
  if (looksLikeData(name)) {
    const replace = (replacement: string) => {
      const value = object[current];
      if (value === undefined || replacement === current) return;
      delete object[current];
      current = replacement;
      // Two names that are replaced alike must not swallow one another's values.
      while (Object.hasOwn(object, current)) current += "_";
      object[current] = value;
      write(object);
    };
    to.slots.push({ channel: to.channel, text: name, replace });
  }
  const writeMember = (replacement: Json) => {
    object[current] = replacement;
    write(object);
  };
  walk(to, object[name], writeMember, depth + 1);
}

/** Member names are schema words as a rule; with digits or an at sign they may carry data. */
function looksLikeData(name: string): boolean {
  for (let at = 0; at < name.length; at += 1) {
    const code = name.charCodeAt(at);
    if (code === 64 || (code >= 48 && code <= 57)) return name.length > 5;
  }
  return false;
}

/** Adds slots for JSON text such as OpenAI's `arguments`: its leaves, or all of it when malformed. */
export function addJsonText(
  slots: TextSlot[],
  holder: JsonObject,
  key: string,
  channel: TextChannel,
  onReplace?: () => void,
): void {
  const text = holder[key];
  if (typeof text !== "string" || text === "") return;
  const root = parseJson(text);
  if (typeof root !== "object" || root === null) {
    addField(slots, holder, key, channel, onReplace);
    return;
  }
  const box: JsonObject = { root };
  addLeaves(slots, box, "root", channel, () => {
    holder[key] = JSON.stringify(box["root"] ?? null);
    onReplace?.();
  });
}

const TEXT_MEDIA_TYPES = ["text/", "application/json", "application/xml", "application/csv"];

/** Whether bytes of this media type are text that a model reads as such. */
export function isTextMedia(mediaType: string): boolean {
  const lower = mediaType.toLowerCase();
  return TEXT_MEDIA_TYPES.some((prefix) => lower.startsWith(prefix));
}

/** Media whose bytes are never read as text, whatever they are. */
const NO_TEXT = /^(?:image\/(?!svg)|audio\/|video\/|font\/|application\/pdf)/i;

/**
 * Adds a slot for a file that a member holds as base64, bare or as a data URL, where its bytes are
 * UTF-8 text. Callers call their texts all kinds of things, so only media that hold none are left out.
 */
export function addFile(
  slots: TextSlot[],
  holder: JsonObject,
  key: string,
  mediaType: string | undefined,
): void {
  const value = holder[key];
  if (typeof value !== "string") return;
  const url = readDataUrl(value);
  if (NO_TEXT.test(url?.mediaType ?? mediaType ?? "")) return;
  const prefix = url?.prefix ?? "";
  const text = decodeBase64Text(value.slice(prefix.length));
  if (text === undefined || text === "") return;
  slots.push({
    channel: "file",
    text,
    replace(replacement) {
      holder[key] = prefix + encodeBase64Text(replacement);
    },
  });
}

/** UTF-8 text out of base64, or undefined when it is neither. */
export function decodeBase64Text(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return undefined;
  }
}

export function encodeBase64Text(text: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The parts of a base64 data URL, or undefined for any other URL. */
export function readDataUrl(
  url: string,
): { mediaType: string; data: string; prefix: string } | undefined {
  if (!url.startsWith("data:")) return undefined;
  const comma = url.indexOf(",");
  const head = comma === -1 ? "" : url.slice(5, comma);
  if (!head.endsWith(";base64")) return undefined;
  const mediaType = head.slice(0, head.indexOf(";"));
  return { mediaType, data: url.slice(comma + 1), prefix: url.slice(0, comma + 1) };
}
