/** `POST /policy/what-if`: a draft policy over recorded requests, shard by shard, as lines of JSON. */
import * as z from "zod";
import type { WhatIfFrame, WhatIfQuery } from "#actors/ledger/what-if.ts";
import { checkRules } from "#dlp/program.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { validatePolicy } from "#policy/validate.ts";
import { Draft } from "#projections/what-if/draft.ts";
import type { Books } from "#projections/what-if/one-member.ts";
import { emptyResult, mergeResults, type WhatIfResult } from "#projections/what-if/result.ts";
import type { Rereads } from "#projections/what-if/texts.ts";
import { priceOf } from "#providers/price-book.ts";
import { providerIds } from "#providers/registry.ts";
import { TailParams } from "../books/params.ts";
import { readRequestText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { linesOf, progressAnswer } from "./progress.ts";
import type { Reader, Shard } from "./reader.ts";
import { openRereading, type Rereading } from "./rereading.ts";
import { booksOf, splitFrames } from "./split-what-if.ts";

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
  const books = await booksOf(reader);
  const apart = [...books.keys()];
  const query = { document: checked.document, from, to, sample, apart };
  const rereading =
    asked.data.texts === true ? await openRereading(reader, query, books) : undefined;
  return progressAnswer(framesOf(shards, query, rereading, books));
}

async function* framesOf(
  shards: readonly Shard[],
  query: WhatIfQuery,
  rereading: Rereading | undefined,
  books: Books,
): AsyncGenerator<WhatIfFrame> {
  let result: WhatIfResult = emptyResult();
  let before = 0;
  let since = 0;
  const rereads: Rereads = {};
  const sizes = await Promise.all(shards.map(({ ledger }) => ledger.archiveStatus()));
  const events = sizes.reduce((sum, one) => sum + one.events, 0);
  // What is decided together is read once more.
  const of = books.size === 0 ? events : 2 * events;
  for (const [index, shard] of shards.entries()) {
    const read = rereading && (yield* rereading.shard(shard));
    const asked = read === undefined ? query : { ...query, rereads: read.rereads };
    if (books.size > 0) Object.assign(rereads, read?.rereads);
    for await (const frame of linesOf<WhatIfFrame>(await shard.ledger.whatIf(asked))) {
      if ("result" in frame) {
        const { result: one, since: from = 0 } = frame;
        result = mergeResults(result, read === undefined ? one : { ...one, texts: read.told });
        since = Math.max(since, from);
      } else if ("done" in frame) yield { done: before + frame.done, of };
    }
    before += sizes[index]?.events ?? 0;
  }
  if (books.size > 0) {
    const draft = new Draft(query.document, priceOf, rereads);
    for await (const frame of splitFrames(shards, query, draft, books)) {
      if ("result" in frame) result = mergeResults(result, frame.result);
      else yield { done: before + frame.done, of };
    }
  }
  yield since === 0 ? { result } : { result, since };
}
