/** Lines of JSON out of a stream of bytes, as they come. */

/** Yields the value of each line; whoever stops reading ends the stream. */
export async function* linesOf<T>(stream: ReadableStream<Uint8Array>): AsyncGenerator<T> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += decoder.decode(value, { stream: !done });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") yield JSON.parse(line) as T;
      if (done) {
        if (rest.trim() !== "") yield JSON.parse(rest) as T;
        return;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
