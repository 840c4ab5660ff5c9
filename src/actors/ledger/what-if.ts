/** What-if over a shard's events, told as it goes: a bounded part a pull, so ingests get their turn. */
import type { EventEnvelope } from "#events/envelope.ts";
import { upcast } from "#events/upcast.ts";
import type { PolicyDocument } from "#policy/document.ts";
import { Draft } from "#projections/what-if/draft.ts";
import type { WhatIfResult } from "#projections/what-if/result.ts";
import { WhatIf } from "#projections/what-if/what-if.ts";
import { priceOf } from "#providers/price-book.ts";
import { whatIfEventsMax } from "./limits.ts";

/** A validated draft, and the time of the decisions to make again: milliseconds, `to` exclusive. */
export interface WhatIfQuery {
  document: PolicyDocument;
  from: number;
  to: number;
}

/** One line: how far it is, or what came of it. */
export type WhatIfFrame = { done: number; of: number } | { result: WhatIfResult };

export function streamWhatIf(
  { document, from, to }: WhatIfQuery,
  runs: AsyncGenerator<EventEnvelope[]>,
  of: number,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const whatIf = new WhatIf(new Draft(document, priceOf), from, to);
  let done = 0;
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const tell = (frame: WhatIfFrame): void =>
        controller.enqueue(encoder.encode(`${JSON.stringify(frame)}\n`));
      const until = done + whatIfEventsMax;
      while (done < until) {
        const run = await runs.next();
        if (run.done === true) {
          tell({ result: whatIf.result });
          return controller.close();
        }
        for (const event of run.value) {
          const read = upcast(event);
          if (read.kind === "known") whatIf.take(read.event);
        }
        done += run.value.length;
      }
      tell({ done, of });
    },
    async cancel() {
      await runs.return(undefined);
    },
  });
}
