/** What-if over a shard's events, told as it goes: a bounded part a pull, so ingests get their turn. */
import type { BaseHead, BaseLine } from "#events/base.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import { upcast } from "#events/upcast.ts";
import type { PolicyDocument } from "#policy/document.ts";
import { stateOf } from "#projections/base/fold.ts";
import { Draft } from "#projections/what-if/draft.ts";
import type { WhatIfResult } from "#projections/what-if/result.ts";
import type { Rereads } from "#projections/what-if/texts.ts";
import { WhatIf } from "#projections/what-if/what-if.ts";
import { priceOf } from "#providers/price-book.ts";
import { whatIfEventsMax } from "./limits.ts";

/** A validated draft, and the time of the decisions to make again: milliseconds, `to` exclusive. */
export interface WhatIfQuery {
  document: PolicyDocument;
  from: number;
  to: number;
  /** How much of the members to take, above 0 and below 1; absent for all. */
  sample?: number;
  /** What the draft's rules found in kept texts, by those who may read them. */
  rereads?: Rereads;
  /** Streams of members who are split: these are decided elsewhere, each member's together. */
  apart?: readonly string[];
}

/**
 * One line: how many texts were read, how far it is, or what came of it, of requests after `since`
 * where old ones are gone.
 */
export type WhatIfFrame =
  | { texts: number }
  | { done: number; of: number }
  | { result: WhatIfResult; since?: number };

export function streamWhatIf(
  { document, from, to, sample = 1, rereads = {}, apart = [] }: WhatIfQuery,
  runs: AsyncGenerator<EventEnvelope[]>,
  of: number,
  base?: AsyncIterable<BaseLine>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const draft = new Draft(document, priceOf, rereads);
  const isApart = new Set(apart);
  let whatIf: WhatIf | undefined;
  let since: number | undefined;
  let done = 0;
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const tell = (frame: WhatIfFrame): void =>
        controller.enqueue(encoder.encode(`${JSON.stringify(frame)}\n`));
      if (whatIf === undefined) {
        const begun = await begin(draft, { from, to, sample }, base);
        ({ whatIf, since } = begun);
        done = begun.position;
      }
      const until = done + whatIfEventsMax;
      while (done < until) {
        const run = await runs.next();
        if (run.done === true) {
          const { result } = whatIf;
          tell(since !== undefined && from <= since ? { result, since } : { result });
          return controller.close();
        }
        for (const event of run.value) {
          if (isApart.has(event.stream) || !whatIf.wants(event)) continue;
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

/** Begins with the books as a base has them, if there is one: what is decided is after it. */
async function begin(
  draft: Draft,
  { from, to, sample }: Required<Pick<WhatIfQuery, "from" | "to" | "sample">>,
  base: AsyncIterable<BaseLine> | undefined,
): Promise<{ whatIf: WhatIf; since?: number; position: number }> {
  if (base === undefined) return { whatIf: new WhatIf(draft, from, to, sample), position: 0 };
  let head: BaseHead | undefined;
  let whatIf = new WhatIf(draft, from, to, sample);
  for await (const line of base) {
    if (line.kind === "head") {
      head = line;
      whatIf = new WhatIf(draft, Math.max(from, line.through + 1), to, sample);
    }
    if (line.kind !== "stream" || head === undefined) continue;
    whatIf.begin(line.stream, stateOf(line, head.stateVersion));
  }
  const { through: since = 0, position = 0 } = head ?? {};
  return { whatIf, since, position };
}
