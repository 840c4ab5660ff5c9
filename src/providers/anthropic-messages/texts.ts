/** Where text stands in messages bodies, asked and answered. */
import { asObject, isObject, lookup, objectsIn } from "../json.ts";
import { addField, addLeaves } from "../texts.ts";
import type { JsonObject, TextChannel, TextSlot } from "../types.ts";

const CHANNELS: Readonly<Record<string, TextChannel>> = {
  assistant: "assistant",
  system: "system",
};

export function requestTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  addContent(slots, body, "system", "system");
  for (const message of objectsIn(body["messages"])) {
    addContent(slots, message, "content", lookup(CHANNELS, message["role"]) ?? "user");
  }
  return slots;
}

export function responseTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  addContent(slots, body, "content", "assistant");
  return slots;
}

function addContent(
  slots: TextSlot[],
  holder: JsonObject,
  key: string,
  channel: TextChannel,
): void {
  const content = holder[key];
  if (!Array.isArray(content)) {
    addLeaves(slots, holder, key, channel);
    return;
  }
  for (let at = 0; at < content.length; at += 1) {
    const block = content[at];
    const add = isObject(block) ? lookup(BLOCKS, block["type"]) : undefined;
    if (add && isObject(block)) add(slots, block, channel);
    // A kind of block the gateway does not know is read whole: nothing may slip past it.
    else addLeaves(slots, content, at, channel);
  }
}

type AddBlock = (slots: TextSlot[], block: JsonObject, channel: TextChannel) => void;

const BLOCKS: Readonly<Record<string, AddBlock>> = {
  text: (slots, block, channel) => {
    addField(slots, block, "text", channel);
    for (const citation of objectsIn(block["citations"])) {
      addField(slots, citation, "cited_text", channel);
    }
  },
  thinking: (slots, block) => addField(slots, block, "thinking", "reasoning"),
  // Encrypted by its maker: there is nothing to read.
  redacted_thinking: () => {},
  tool_use: (slots, block) => addLeaves(slots, block, "input", "tool-arguments"),
  server_tool_use: (slots, block) => addLeaves(slots, block, "input", "tool-arguments"),
  tool_result: (slots, block) => addContent(slots, block, "content", "tool-results"),
  image: (slots, block, channel) => {
    const source = asObject(block["source"]);
    if (source) addField(slots, source, "url", channel);
  },
  document: (slots, block) => {
    addField(slots, block, "title", "file");
    addField(slots, block, "context", "file");
    const source = asObject(block["source"]);
    if (!source) return;
    addField(slots, source, "url", "file");
    if (source["type"] === "text") addField(slots, source, "data", "file");
    if (source["content"] !== undefined) addContent(slots, source, "content", "file");
  },
};
