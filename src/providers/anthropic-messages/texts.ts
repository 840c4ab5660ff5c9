/** Where text stands in messages bodies, asked and answered. */
import { asObject, asString, lookup, objectsIn } from "../json.ts";
import { addField, addFile, addLeaves, type AddPart, addParts } from "../texts.ts";
import type { JsonObject, TextChannel, TextSlot } from "../types.ts";

const CHANNELS: Readonly<Record<string, TextChannel>> = {
  assistant: "assistant",
  system: "system",
};

export function requestTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  addParts(slots, body, "system", "system", BLOCKS);
  for (const message of objectsIn(body["messages"])) {
    addParts(slots, message, "content", lookup(CHANNELS, message["role"]) ?? "user", BLOCKS);
  }
  return slots;
}

export function responseTexts(body: JsonObject): TextSlot[] {
  const slots: TextSlot[] = [];
  addParts(slots, body, "content", "assistant", BLOCKS);
  return slots;
}

const BLOCKS: Readonly<Record<string, AddPart>> = {
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
  tool_result: (slots, block) => addParts(slots, block, "content", "tool-results", BLOCKS),
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
    else addFile(slots, source, "data", asString(source["media_type"]));
    if (source["content"] !== undefined) addParts(slots, source, "content", "file", BLOCKS);
  },
};
