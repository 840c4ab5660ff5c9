/**
 * The answer of a call that the gateway does not look into. With rules for answers, whatever is text
 * is read whole and scanned; pictures, recordings and the like are passed on as they come.
 */
import type { Env } from "#actors/kit/env.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { asString, isObject } from "#providers/json.ts";
import type { Json, JsonObject } from "#providers/types.ts";
import { readText } from "../body.ts";
import { GatewayError } from "../errors.ts";
import { answerBytesMax, opaqueAnswerBytesMax } from "../limits.ts";
import { blocked } from "./answer-json.ts";
import type { Answered } from "./call.ts";
import { inspectTexts, restoreTexts } from "./inspect.ts";
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
  if (looked && !BINARY.test(type)) {
    const body = await scanned(answered, call, plan, settlement);
    settlement.addAnswer(body);
    return { status, headers, body, done: book("completed") };
  }
  const { readable, writable } = new IdentityTransformStream();
  const done = pass(response.body, writable)
    .then(() => book("completed"))
    .catch(() => {
      answered.abort.abort();
      return book(request.signal.aborted ? "aborted" : "failed");
    });
  return { status, headers, body: readable, done };
}

async function scanned(
  answered: Answered,
  call: Call,
  plan: Plan,
  settlement: Settlement,
): Promise<string> {
  const text = await readText(answered.response, answerBytesMax).catch(() => undefined);
  if (text === undefined) {
    throw new GatewayError(
      "provider_error",
      `${answered.candidate.provider} broke off its answer, or it is over ${answerBytesMax} bytes and cannot be scanned.`,
    );
  }
  const parsed = tryParseJson(text) as Json | undefined;
  // What is no JSON object (lists of lines, transcripts) is scanned as the one text that it is.
  const holder: JsonObject = isObject(parsed) ? parsed : { text };
  const slots = call.asked.endpoint.answerTexts(holder);
  const inspection = inspectTexts(plan.policy.dlp, slots, "answer");
  settlement.addFindings(inspection.findings);
  if (inspection.blockedBy !== undefined) throw blocked(inspection.blockedBy);
  const restored = restoreTexts(plan.vault, call.asked.endpoint.answerTexts(holder));
  if (!inspection.changed && !restored) return text;
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
