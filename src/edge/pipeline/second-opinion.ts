/**
 * The guard's second stage: a classifier is asked about texts whose first score is in doubt, before
 * the request is admitted.
 *
 * Invariants: it is sent what a provider would be sent, so nothing that a data rule hides or blocks;
 * it is asked once a request and never longer than its time; an address is judged again before each
 * call and no redirect is followed; whatever it answers, or does not, ends in one of three outcomes
 * and no word of the text or of its answer is kept.
 */
import type { Env } from "#actors/kit/env.ts";
import { namedSecret } from "#actors/kit/secrets.ts";
import { decodeSecondStage, encodeSecondStage } from "#dlp/guard/second-stage.ts";
import type { GuardSecondData } from "#events/guard-events.ts";
import { tryParseJson } from "#events/parse-json.ts";
import { type PolicySecondStage, secondStageAddressProblem } from "#policy/guard.ts";
import { readText } from "../body.ts";
import { errorBytesMax, secondOpinionsMax } from "../limits.ts";
import { isWell, noteHealth } from "./circuits.ts";
import type { Call, Plan } from "./plan.ts";
import type { Sent } from "./sign.ts";
import { transportOf } from "./transport.ts";

/** What a classifier said, and of which question. */
export interface Opinion {
  question: string;
  data: GuardSecondData;
}

type Failure = NonNullable<GuardSecondData["failure"]>;
type Answer = Pick<GuardSecondData, "outcome" | "score" | "categories" | "failure">;

/** What the guard would have asked before a request is admitted, and what it does with the answer. */
export interface Doubt {
  stage: PolicySecondStage;
  /** Places of the texts in doubt among the body's, likeliest attack first. */
  texts: readonly number[];
  /** Judges the plan anew. */
  decide(second: GuardSecondData): unknown;
}

/** Within one request the same classifier and texts are the same question, under any policy. */
const questionOf = ({ stage, texts }: Doubt): string => JSON.stringify([stage, texts]);

/** Uses the opinion that a plan's question was answered with before, on this request. */
export function useKnownOpinion({ opinions }: Call, { doubt }: Plan): void {
  if (doubt === undefined || opinions === undefined) return;
  const question = questionOf(doubt);
  const known = opinions.find((opinion) => opinion.question === question);
  if (known !== undefined) doubt.decide(known.data);
}

/** Asks the second stage where the plan has texts in doubt, and has the guard decide by its answer. */
export async function askSecond(env: Env, call: Call, plan: Plan): Promise<void> {
  const { doubt, verdict } = plan;
  // What a data rule blocks goes to nobody, nor what nobody would answer.
  if (doubt === undefined || (verdict !== undefined && verdict.code !== "guard_blocked")) return;
  const opinions = (call.opinions ??= []);
  const question = questionOf(doubt);
  if (opinions.length >= secondOpinionsMax) return;
  if (opinions.some((opinion) => opinion.question === question)) return;
  const { stage } = doubt;
  const slots = plan.textsOf(plan.body);
  const text = doubt.texts.map((index) => slots[index]?.text ?? "").join("\n\n");
  const began = Date.now();
  const answer = await answerTo(env, stage, text, began);
  const isFree = answer.failure === "not_configured" || answer.failure === "resting";
  const data: GuardSecondData = {
    ...answer,
    latencyMs: Math.max(Date.now() - began, 0),
    costNanos: isFree ? 0 : Math.round((stage.costUsd ?? 0) * 1e9),
  };
  opinions.push({ question, data });
  doubt.decide(data);
}

const failed = (failure: Failure): Answer => ({ outcome: "failed", failure });

async function answerTo(
  env: Env,
  stage: PolicySecondStage,
  text: string,
  at: number,
): Promise<Answer> {
  const allowPrivate = env.TALLYGATE_ALLOW_PRIVATE === "1";
  const { url, binding, secret } = stage;
  const credential = secret === undefined ? undefined : namedSecret(env, secret);
  const send = transportOf(env, { kind: "workers-ai", binding });
  const isRefused = url !== undefined && secondStageAddressProblem(url, allowPrivate) !== undefined;
  if (send === undefined || isRefused || (secret !== undefined && credential === undefined)) {
    return failed("not_configured");
  }
  const subject = { provider: "guard-second-stage", baseUrl: url, binding, secret };
  if (!isWell(subject, at)) return failed("resting");
  const body = JSON.stringify(encodeSecondStage(stage, text));
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (credential !== undefined) headers["authorization"] = `Bearer ${credential}`;
  const sent: Sent = {
    url: url ?? "https://binding.internal/run",
    init: { method: "POST", headers, body },
  };
  const answer = await exchange(stage, (signal) => send(sent, signal));
  noteHealth(subject, answer.outcome === "failed", Date.now());
  return answer;
}

/** One call within its time, its answer read. */
async function exchange(
  stage: PolicySecondStage,
  send: (signal: AbortSignal) => Promise<Response>,
): Promise<Answer> {
  const abort = new AbortController();
  const timeout = Promise.withResolvers<Answer>();
  const timer = setTimeout(() => {
    timeout.resolve(failed("timeout"));
    abort.abort();
  }, stage.timeoutMs);
  try {
    // A binding may not heed its signal; the clock decides all the same.
    return await Promise.race([timeout.promise, read(stage, send, abort.signal)]);
  } finally {
    clearTimeout(timer);
  }
}

async function read(
  stage: PolicySecondStage,
  send: (signal: AbortSignal) => Promise<Response>,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const response = await send(signal);
    if (!response.ok) {
      await response.body?.cancel();
      return failed("status");
    }
    const text = await readText(response, errorBytesMax);
    // An answer that is no JSON may still be Llama Guard's bare word.
    const verdict =
      text === undefined ? null : decodeSecondStage(stage, tryParseJson(text) ?? text);
    if (verdict === null) return failed("unreadable");
    const { outcome, categories, score } = verdict;
    return {
      outcome,
      ...(score !== null && { score }),
      ...(categories.length > 0 && { categories: [...categories] }),
    };
  } catch {
    return failed("unreachable");
  }
}
