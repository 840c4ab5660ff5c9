/** Tap steps that look the same in every dialect. */
import type { TapStep, WireEvent } from "./types.ts";

const NOTHING: never[] = [];

/** An event without text: passed on as it came. */
export function passStep(event: WireEvent): TapStep {
  return { slots: NOTHING, closes: NOTHING, wire: () => event.raw };
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
