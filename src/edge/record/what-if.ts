/** `POST /policy/what-if`: a draft policy over recorded requests, shard by shard, as lines of JSON. */
import * as z from "zod";
import type { WhatIfFrame, WhatIfQuery } from "#actors/ledger/what-if.ts";
import { checkRules } from "#dlp/program.ts";
import { parseJson, tryParseJson } from "#events/parse-json.ts";
import { validatePolicy } from "#policy/validate.ts";
import { emptyResult, mergeResults, type WhatIfResult } from "#projections/what-if/result.ts";
import { priceOf } from "#providers/price-book.ts";
import { providerIds } from "#providers/registry.ts";
import { TailParams } from "../books/params.ts";
import { readRequestText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { progressAnswer } from "./progress.ts";
import type { Reader, Shard } from "./reader.ts";
import { openRereading, type Rereading } from "./rereading.ts";

const draftBytesMax = 2 * 1024 * 1024;

/** What is asked. */
export const WhatIfAsked = z.strictObject({
  document: z.record(z.string(), z.unknown()),
  from: TailParams.shape.from,
  to: TailParams.shape.to,
  sample: z.number().min(0.0001).max(1).exactOptional(),
  /** Reads kept texts again under the draft's data rules. */
  texts: z.boolean().exactOptional(),
});

/**
 * `{texts}` and `{done, of}` as it goes, for all shards together, then `{result}`, with `since` where
 * it begins later than was asked because what was before is not kept.
 */
export async function whatIf(reader: Reader): Promise<Response> {
  const { c, shards } = reader;
  const asked = WhatIfAsked.safeParse(
    tryParseJson(await readRequestText(c.req.raw, draftBytesMax)),
  );
  if (!asked.success) {
    throw new GatewayError(
      "invalid_request",
      "Send {document, from, to, sample, texts}: a policy, times as text, a share from 0.0001 to 1, true to read kept texts again.",
    );
  }
  const checked = validatePolicy(asked.data.document, {
    providerKinds: new Set(providerIds()),
    checkDlpRules: checkRules,
    bookPrice: priceOf,
    allowPrivate: c.env.TALLYGATE_ALLOW_PRIVATE === "1",
  });
  if (!checked.ok) {
    const { problems } = checked;
    throw new GatewayError("invalid_request", "The draft is not a valid policy.", { problems });
  }
  const { from = 0, to = Number.MAX_SAFE_INTEGER, sample = 1 } = asked.data;
  const query = { document: checked.document, from, to, sample };
  const rereading = asked.data.texts === true ? await openRereading(reader, query) : undefined;
  return progressAnswer(framesOf(shards, query, rereading));
}

async function* framesOf(
  shards: readonly Shard[],
  query: WhatIfQuery,
  rereading: Rereading | undefined,
): AsyncGenerator<WhatIfFrame> {
  let result: WhatIfResult = emptyResult();
  let before = 0;
  let since = 0;
  const sizes = await Promise.all(shards.map(({ ledger }) => ledger.archiveStatus()));
  const of = sizes.reduce((sum, { events }) => sum + events, 0);
  for (const [index, shard] of shards.entries()) {
    const read = rereading && (yield* rereading.shard(shard));
    const asked = read === undefined ? query : { ...query, rereads: read.rereads };
    for await (const frame of linesOf(await shard.ledger.whatIf(asked))) {
      if ("result" in frame) {
        const { result: one, since: from = 0 } = frame;
        result = mergeResults(result, read === undefined ? one : { ...one, texts: read.told });
        since = Math.max(since, from);
      } else if ("done" in frame) yield { done: before + frame.done, of };
    }
    before += sizes[index]?.events ?? 0;
  }
  yield since === 0 ? { result } : { result, since };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<WhatIfFrame> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += decoder.decode(value, { stream: !done });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield parseJson(line) as WhatIfFrame;
      if (done) return;
    }
  } finally {
    // Whoever stops reading stops the work.
    await reader.cancel().catch(() => {});
  }
}
