/**
 * The guard's second stage: a classifier is asked about texts whose first score is in doubt, once the
 * request is admitted.
 *
 * Invariants: nobody is asked whom the request's hold does not pay for; it is sent what a provider
 * would be sent, so nothing that a data rule hides or blocks; it is asked once a request; whatever it answers, or does not, ends in one of three outcomes and no word of the text or of its
 * answer is kept.
 */
import type { Env } from "#actors/kit/env.ts";
import {
  decodeSecondStage,
  encodeSecondStage,
  usageOfSecondStage,
} from "#dlp/guard/second-stage.ts";
import type { GuardSecondData } from "#events/guard-events.ts";
import { tryParseJson } from "#events/parse-json.ts";
import type { PolicySecondStage } from "#policy/guard.ts";
import type { StageBound } from "#policy/guard-price.ts";
import { GatewayError, toGatewayCode } from "../errors.ts";
import { errorBytesMax } from "../limits.ts";
import { askService, type Heard } from "./ask-service.ts";
import type { Call, Plan } from "./plan.ts";
import { attemptOf, paidOf, type Exchange } from "./second-cost.ts";
import type { Settlement } from "./settlement.ts";

/** What a classifier said, and of which question. */
export interface Opinion {
  question: string;
  data: GuardSecondData;
}

type Failure = NonNullable<GuardSecondData["failure"]>;
type Answer = Exchange["answer"];

/** Within one request the same classifier and texts are the same question, under any policy. */
const questionOf = ({ stage, texts }: Pick<Doubt, "stage" | "texts">): string =>
  JSON.stringify([stage, texts]);

/** What the guard is to ask, and what it does with the answer. */
export interface Doubt {
  stage: PolicySecondStage;
  /** Places of the texts in doubt among the body's, likeliest attack first. */
  texts: readonly number[];
  /** What the question may cost: part of the request's hold. */
  bound: StageBound;
  /** Judges the plan anew. */
  decide(second: GuardSecondData): unknown;
}

/** What a question is sent as. */
export function textOf(plan: Pick<Plan, "body" | "textsOf">, texts: readonly number[]): string {
  const slots = plan.textsOf(plan.body);
  return texts.map((index) => slots[index]?.text ?? "").join("\n\n");
}

/** What this request was told before of a question, which another of its holds has paid for. */
export function knownOpinion(
  { opinions = [] }: Call,
  doubt: Pick<Doubt, "stage" | "texts">,
): GuardSecondData | undefined {
  if (opinions.length === 0) return undefined;
  const question = questionOf(doubt);
  const known = opinions.find((opinion) => opinion.question === question)?.data;
  return known && { ...known, costNanos: 0 };
}

/**
 * Asks the second stage where the plan has texts in doubt, and has the guard decide by its answer;
 * throws where that is to block. Answers whether somebody was asked.
 */
export async function askSecond(
  env: Env,
  call: Call,
  plan: Plan,
  settlement: Pick<Settlement, "addGuard">,
): Promise<boolean> {
  const { doubt } = plan;
  if (doubt === undefined) return false;
  const began = Date.now();
  const exchanged = await answerTo(env, doubt.stage, textOf(plan, doubt.texts));
  const latencyMs = Math.max(Date.now() - began, 0);
  const paid = paidOf(exchanged, doubt.bound, plan.request.accounting);
  const data: GuardSecondData = { ...exchanged.answer, latencyMs, costNanos: paid.costNanos };
  (call.opinions ??= []).push({ question: questionOf(doubt), data });
  doubt.decide(data);
  settlement.addGuard(plan.request.guard, attemptOf(doubt.stage, exchanged, paid, latencyMs), paid);
  const { verdict } = plan;
  if (verdict !== undefined) throw new GatewayError(toGatewayCode(verdict.code), verdict.message);
  return true;
}

const failed = (failure: Failure): Answer => ({ outcome: "failed", failure });

async function answerTo(env: Env, stage: PolicySecondStage, text: string): Promise<Exchange> {
  const service = { ...stage, name: "guard-second-stage", kind: "workers-ai" };
  const question = encodeSecondStage(stage, text);
  const reply = await askService(env, service, question, errorBytesMax, (status, answer) =>
    readAnswer(stage, status, answer),
  );
  if ("heard" in reply) return reply.heard;
  const { failure, status } = reply;
  if (status === undefined) return { answer: failed(failure) };
  // What broke off after its headers may have been billed; what was late may have been answered.
  const maybePaid = failure === "timeout" || (failure === "unreachable" && status !== 0);
  return { answer: failed(failure), status, maybePaid };
}

function readAnswer(
  stage: PolicySecondStage,
  status: number,
  text: string | undefined,
): Heard<Exchange> {
  // An answer that is no JSON may still be Llama Guard's bare word.
  const body = text === undefined ? undefined : (tryParseJson(text) ?? text);
  const verdict = body === undefined ? null : decodeSecondStage(stage, body);
  const usage = usageOfSecondStage(body) ?? undefined;
  const paid = { status, maybePaid: true, ...(usage && { usage }) };
  if (verdict === null) return { heard: { answer: failed("unreadable"), ...paid }, ill: true };
  const { outcome, categories, score } = verdict;
  const answer: Answer = {
    outcome,
    ...(score !== null && { score }),
    ...(categories.length > 0 && { categories: [...categories] }),
  };
  return { heard: { answer, ...paid }, ill: false };
}
