/**
 * What became of an admitted request, gathered while it runs and booked exactly once at its end,
 * however it ends.
 */
import type { Hash } from "node:crypto";
import { createHash } from "node:crypto";
import { addUsage, costOf, type Price, type Usage } from "#events/money.ts";
import { sha256Hex } from "#events/sha256.ts";
import type { GuardData } from "#events/guard-events.ts";
import type { AttemptData } from "#events/user-events.ts";
import type { Env } from "#actors/kit/env.ts";
import type { SettleCommand } from "#actors/user/commands.ts";
import type { Finding } from "#dlp/rule.ts";
import type { Admission } from "./admit.ts";
import type { KeepTokens } from "../payloads/keep-tokens.ts";
import { openPayload, type KeepPayload } from "../payloads/keep-payload.ts";
import { addFindings } from "./inspect.ts";
import type { Candidate } from "./plan.ts";
import { settleLater } from "./settle-later.ts";
import { openShadowAnswer, type ShadowAnswer } from "./shadow-answer.ts";

type Settled = SettleCommand["settlement"];
type AskedOf = Pick<AttemptData, "provider" | "model" | "credential">;

export class Settlement {
  readonly #admission: Admission;
  readonly #attempts: AttemptData[] = [];
  /** What rules found in the answer so far. */
  readonly findings: Finding[] = [];
  /** The answer while it is one piece; a hash over the pieces once there are more. */
  #answer: string | Hash = "";
  #answerBytes = 0;
  #done = false;
  /** Whether an earlier attempt's usage was bounded, not reported. */
  #estimated = false;
  #guard: GuardData | undefined;
  /** Who was asked last and not waited for. */
  #lost: Candidate | undefined;
  #usage: Usage | undefined;
  /** The most tokens of a stream that came since its provider told usage, and whether it told all. */
  #untold = 0;
  isWhole = false;
  finish: string | undefined;
  servedModel: string | undefined;
  firstByteAt: number | undefined;
  /** Who answers, once somebody does. */
  candidate: Candidate | undefined;
  cache: "hit" | "miss" | "off" = "off";
  /** What a hit saved. */
  savedNanos: number | undefined;
  /** Keeps what placeholders stand for, once the answer has an id. */
  tokens: KeepTokens | undefined;
  /** Gathers what is kept of the texts. */
  readonly payload: KeepPayload | undefined;
  /** The answer under the draft in the shadow, where there is one. */
  readonly shadow: ShadowAnswer | undefined;
  /** When the call to them began. */
  calledAt = 0;

  constructor(admission: Admission) {
    this.#admission = admission;
    this.payload = openPayload(admission);
    this.shadow = openShadowAnswer(admission.plan.policy);
  }

  /** What the provider told last: it covers all that came before. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  set usage(usage: Usage | undefined) {
    this.#usage = usage;
    // A prompt's alone covers nothing of the answer.
    if (usage?.outputTokens !== 0) this.#untold = 0;
  }

  /** So many tokens of a stream came at most. */
  hear(tokens: number): void {
    this.#untold += tokens;
  }

  addAttempt(attempt: AttemptData): void {
    this.#attempts.push(attempt);
  }

  /** The guard's last word, and the call to whom it asked: paid for, whatever comes of the request. */
  addGuard(
    guard: GuardData | undefined,
    attempt: AttemptData | undefined,
    { estimated }: { estimated: boolean },
  ): void {
    this.#guard = guard;
    if (attempt !== undefined) this.#attempts.push(attempt);
    if (estimated) this.#estimated = true;
  }

  /**
   * A call whose end was not waited for (another was faster, or its time was over): its provider may
   * bill it all the same. Answers what is booked for it.
   */
  addLost(
    candidate: Candidate,
    told: { status: number; code: string },
    calledAt: number,
    at: number,
  ): number {
    const usage = this.#worst(candidate);
    this.#addPaid(candidate, usage, told, calledAt, at);
    this.#estimated = true;
    this.#lost = candidate;
    return costOf(usage, candidate.price);
  }

  /**
   * The answer that was read is of no use, and another is asked for: it is paid for, too. Answers
   * what is booked for it.
   */
  discard(code: string, at: number): number {
    const { candidate } = this;
    if (candidate === undefined) return 0;
    const usage = this.#told(candidate, this.#untold === 0) ?? this.#worst(candidate);
    this.#addPaid(candidate, usage, { status: 200, code }, this.calledAt, at);
    this.candidate = undefined;
    this.usage = undefined;
    this.finish = undefined;
    this.servedModel = undefined;
    this.firstByteAt = undefined;
    this.#lost = candidate;
    return costOf(usage, candidate.price);
  }

  #addPaid(
    candidate: Candidate,
    usage: Usage,
    told: { status: number; code?: string },
    calledAt: number,
    at: number,
  ): void {
    const { price } = candidate;
    const latencyMs = Math.max(at - calledAt, 0);
    const costNanos = costOf(usage, price);
    this.#attempts.push({ ...askedOf(candidate), ...told, latencyMs, usage, price, costNanos });
  }

  addFindings(findings: readonly Finding[], repeats = false): void {
    addFindings(this.findings, findings, repeats);
  }

  /** Takes part of the answer as the caller gets it. */
  addAnswer(text: string): void {
    this.payload?.addWire(text);
    const before = this.#answer;
    this.#answerBytes += Buffer.byteLength(text);
    if (before === "") this.#answer = text;
    else if (typeof before === "string")
      this.#answer = createHash("sha256").update(before).update(text);
    else before.update(text);
  }

  /** Books the request; the second call does nothing. Never throws: the hold's expiry is the net. */
  async book(
    env: Env,
    outcome: Settled["outcome"],
    status: number,
    at: number,
    startedAt: number,
  ): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    const settlement = this.#facts(outcome, status, at, startedAt);
    const tokens = this.tokens && (await this.tokens.done());
    if (tokens !== undefined) settlement.tokens = tokens;
    const { home } = this.#admission;
    const stored = this.payload?.seal(env, settlement, at);
    await Promise.all([settleLater(env, { home, at, settlement }), stored?.()]);
  }

  #facts(outcome: Settled["outcome"], status: number, at: number, startedAt: number): Settled {
    const { candidate } = this;
    const reached = candidate !== undefined;
    if (reached) {
      // Of a stream that was ended early more came than was told.
      const isAll = outcome === "completed" || this.isWhole || this.#untold === 0;
      const reported = this.#told(candidate, isAll);
      // An answer that failed before any of it was passed on may have been written all the same.
      const unseen = outcome !== "completed" && this.#answerBytes === 0;
      const usage = reported ?? (unseen ? this.#worst(candidate) : this.#estimate(candidate));
      this.#addPaid(candidate, usage, { status }, this.calledAt, at);
    }
    let total: Usage = { inputTokens: 0, outputTokens: 0 };
    let costNanos = 0;
    for (const attempt of this.#attempts) {
      const answers = attempt.role === undefined;
      if (answers && attempt.usage !== undefined) total = addUsage(total, attempt.usage);
      costNanos += attempt.costNanos;
    }
    const settled: Settled = {
      requestId: this.#admission.plan.request.requestId,
      outcome,
      attempts: this.#attempts,
      usage: total,
      costNanos,
      estimated: this.#estimated,
      overrunNanos: Math.max(costNanos - this.#admission.holdNanos, 0),
      cache: this.cache,
      findings: this.findings,
      status,
      latencyMs: Math.max(at - startedAt, 0),
    };
    // What is paid for nobody's answer is somebody's cost all the same.
    const asked = candidate ?? this.#lost;
    if (asked !== undefined) settled.provider = asked.provider;
    if (reached) settled.servedModel = this.servedModel ?? candidate.model;
    if (this.cache === "hit" && this.servedModel !== undefined) {
      settled.servedModel = this.servedModel;
    }
    if (this.#guard !== undefined) settled.guard = this.#guard;
    const shadow = this.shadow?.end();
    if (shadow !== undefined) settled.shadow = shadow;
    if (this.savedNanos !== undefined) settled.savedNanos = this.savedNanos;
    if (this.finish !== undefined) settled.finish = this.finish;
    if (this.#answerBytes > 0) settled.answerHash = this.#hash();
    if (this.firstByteAt !== undefined) {
      settled.firstByteMs = Math.max(this.firstByteAt - startedAt, 0);
    }
    return settled;
  }

  #hash(): string {
    return typeof this.#answer === "string" ? sha256Hex(this.#answer) : this.#answer.digest("hex");
  }

  /**
   * Usage of an answer that reported none, never under the truth in `strict` accounting: the whole
   * input bound, and a token for every byte that came. `estimate` takes four bytes a token.
   */
  #estimate(candidate: Candidate): Usage {
    const { inputTokens } = this.#worst(candidate);
    // What was kept back, or hidden, was written all the same.
    const seen = this.#untold > 0 ? this.#untold : this.#answerBytes;
    return { inputTokens, outputTokens: this.#bounded(seen, candidate) };
  }

  /** What was told, and more came where that was not all; undefined where nothing was told. */
  #told(candidate: Candidate, isAll: boolean): Usage | undefined {
    const told = counts(this.usage, candidate.price) ? this.usage : undefined;
    if (told === undefined || !isAll) this.#estimated = true;
    return told && !isAll ? this.#withUntold(told, candidate) : told;
  }

  /** Usage that was told before more came. */
  #withUntold(told: Usage, candidate: Candidate): Usage {
    const outputTokens = told.outputTokens + this.#bounded(this.#untold, candidate);
    const most = this.#bounded(Infinity, candidate);
    return { ...told, outputTokens: Math.max(told.outputTokens, Math.min(outputTokens, most)) };
  }

  /** The tokens of so many bytes, as far as the answer may have them. */
  #bounded(bytes: number, { maxOutputTokens }: Candidate): number {
    const { choices, request } = this.#admission.plan;
    const seen = Math.ceil(bytes / (request.accounting === "strict" ? 1 : 4));
    return Math.min(seen, maxOutputTokens * choices);
  }

  /**
   * Usage of an answer of which nothing is known: all that it may be in `strict` accounting, its
   * input alone in `estimate`.
   */
  #worst({ maxOutputTokens }: Candidate): Usage {
    const { inputTokens, choices, request } = this.#admission.plan;
    return request.accounting === "strict"
      ? { inputTokens, outputTokens: maxOutputTokens * choices }
      : { inputTokens: Math.ceil(inputTokens / 4), outputTokens: 0 };
  }
}

/** Who was asked, with which of its credentials. */
export function askedOf({ provider, model, credential }: Candidate): AskedOf {
  return credential === undefined ? { provider, model } : { provider, model, credential };
}

/**
 * Whether a report of usage says what a price asks: no prompt has no tokens, so all zeros is no
 * report, but of what is priced by the second alone its run time is one.
 */
function counts(usage: Usage | undefined, price: Price): usage is Usage {
  if (usage === undefined) return false;
  const hasTokens = usage.inputTokens + usage.outputTokens > 0;
  if (price.secondNanos === undefined) return hasTokens;
  const byToken = price.inputNanosPerMtok + price.outputNanosPerMtok > 0;
  return usage.runMs !== undefined && (hasTokens || !byToken);
}
