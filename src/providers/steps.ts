/** Tap steps that look the same in every dialect. */
import type { StreamSlot, StreamTap, TapStep, TextChannel, WireEvent } from "./types.ts";

const NOTHING: never[] = [];

/** An event without text: passed on as it came. */
export function passStep(event: WireEvent): TapStep {
  return { slots: NOTHING, closes: NOTHING, wire: () => event.raw };
}

/** An event without text that says that the stream is over. */
export function lastStep(event: WireEvent): TapStep {
  const step: TapStep = { ...passStep(event), done: true };
  step.stay = () => {
    step.wire = () => "";
  };
  return step;
}

/**
 * An event that is not what the dialect promises. Its text cannot be scanned, so it is not passed
 * on: whoever pumps the stream ends it with an error.
 */
export function malformedStep(): TapStep {
  return {
    slots: NOTHING,
    closes: NOTHING,
    error: { code: "malformed_stream_event", message: "the provider sent an unreadable event" },
    wire: () => "",
  };
}

/**
 * The replacements of one event. They are made when the event is written, so that a slot may be
 * replaced more than once, and one that ends as it began leaves the event's bytes alone.
 */
export class Edits {
  readonly #pending = new Map<StreamSlot, () => void>();

  get any(): boolean {
    return this.#pending.size > 0;
  }

  slot(
    key: string,
    channel: TextChannel,
    text: string,
    apply: (replacement: string) => void,
  ): StreamSlot {
    const slot: StreamSlot = {
      key,
      channel,
      text,
      replace: (replacement) => {
        if (replacement === text) this.#pending.delete(slot);
        else this.#pending.set(slot, () => apply(replacement));
      },
    };
    return slot;
  }

  apply(): void {
    for (const edit of this.#pending.values()) edit();
  }
}

/**
 * Text that is held back until a key closes belongs behind the text of the event that closes it:
 * when that event has a slot of the key, `delta` puts the text there and writes no event of its own.
 */
export function withTails(tap: StreamTap): StreamTap {
  const tails = new Map<string, { text: string; replace(text: string): void }>();
  return {
    read(event) {
      const step = tap.read(event);
      if (tails.size > 0) tails.clear();
      if (step.closes.length === 0) return step;
      for (const slot of step.slots) {
        if (!step.closes.includes(slot.key)) continue;
        const write = slot.replace.bind(slot);
        const tail = { text: slot.text, replace: write };
        slot.replace = (text) => {
          tail.text = text;
          write(text);
        };
        tails.set(slot.key, tail);
      }
      return step;
    },
    delta(key, text) {
      const tail = tails.get(key);
      if (!tail) return tap.delta(key, text);
      tail.text += text;
      tail.replace(tail.text);
      return "";
    },
    finish: (reason, usage) => tap.finish(reason, usage),
    get dropUsageChunk() {
      return tap.dropUsageChunk;
    },
    set dropUsageChunk(drop) {
      tap.dropUsageChunk = drop;
    },
  };
}
