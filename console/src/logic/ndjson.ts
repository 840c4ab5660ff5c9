/** Lines of JSON out of a stream of bytes, as they come. */

/** Yields the value of each line; whoever stops reading ends the stream. */
export async function* linesOf<T>(stream: ReadableStream<Uint8Array>): AsyncGenerator<T> {
  for await (const line of textLinesOf(stream)) {
    if (line.trim() !== "") yield JSON.parse(line) as T;
  }
}

/** Yields each line as it is written, the last one also without its line break. */
export async function* textLinesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += decoder.decode(value, { stream: !done });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
      if (done) {
        if (rest !== "") yield rest;
        return;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
