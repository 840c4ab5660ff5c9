/**
 * Watches a messages stream that stays what it is. Pings and the like are not parsed; the exact
 * bytes go on unless a slot was replaced.
 */
import type { Usage } from "#events/money.ts";
import { asObject, asString, isObject, parseObject } from "../json.ts";
import { Edits, lastStep, malformedStep, passStep, withTails } from "../steps.ts";
import { addLeaves } from "../texts.ts";
import type {
  Json,
  JsonObject,
  StreamSlot,
  StreamTap,
  TapStep,
  TextChannel,
  TextSlot,
  WireEvent,
} from "../types.ts";
import { sseText } from "../wire.ts";
import { readFinish, writeFinish } from "./response.ts";
import { mergeUsage, readUsage, writeUsage } from "./usage.ts";

/** Which member of a delta holds text, and in which channel it stands. */
interface DeltaKind {
  member: string;
  channel: TextChannel;
}

const DELTAS: Readonly<Record<string, DeltaKind>> = {
  text_delta: { member: "text", channel: "assistant" },
  thinking_delta: { member: "thinking", channel: "reasoning" },
  input_json_delta: { member: "partial_json", channel: "tool-arguments" },
};

/** The delta type that carries the text of a block's first event. */
const STARTS: Readonly<Record<string, { member: string; delta: string }>> = {
  text: { member: "text", delta: "text_delta" },
  thinking: { member: "thinking", delta: "thinking_delta" },
};

/** Blocks whose text, if any, comes in deltas. */
const DELTA_BLOCKS = new Set([
  "text",
  "thinking",
  "redacted_thinking",
  "tool_use",
  "server_tool_use",
]);

export function openTap(): StreamTap {
  return withTails(new AnthropicTap());
}

class AnthropicTap implements StreamTap {
  dropUsageChunk = false;
  #began = false;
  #usage: JsonObject = {};
  /** Open blocks by index, each with the keys of the deltas seen. */
  readonly #open = new Map<number, Set<string>>();

  read(event: WireEvent): TapStep {
    if (event.data === "" || event.event === "ping") return passStep(event);
    const body = parseObject(event.data);
    if (!body) return malformedStep();
    const type = asString(body["type"]) ?? event.event ?? "";
    switch (type) {
      case "content_block_delta":
        return this.#readDelta(event, body);
      case "content_block_start":
        return this.#readStart(event, body);
      case "content_block_stop":
        return { ...passStep(event), closes: this.#close(indexOf(body)) };
      case "message_start":
        return this.#readMessage(event, asObject(body["message"]) ?? {});
      case "message_delta":
        return this.#readEnd(event, body);
      case "message_stop":
        return { ...lastStep(event), closes: this.#closeAll() };
      case "error":
        return { ...passStep(event), error: readError(body) };
      default:
        return passStep(event);
    }
  }

  #readMessage(event: WireEvent, message: JsonObject): TapStep {
    this.#began = true;
    this.#usage = mergeUsage(this.#usage, message["usage"]);
    const step: TapStep = passStep(event);
    const usage = readUsage(this.#usage);
    if (usage) step.usage = usage;
    if (typeof message["model"] === "string") step.servedModel = message["model"];
    if (typeof message["id"] === "string") step.responseId = message["id"];
    return step;
  }

  #readStart(event: WireEvent, body: JsonObject): TapStep {
    const index = indexOf(body);
    this.#open.set(index, new Set());
    const block = asObject(body["content_block"]);
    if (!block) return passStep(event);
    const type = asString(block["type"]) ?? "";
    const start = Object.hasOwn(STARTS, type) ? STARTS[type] : undefined;
    const kind = start && DELTAS[start.delta];
    if (start && kind && block[start.member] !== "") {
      return this.#textStep(event, body, block, `${index}:${start.delta}`, kind, start.member);
    }
    const isWhole = !DELTA_BLOCKS.has(type);
    const hasInput = isObject(block["input"]) && Object.keys(block["input"]).length > 0;
    return isWhole || hasInput ? wholeStep(event, body, block, index, hasInput) : passStep(event);
  }

  #readDelta(event: WireEvent, body: JsonObject): TapStep {
    const delta = asObject(body["delta"]);
    const type = asString(delta?.["type"]) ?? "";
    const kind = Object.hasOwn(DELTAS, type) ? DELTAS[type] : undefined;
    if (!delta || !kind) return passStep(event);
    const key = `${indexOf(body)}:${type}`;
    return this.#textStep(event, body, delta, key, kind, kind.member);
  }

  #textStep(
    event: WireEvent,
    body: JsonObject,
    holder: JsonObject,
    key: string,
    kind: DeltaKind,
    member: string,
  ): TapStep {
    const text = holder[member];
    if (typeof text !== "string" || text === "") return passStep(event);
    this.#open.get(indexOf(body))?.add(key);
    let replaced: string | undefined;
    const slot: StreamSlot = {
      key,
      channel: kind.channel,
      text,
      replace(replacement) {
        replaced = replacement === text ? undefined : replacement;
      },
    };
    if (kind.channel === "tool-arguments") slot.json = true;
    const isDelta = body["delta"] === holder;
    return {
      slots: [slot],
      closes: [],
      wire() {
        if (replaced === undefined) return event.raw;
        if (replaced === "" && isDelta) return "";
        holder[member] = replaced;
        return sseText(JSON.stringify(body), event.event);
      },
    };
  }

  #readEnd(event: WireEvent, body: JsonObject): TapStep {
    this.#usage = mergeUsage(this.#usage, body["usage"]);
    const step: TapStep = { ...passStep(event), closes: this.#closeAll() };
    step.stay = () => {
      step.wire = () => "";
    };
    const usage = readUsage(this.#usage);
    if (usage) step.usage = usage;
    const finish = readFinish(asObject(body["delta"])?.["stop_reason"]);
    if (finish) step.finish = finish;
    return step;
  }

  #close(index: number): string[] {
    const keys = [...(this.#open.get(index) ?? [])];
    this.#open.delete(index);
    return keys;
  }

  #closeAll(): string[] {
    return [...this.#open.keys()].flatMap((index) => this.#close(index));
  }

  delta(key: string, text: string): string {
    const [index, type = "text_delta"] = key.split(":");
    const member = DELTAS[type]?.member ?? "text";
    return write("content_block_delta", { index: Number(index), delta: { type, [member]: text } });
  }

  finish(reason: "content_filter" | "length", usage: Usage | undefined): string {
    let text = this.#began ? "" : write("message_start", { message: EMPTY_MESSAGE });
    for (const index of this.#open.keys()) text += write("content_block_stop", { index });
    this.#open.clear();
    const totals = usage ?? readUsage(this.#usage) ?? { inputTokens: 0, outputTokens: 0 };
    text += write("message_delta", {
      delta: { stop_reason: writeFinish(reason), stop_sequence: null },
      usage: writeUsage(totals),
    });
    return text + write("message_stop", {});
  }
}

const EMPTY_MESSAGE: JsonObject = {
  id: "",
  type: "message",
  role: "assistant",
  model: "",
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 0, output_tokens: 0 },
};

function write(type: string, members: JsonObject): string {
  return sseText(JSON.stringify({ type, ...members }), type);
}

function indexOf(body: JsonObject): number {
  return typeof body["index"] === "number" ? body["index"] : 0;
}

/**
 * A block that is whole in its first event, such as the result of a tool the provider ran itself:
 * its texts begin and end here, so each key closes at once.
 */
function wholeStep(
  event: WireEvent,
  body: JsonObject,
  block: JsonObject,
  index: number,
  isInput: boolean,
): TapStep {
  const edits = new Edits();
  const found: TextSlot[] = [];
  const channel = isInput ? "tool-arguments" : "tool-results";
  for (const name of isInput ? ["input"] : contentMembers(block)) {
    addLeaves(found, block, name, channel);
  }
  const slots = found.map((slot, at) =>
    edits.slot(`${index}:whole:${at}`, slot.channel, slot.text, (text) => slot.replace(text)),
  );
  return {
    slots,
    closes: slots.map((slot) => slot.key),
    wire() {
      if (!edits.any) return event.raw;
      edits.apply();
      return sseText(JSON.stringify(body), event.event);
    },
  };
}

function contentMembers(block: JsonObject): string[] {
  return Object.keys(block).filter((name) => name !== "type" && name !== "tool_use_id");
}

function readError(body: JsonObject): { code: string; message: string } {
  const error: Json | undefined = asObject(body["error"]);
  return {
    code: asString(error?.["type"]) ?? "provider_error",
    message: asString(error?.["message"]) ?? "the provider reported an error",
  };
}
