/**
 * `POST /policy/price-effect`: what a corrected price would make of settled calls, told before it is
 * ordered. Every principal's own actor runs the correction dry; nothing is written.
 */
import * as z from "zod";
import type { CorrectCostsCommand, CorrectCostsReply, CostChange } from "#actors/user/commands.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { Price } from "#policy/document.ts";
import { priceOf } from "#policy/price.ts";
import { askActor } from "../actors.ts";
import { readRequestText } from "../body.ts";
import { TailParams } from "../books/params.ts";
import { GatewayError } from "../errors.ts";
import { progressAnswer } from "./progress.ts";
import type { Reader } from "./reader.ts";

const bodyBytesMax = 8_192;
/** Actors asked at once: the runtime lets one invocation have six connections. */
const lanes = 6;
/** Streams asked for at once. */
const streamsPage = 1_000;

/** A correction as it would be ordered; times as filters take them. */
export const PriceEffectAsked = z.strictObject({
  model: z.string().min(1).max(300),
  provider: z.string().min(1).max(64).optional(),
  from: TailParams.shape.from.unwrap(),
  to: TailParams.shape.to.unwrap(),
  price: Price,
});

/** A line of the answer: principals so far, then the sum of all. */
export type PriceEffectFrame =
  | { done: number; of: number }
  | { result: CostChange & { principals: number } };

/** `{done, of}` as it goes, in principals, then `{result}`. */
export async function priceEffect(reader: Reader): Promise<Response> {
  const text = await readRequestText(reader.c.req.raw, bodyBytesMax);
  const asked = PriceEffectAsked.safeParse(tryParseJson(text));
  if (!asked.success || asked.data.from >= asked.data.to) {
    throw new GatewayError(
      "invalid_request",
      "Send {model, provider, from, to, price}: a price in dollars, and times as text, the first before the second.",
    );
  }
  const { price, ...terms } = asked.data;
  // No order has this number: a dry run only reads.
  const order = { order: Number.MAX_SAFE_INTEGER, ...terms, price: priceOf(price) };
  return progressAnswer(framesOf(reader, { order, dry: true }));
}

async function* framesOf(
  reader: Reader,
  command: CorrectCostsCommand,
): AsyncGenerator<PriceEffectFrame> {
  const streams = await streamsOf(reader);
  const of = streams.length;
  const result = { principals: 0, requests: 0, oldNanos: 0, newNanos: 0 };
  for (let done = 0; done < of; done += lanes) {
    yield { done, of };
    const part = streams.slice(done, done + lanes);
    const changes = await Promise.all(part.map((stream) => changeOf(reader, stream, command)));
    for (const { requests, oldNanos, newNanos } of changes) {
      if (requests === 0) continue;
      result.principals += 1;
      result.requests += requests;
      result.oldNanos += oldNanos;
      result.newNanos += newNanos;
    }
  }
  yield { result };
}

async function changeOf(
  { c }: Reader,
  stream: string,
  asked: CorrectCostsCommand,
): Promise<CostChange> {
  const command = { ...asked };
  for (;;) {
    const reply = await askActor(
      () => c.env.USERS.getByName(stream).correctCosts(command) as Promise<CorrectCostsReply>,
    );
    if (reply.done) return reply;
    command.cursor = reply.cursor;
  }
}

/** Everybody whose calls the books have. */
async function streamsOf({ shards }: Reader): Promise<string[]> {
  const streams: string[] = [];
  for (const { ledger } of shards) {
    for (let after = ""; ;) {
      const page = await ledger.principals({ after, limit: streamsPage });
      streams.push(...page);
      if (page.length < streamsPage) break;
      after = page.at(-1) ?? "";
    }
  }
  return streams;
}
