/**
 * What the stream encoders of all dialects do alike: they begin once, end once, and write nothing
 * after their end. A stream that is cut ends with an error, never as if it were whole.
 */
import type { StreamPart } from "./chat.ts";
import type { EncoderMeta, StreamEncoder, WireError } from "./types.ts";

/** A part that a dialect has words for. */
export type WrittenPart = Exclude<StreamPart, { type: "response-metadata" | "error" }>;
export type FinishPart = Extract<StreamPart, { type: "finish" }>;

export abstract class PartEncoder implements StreamEncoder {
  protected readonly meta: EncoderMeta;
  /** The model, in its provider's word once there is one. */
  protected model: string;
  #began = false;
  #ended = false;

  constructor(meta: EncoderMeta) {
    this.meta = meta;
    this.model = meta.model;
  }

  push(part: StreamPart): string {
    if (this.#ended) return "";
    if (part.type === "response-metadata") {
      this.model = part.model ?? this.model;
      return "";
    }
    if (part.type === "error") return this.#fail(part.code, part.message);
    const begun = this.#began ? "" : this.begin();
    this.#began = true;
    this.#ended = part.type === "finish";
    return begun + this.write(part);
  }

  end(): string {
    return this.#ended ? "" : this.#fail("stream_cut", "the answer ended before it was whole");
  }

  /** What stands before the first part. */
  protected begin(): string {
    return "";
  }

  /** One part; a `finish` with all that the end needs. */
  protected abstract write(part: WrittenPart): string;

  protected abstract writeError(error: WireError): string;

  #fail(code: string, message: string): string {
    this.#ended = true;
    const { requestId } = this.meta;
    return this.writeError({ status: 502, code, type: "api_error", message, requestId });
  }
}
