/**
 * What several actors of one member recorded, in the order of its time, for a what-if that decides it
 * in one book: the streams of one member may be in any of the shards.
 */
import type { BaseLine } from "#events/base.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import { upcast } from "#events/upcast.ts";
import { HoldBack, type Timed } from "#projections/what-if/in-time.ts";
import { isCounted } from "#projections/what-if/one-member.ts";
import { splitHeldMax, whatIfEventsMax } from "./limits.ts";

/** Streams to tell of, and until when: milliseconds, exclusive. */
export interface SplitEventsQuery {
  streams: readonly string[];
  to: number;
}

/** What of an event a what-if asks for. */
export type SplitEvent = Timed & Pick<EventEnvelope, "type" | "v" | "data">;

/** One line: how many events were read, a stream whose beginning is not kept, or an event. */
export type SplitFrame = { done: number } | { unknown: string } | { event: SplitEvent };

/** Lines of JSON: those of unknown beginnings come first. */
export function streamSplitEvents(
  query: SplitEventsQuery,
  runs: AsyncGenerator<EventEnvelope[]>,
  base?: AsyncIterable<BaseLine>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const frames = framesOf(query, runs, base);
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      let text = "";
      for (;;) {
        const frame = await frames.next();
        if (frame.done !== true) text += `${JSON.stringify(frame.value)}\n`;
        if (frame.done !== true && !("done" in frame.value)) continue;
        if (text !== "") controller.enqueue(encoder.encode(text));
        return frame.done === true ? controller.close() : undefined;
      }
    },
    async cancel() {
      await frames.return(undefined);
    },
  });
}

async function* framesOf(
  { streams, to }: SplitEventsQuery,
  runs: AsyncGenerator<EventEnvelope[]>,
  base: AsyncIterable<BaseLine> | undefined,
): AsyncGenerator<SplitFrame> {
  const asked = new Set(streams);
  try {
    let read = 0;
    for await (const line of base ?? []) {
      if (line.kind === "head") read = line.position;
      if (line.kind === "stream" && asked.has(line.stream)) yield { unknown: line.stream };
    }
    const held = new HoldBack<SplitEvent>(splitHeldMax);
    let told = read;
    for await (const run of runs) {
      for (const event of run) {
        const one = asked.has(event.stream) ? partOf(event, to) : undefined;
        const next = one && held.push(one);
        if (next !== undefined) yield { event: next };
      }
      read += run.length;
      if (read < told + whatIfEventsMax) continue;
      told = read;
      yield { done: read };
    }
    for (let next = held.pop(); next !== undefined; next = held.pop()) yield { event: next };
  } finally {
    await runs.return(undefined);
  }
}

/** Decisions after the time are of no matter; ends are, as they say what a request cost. */
function partOf(event: EventEnvelope, to: number): SplitEvent | undefined {
  if (!isCounted(event.type)) return undefined;
  const known = upcast(event);
  if (known.kind !== "known") return undefined;
  const { stream, seq, at, type, v, data } = known.event;
  const isDecision = type === "RequestAdmitted" || type === "RequestRefused";
  return isDecision && at >= to ? undefined : { stream, seq, at, type, v, data };
}
