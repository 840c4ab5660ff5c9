/** A provider's stream whose first bytes were read before its caller was answered. */
import { openFrames } from "#providers/frames.ts";
import type { Framing, UpstreamDialect } from "#providers/types.ts";

export interface OpenedStream {
  reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What came first; undefined where nothing came at all. */
  first: Uint8Array | undefined;
}

/** Waits for the first bytes; throws when the stream breaks before. */
export async function openStream(response: Response): Promise<OpenedStream> {
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  if (reader === undefined) throw new Error("a stream without a body");
  const { done, value } = await reader.read();
  if (done) throw new Error("a stream that ended before it began");
  return { reader, first: value };
}

/** The error that a stream begins with, where it begins with one. */
export function errorOf(
  { first }: OpenedStream,
  { dialect, framing }: { dialect: UpstreamDialect; framing: Framing },
): { message: string } | undefined {
  if (first === undefined) return undefined;
  const decoder = dialect.openDecoder();
  for (const event of openFrames(framing).push(first)) {
    for (const part of decoder.push(event)) {
      if (part.type === "error") return part;
    }
  }
  return undefined;
}
