/**
 * Answers that take long, as lines of JSON: how far it is as it goes, then the result. The next line
 * is made when whoever asked has room for it, and nothing more once they are gone.
 */
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
