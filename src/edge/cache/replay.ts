/** A kept stream as a stream again: event by event, faster than it came but never all at once. */
import { replayStepMs, replayStepsMax } from "./limits.ts";

const ENDS = { "text/event-stream": "\n\n", "application/x-ndjson": "\n" } as const;

/** The body of a kept answer; `done` is to be waited for. Whole where it was no stream. */
export function replay(
  body: string,
  contentType: string,
): { body: string | ReadableStream; done: Promise<void> } {
  const end = Object.entries(ENDS).find(([type]) => contentType.startsWith(type))?.[1];
  if (end === undefined) return { body, done: Promise.resolve() };
  const { readable, writable } = new IdentityTransformStream();
  // A caller who leaves ends it.
  const done = write(stepsOf(body, end), writable.getWriter()).catch(() => undefined);
  return { body: readable, done };
}

/** The events, a few a step where there are many. */
export function stepsOf(body: string, end: string): string[] {
  const events = body.split(end).map((event, index, all) =>
    // What follows the last end is no event.
    index < all.length - 1 ? event + end : event,
  );
  if (events.at(-1) === "") events.pop();
  const perStep = Math.ceil(events.length / replayStepsMax);
  const steps: string[] = [];
  for (let at = 0; at < events.length; at += perStep) {
    steps.push(events.slice(at, at + perStep).join(""));
  }
  return steps;
}

async function write(steps: string[], writer: WritableStreamDefaultWriter): Promise<void> {
  const encoder = new TextEncoder();
  for (const [index, step] of steps.entries()) {
    if (index > 0) await scheduler.wait(replayStepMs);
    await writer.write(encoder.encode(step));
  }
  await writer.close();
}
