/** The text deltas of one chat completions chunk, and the chunk that carries a given delta. */
import { isObject } from "../json.ts";
import type { Json, JsonObject, TextChannel } from "../types.ts";

/** A string member of a chunk that holds a text delta. */
export interface DeltaField {
  key: string;
  channel: TextChannel;
  holder: JsonObject;
  member: string;
  /** The text is JSON as it is written. */
  json?: true;
}

const PLAIN_FIELDS: readonly [string, TextChannel][] = [
  ["content", "assistant"],
  ["refusal", "assistant"],
  ["reasoning_content", "reasoning"],
  ["reasoning", "reasoning"],
];

/**
 * Appends the text deltas of one choice's delta; keys are `choice:field` and `choice:tool:` with
 * what `callName` says of a tool call.
 */
export function findDeltas(
  found: DeltaField[],
  choice: number,
  delta: JsonObject,
  callName: (call: JsonObject) => string,
): void {
  for (const [member, channel] of PLAIN_FIELDS) {
    const value = delta[member];
    if (typeof value === "string") {
      if (value !== "") found.push({ key: `${choice}:${member}`, channel, holder: delta, member });
    } else if (typeof value === "object" && value !== null) {
      findNested(found, `${choice}:${member}`, channel, value);
    }
  }
  const details = delta["reasoning_details"];
  if (details !== undefined) findNested(found, `${choice}:reasoning_details`, "reasoning", details);
  const calls = delta["tool_calls"];
  if (Array.isArray(calls)) for (const call of calls) findCall(found, choice, call, callName);
  const legacy = delta["function_call"];
  if (isObject(legacy)) findArguments(found, `${choice}:function_call`, legacy);
}

function findCall(
  found: DeltaField[],
  choice: number,
  call: Json,
  callName: (call: JsonObject) => string,
): void {
  if (!isObject(call)) return;
  const key = `${choice}:tool:${callName(call)}`;
  if (isObject(call["function"])) findArguments(found, key, call["function"]);
  const custom = call["custom"];
  if (isObject(custom) && typeof custom["input"] === "string") {
    found.push({
      key: `${key}:custom`,
      channel: "tool-arguments",
      holder: custom,
      member: "input",
    });
  }
}

function findArguments(found: DeltaField[], key: string, holder: JsonObject): void {
  if (typeof holder["arguments"] !== "string" || holder["arguments"] === "") return;
  found.push({ key, channel: "tool-arguments", holder, member: "arguments", json: true });
}

/** Lists of parts, as some hosts stream thinking: every `text`, `summary` or `thinking` inside. */
function findNested(found: DeltaField[], key: string, channel: TextChannel, value: Json): void {
  if (Array.isArray(value)) {
    for (const item of value) findNested(found, key, channel, item);
  } else if (isObject(value)) {
    for (const member of ["text", "summary", "thinking"]) {
      const inner = value[member];
      if (typeof inner === "string" && inner !== "") {
        found.push({ key, channel, holder: value, member });
      } else if (inner !== undefined) {
        findNested(found, key, channel, inner);
      }
    }
  }
}

/** The `delta` object that carries `text` for a key that `findDeltas` gave out. */
export function deltaFor(key: string, text: string): { choice: number; delta: JsonObject } {
  const [choice, field = "content", index] = key.split(":");
  const make = Object.hasOwn(MAKERS, field) ? MAKERS[field] : undefined;
  const delta = make ? make(text, Number(index ?? 0), key) : { [field]: text };
  return { choice: Number(choice), delta };
}

type MakeDelta = (text: string, index: number, key: string) => JsonObject;

const MAKERS: Readonly<Record<string, MakeDelta>> = {
  tool: (text, index, key) => ({
    tool_calls: [
      key.endsWith(":custom")
        ? { index, custom: { input: text } }
        : { index, function: { arguments: text } },
    ],
  }),
  function_call: (text) => ({ function_call: { arguments: text } }),
  reasoning_details: (text) => ({ reasoning_details: [{ type: "reasoning.text", text }] }),
};
