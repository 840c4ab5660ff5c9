/** Cuts the bytes of a stream into its events, whatever its framing. */
import { openAwsEvents } from "./aws-eventstream.ts";
import type { Framing, WireEvent } from "./types.ts";
import { openSplitter } from "./wire.ts";

export interface Frames {
  push(chunk: Uint8Array): WireEvent[];
  /** The rest, when a stream ends without its last terminator. */
  end(): WireEvent[];
}

/** Opens a reader for one stream; `end()` once, after the last push. Throws `WireLimitError`. */
export function openFrames(framing: Framing): Frames {
  if (framing === "aws-eventstream") {
    // A message that did not come whole says nothing: the stream is cut.
    return { ...openAwsEvents(), end: () => [] };
  }
  const decoder = new TextDecoder();
  const splitter = openSplitter(framing);
  return {
    push: (chunk) => splitter.push(decoder.decode(chunk, { stream: true })),
    end: () => [...splitter.push(decoder.decode()), ...splitter.end()],
  };
}
