/**
 * Answers that take long, as lines of JSON: how far it is as it goes, then the result. The next line
 * is made when whoever asked has room for it, and nothing more once they are gone.
 */
import { parseJson } from "#events/parse-json.ts";

export function progressAnswer(frames: AsyncGenerator<object>): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const frame = await frames.next();
      if (frame.done === true) return controller.close();
      controller.enqueue(encoder.encode(`${JSON.stringify(frame.value)}\n`));
    },
    async cancel() {
      await frames.return(undefined);
    },
  });
  return new Response(body, { headers: { "content-type": "application/x-ndjson" } });
}

/** The lines of JSON that an actor streams, each read. */
export async function* linesOf<Line>(stream: ReadableStream<Uint8Array>): AsyncGenerator<Line> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += decoder.decode(value, { stream: !done });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield parseJson(line) as Line;
      if (done) return;
    }
  } finally {
    // Whoever stops reading stops the work.
    await reader.cancel().catch(() => {});
  }
}
