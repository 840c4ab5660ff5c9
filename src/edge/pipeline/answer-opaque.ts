/**
 * The answer of a call that the gateway does not look into. With rules for answers, whatever is text
 * is read whole and scanned; pictures, recordings and the like are passed on as they come. Addresses
 * in an answer where it goes on become the gateway's, and what it started is booked by its run time.
 */
import type { Env } from "#actors/kit/env.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { asString, isObject } from "#providers/json.ts";
import { providerOf, upstreamOf } from "#providers/registry.ts";
import type { Json, JsonObject, TextSlot } from "#providers/types.ts";
import { sealTicket } from "../auth/ticket.ts";
import { readText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { answerBytesMax, opaqueAnswerBytesMax } from "../limits.ts";
import { blocked } from "./answer-json.ts";
import type { Answered } from "./call.ts";
import { inspectTexts, restoreTexts } from "./inspect.ts";
import { joinedTexts } from "./pieces.ts";
import type { Call, Plan } from "./plan.ts";
import type { Settlement } from "./settlement.ts";

export interface OpaqueAnswer {
  status: number;
  headers: Record<string, string>;
  body: BodyInit | null;
  /** Settles the books once the answer is over. */
  done: Promise<void>;
}

/** Types in which nothing can be read. */
const BINARY = /^(?:image|audio|video|font)\//;

/** Answers; throws `dlp_blocked` and `provider_error`. */
export async function answerOpaque(
  env: Env,
  request: Request,
  call: Call,
  answered: Answered,
  plan: Plan,
  settlement: Settlement,
): Promise<OpaqueAnswer> {
  const { response } = answered;
  const type = response.headers.get("content-type") ?? "application/octet-stream";
  const headers: Record<string, string> = { "content-type": type };
  settlement.usage = { inputTokens: 0, outputTokens: 0 };
  settlement.firstByteAt = Date.now();
  const { status } = response;
  const book = (outcome: "completed" | "aborted" | "failed"): Promise<void> =>
    settlement.book(env, outcome, outcome === "aborted" ? 499 : status, Date.now(), call.startedAt);
  if (response.body === null) return { status, headers, body: null, done: book("completed") };
  const looked = plan.policy.dlp.watches("answer") || (plan.vault?.size ?? 0) > 0;
  const provider = providerOf(answered.candidate);
  const relinked = provider?.relink !== undefined && type.startsWith("application/json");
  if (relinked || (looked && !BINARY.test(type))) {
    const text = await readWhole(answered);
    const ran = runOf(answered, text, settlement);
    if (!looked) settlement.shadow?.unseen();
    let body = looked ? scanned(text, call, plan, settlement) : text;
    if (relinked) body = relink(env, request, call, answered, body);
    settlement.addAnswer(body);
    // Not before it is scanned: what is blocked is booked as that, by who keeps the runtime waiting.
    return { status, headers, body, done: ran.then(() => book("completed")) };
  }
  settlement.shadow?.unseen();
  const { readable, writable } = new IdentityTransformStream();
  const done = pass(response.body, writable)
    .then(() => book("completed"))
    .catch(() => {
      answered.abort.abort();
      return book(request.signal.aborted ? "aborted" : "failed");
    });
  return { status, headers, body: readable, done };
}

async function readWhole(answered: Answered): Promise<string> {
  const text = await readText(answered.response, answerBytesMax).catch(() => undefined);
  if (text === undefined) {
    throw new GatewayError(
      "provider_error",
      `${answered.candidate.provider} broke off its answer, or it is over ${answerBytesMax} bytes and cannot be scanned.`,
    );
  }
  return text;
}

/**
 * Notes how long what an answer started has run: before this returns where it is over, so that an
 * answer that is kept back is booked by it too; else once it is over.
 */
async function runOf(
  { untilOver, candidate }: Answered,
  text: string,
  settlement: Settlement,
): Promise<void> {
  const provider = providerOf(candidate);
  if (untilOver === undefined || provider === undefined) return;
  const dialect = upstreamOf(provider.dialect);
  let { usage } = dialect.responseMeta((tryParseJson(text) ?? null) as Json);
  if (usage === undefined) {
    const over = await untilOver(new Response(text))
      .then((response) => response.json<Json>())
      .catch(() => null);
    ({ usage } = dialect.responseMeta(over));
  }
  if (usage !== undefined) settlement.usage = usage;
}

/** What stands in an address before what a provider calls its own. */
const BASE = /^(.*?\/)(?:models|deployments|predictions)(?:\/|$)/;

function relink(
  env: Env,
  request: Request,
  { principal, asked, startedAt }: Call,
  { candidate, baseUrl }: Answered,
  text: string,
): string {
  const answer = tryParseJson(text) as Json | undefined;
  const [, path] = BASE.exec(asked.wire.path) ?? [];
  if (!isObject(answer) || path === undefined) return text;
  const base = new URL(path, request.url).href;
  const keyFor = (url: string): string =>
    sealTicket(env.TALLYGATE_SECRET, principal, new URL(url).pathname, startedAt);
  providerOf(candidate)?.relink?.(answer, { baseUrl, base, keyFor });
  return JSON.stringify(answer);
}

function scanned(text: string, call: Call, plan: Plan, settlement: Settlement): string {
  const parsed = tryParseJson(text) as Json | undefined;
  // What is no JSON object (lists of lines, transcripts) is scanned as the one text that it is.
  const holder: JsonObject = isObject(parsed) ? parsed : { text };
  const { endpoint } = call.asked;
  const texts = (): TextSlot[] => joinedTexts(holder, (answer) => endpoint.answerTexts(answer));
  settlement.shadow?.whole(texts());
  const inspection = inspectTexts(plan.policy.dlp, texts(), "answer");
  settlement.addFindings(inspection.findings);
  if (inspection.blockedBy !== undefined) throw blocked(inspection.blockedBy);
  const isRestored = restoreTexts(plan.vault, texts());
  if (!isRestored && !inspection.changed) return text;
  return isObject(parsed) ? JSON.stringify(parsed) : (asString(holder["text"]) ?? "");
}

async function pass(from: ReadableStream, to: WritableStream): Promise<void> {
  const writer = to.getWriter();
  let bytes = 0;
  try {
    for await (const chunk of from as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > opaqueAnswerBytesMax) throw new Error("the answer is too large");
      await writer.write(chunk);
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
    throw error;
  }
}
