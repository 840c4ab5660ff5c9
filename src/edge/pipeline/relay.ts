/**
 * Turns a provider's stream events into the caller's, scanned: byte for byte where the dialect is
 * the same and nothing is hidden, through the small union where it is not.
 */
import type { StreamPart } from "#providers/chat.ts";
import type {
  Dialect,
  EncoderMeta,
  StreamSlot,
  StreamTap,
  TextChannel,
  UpstreamDialect,
  WireEvent,
} from "#providers/types.ts";
import { GatewayError } from "../errors.ts";
import type { Screen } from "./screen.ts";
import type { Settlement } from "./settlement.ts";

/** One stream on its way. `text` is what the caller gets; after `over` nothing more follows. */
export interface Relay {
  push(event: WireEvent): string;
  /** The provider's stream is over: what was held back, and a well-formed end. */
  end(): string;
  /** Ends the stream early, in the dialect's own way. */
  finish(reason: "content_filter" | "length"): string;
  /** Text deltas so far: each holds at least one token. */
  readonly deltas: number;
  /** The most deltas whose text is passed on; of those after it nothing leaves. */
  deltasMax: number;
  /** Whether the provider said that its answer is whole. */
  readonly complete: boolean;
}

/** A relay between two dialects, or within one. */
export function openRelay(
  from: UpstreamDialect,
  to: Dialect,
  screen: Screen,
  settlement: Settlement,
  meta: EncoderMeta,
): Relay {
  return from.id === to.id
    ? new SameDialect(to.openTap({ dropUsage: !meta.includeUsage }), screen, settlement)
    : new Crossing(from, to, screen, settlement, meta);
}

function failed(error: { code: string; message: string }): GatewayError {
  return new GatewayError("provider_error", `The provider failed in its stream: ${error.message}`);
}

/**
 * The most tokens that an event may have told: one a byte of its text; where that is not all that was
 * written (a tool's call, a beginning), one a byte of the event.
 */
function tokensMax(slots: readonly StreamSlot[], event: WireEvent): number {
  let bytes = 0;
  for (const { channel, text, repeats } of slots) {
    if (channel === "tool-arguments") return Buffer.byteLength(event.raw);
    if (repeats === undefined) bytes += Buffer.byteLength(text);
  }
  return slots.length === 0 ? Buffer.byteLength(event.raw) : bytes;
}

class SameDialect implements Relay {
  readonly #tap: StreamTap;
  readonly #screen: Screen;
  readonly #settlement: Settlement;
  deltas = 0;
  deltasMax = Infinity;
  complete = false;

  constructor(tap: StreamTap, screen: Screen, settlement: Settlement) {
    this.#tap = tap;
    this.#screen = screen;
    this.#settlement = settlement;
  }

  push(event: WireEvent): string {
    const step = this.#tap.read(event);
    if (step.error !== undefined) throw failed(step.error);
    this.#settlement.hear(tokensMax(step.slots, event));
    for (const slot of step.slots) {
      if (slot.repeats === undefined) this.deltas += 1;
      const text =
        this.deltas > this.deltasMax
          ? ""
          : this.#screen.push(slot.key, slot.channel, slot.text, slot);
      if (text !== slot.text) slot.replace(text);
    }
    let held = "";
    for (const key of step.closes) {
      const text = this.#screen.close(key);
      if (text !== "") held += this.#tap.delta(key, text);
    }
    if (step.usage !== undefined) this.#settlement.usage = step.usage;
    if (step.finish !== undefined) {
      this.#settlement.finish = step.finish;
      // Some hosts leave out their last word; a finish reason makes an answer whole.
      this.complete = true;
    }
    if (step.servedModel !== undefined) this.#settlement.servedModel = step.servedModel;
    if (step.responseId !== undefined) this.#settlement.tokens?.keep(step.responseId, Date.now());
    if (step.done === true) {
      this.complete = true;
      held += this.#rest();
    }
    // What the end of a text shows to be forbidden ends the stream otherwise than its provider did.
    if (this.#screen.blockedBy !== undefined) step.stay?.();
    return held + step.wire();
  }

  end(): string {
    return this.#rest();
  }

  finish(reason: "content_filter" | "length"): string {
    return this.#tap.finish(reason, this.#settlement.usage);
  }

  #rest(): string {
    let held = "";
    for (const key of this.#screen.openKeys) {
      const text = this.#screen.close(key);
      if (text !== "") held += this.#tap.delta(key, text);
    }
    return held;
  }
}

/** The channel of each kind of delta. */
const CHANNELS = {
  "text-delta": "assistant",
  "reasoning-delta": "reasoning",
  "tool-input-delta": "tool-arguments",
} as const satisfies Record<string, TextChannel>;

const JSON_TEXT = { json: true } as const;

/** A delta that carries `text` for a block. */
function deltaPart(type: keyof typeof CHANNELS, id: string, text: string): StreamPart {
  return type === "tool-input-delta" ? { type, id, delta: text } : { type, id, text };
}

class Crossing implements Relay {
  readonly #decoder;
  readonly #encoder;
  readonly #screen: Screen;
  readonly #settlement: Settlement;
  deltas = 0;
  deltasMax = Infinity;
  complete = false;

  constructor(
    from: UpstreamDialect,
    to: Dialect,
    screen: Screen,
    settlement: Settlement,
    meta: EncoderMeta,
  ) {
    this.#decoder = from.openDecoder();
    this.#encoder = to.openEncoder(meta);
    this.#screen = screen;
    this.#settlement = settlement;
  }

  push(event: WireEvent): string {
    const parts = this.#decoder.push(event);
    const isText = parts.some(({ type }) => type === "text-delta" || type === "reasoning-delta");
    if (!isText) this.#settlement.hear(Buffer.byteLength(event.raw));
    return this.#take(parts);
  }

  end(): string {
    return this.#take(this.#decoder.end()) + this.#encoder.end();
  }

  finish(reason: "content_filter" | "length"): string {
    const { usage } = this.#settlement;
    const part: StreamPart = { type: "finish", finish: reason, ...(usage ? { usage } : {}) };
    return this.#encoder.push(part) + this.#encoder.end();
  }

  #take(parts: readonly StreamPart[]): string {
    let out = "";
    for (const part of parts) {
      if (this.#screen.blockedBy !== undefined) return out;
      out += this.#one(part);
    }
    return out;
  }

  #one(part: StreamPart): string {
    if (part.type === "error") throw failed(part);
    if (part.type === "finish") {
      this.complete = true;
      this.#settlement.finish = part.finish;
      if (part.usage !== undefined) this.#settlement.usage = part.usage;
    }
    if (part.type === "response-metadata" && part.model !== undefined) {
      this.#settlement.servedModel = part.model;
    }
    switch (part.type) {
      case "text-delta":
      case "reasoning-delta":
        return this.#delta(part.type, part.id, part.text);
      case "tool-input-delta":
        return this.#delta(part.type, part.id, part.delta);
      case "text-end":
        return this.#held("text-delta", part.id) + this.#encoder.push(part);
      case "reasoning-end":
        return this.#held("reasoning-delta", part.id) + this.#encoder.push(part);
      case "tool-input-end":
        return this.#held("tool-input-delta", part.id) + this.#encoder.push(part);
      case "response-metadata":
      case "text-start":
      case "reasoning-start":
      case "tool-input-start":
      case "finish":
      default:
        return this.#encoder.push(part);
    }
  }

  #delta(type: keyof typeof CHANNELS, id: string, delta: string): string {
    this.deltas += 1;
    if (type !== "tool-input-delta") this.#settlement.hear(Buffer.byteLength(delta));
    if (this.deltas > this.deltasMax) return "";
    const kind = type === "tool-input-delta" ? JSON_TEXT : undefined;
    const text = this.#screen.push(id, CHANNELS[type], delta, kind);
    return text === "" ? "" : this.#encoder.push(deltaPart(type, id, text));
  }

  #held(type: keyof typeof CHANNELS, id: string): string {
    const text = this.#screen.close(id);
    return text === "" ? "" : this.#encoder.push(deltaPart(type, id, text));
  }
}
