/**
 * Members who are split, in a what-if: what all of their actors recorded, from every shard, decided in
 * one book a member.
 */
import { userStreams } from "#actors/kit/names.ts";
import type { SplitEvent, SplitFrame } from "#actors/ledger/split-events.ts";
import type { WhatIfQuery } from "#actors/ledger/what-if.ts";
import type { EventEnvelope } from "#events/envelope.ts";
import type { Draft } from "#projections/what-if/draft.ts";
import { mergeInTime } from "#projections/what-if/in-time.ts";
import type { Books } from "#projections/what-if/one-member.ts";
import type { WhatIfResult } from "#projections/what-if/result.ts";
import { WhatIf } from "#projections/what-if/what-if.ts";
import { currentPolicy } from "../policy-cache.ts";
import { linesOf } from "./progress.ts";
import type { Reader, Shard } from "./reader.ts";

/** Events between two words about the progress. */
const toldEvery = 1_000;

/** The streams of everybody who was ever split: the book of each is named after the first. */
export async function booksOf({ c, principal }: Reader): Promise<Books> {
  const { organisation } = principal;
  const policy = await currentPolicy(c.env, c.executionCtx, organisation);
  const books = new Map<string, string>();
  for (const [member, { most }] of Object.entries(policy.snapshot.splits ?? {})) {
    const streams = userStreams(c.env.TALLYGATE_SECRET, organisation, member, most);
    for (const stream of streams) books.set(stream, streams[0] ?? stream);
  }
  return books;
}

/** How many events were read, then what came of it. */
export async function* splitFrames(
  shards: readonly Shard[],
  { from, to, sample = 1 }: WhatIfQuery,
  draft: Draft,
  books: Books,
): AsyncGenerator<{ done: number } | { result: WhatIfResult }> {
  const whatIf = new WhatIf(draft, from, to, sample, books);
  const done = shards.map(() => 0);
  const sources = await Promise.all(
    shards.map(async ({ ledger }, index) => {
      const lines = linesOf<SplitFrame>(
        await ledger.splitEvents({ streams: [...books.keys()], to }),
      );
      const begun = await beginningsOf(lines, (stream) => whatIf.begin(stream, undefined));
      return eventsOf(begun, lines, (read) => void (done[index] = read));
    }),
  );
  let taken = 0;
  for await (const part of mergeInTime(sources)) {
    const event = part as unknown as EventEnvelope;
    if (whatIf.wants(event)) whatIf.take(event);
    taken += 1;
    if (taken % toldEvery === 0) yield { done: done.reduce((sum, read) => sum + read, 0) };
  }
  yield { result: whatIf.result };
}

/** Reads the streams whose beginning is not kept, which come first; answers the frame after them. */
async function beginningsOf(
  lines: AsyncGenerator<SplitFrame>,
  onUnknown: (stream: string) => void,
): Promise<SplitFrame | undefined> {
  for (;;) {
    const frame = await lines.next();
    if (frame.done === true) return undefined;
    if (!("unknown" in frame.value)) return frame.value;
    onUnknown(frame.value.unknown);
  }
}

async function* eventsOf(
  first: SplitFrame | undefined,
  lines: AsyncGenerator<SplitFrame>,
  onRead: (events: number) => void,
): AsyncGenerator<SplitEvent> {
  try {
    for (let frame = first; frame !== undefined; frame = await valueOf(lines)) {
      if ("event" in frame) yield frame.event;
      else if ("done" in frame) onRead(frame.done);
    }
  } finally {
    await lines.return(undefined);
  }
}

async function valueOf(lines: AsyncGenerator<SplitFrame>): Promise<SplitFrame | undefined> {
  const { done, value } = await lines.next();
  return done === true ? undefined : value;
}
