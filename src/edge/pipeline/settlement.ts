/**
 * What became of an admitted request, gathered while it runs and booked exactly once at its end,
 * however it ends.
 */
import type { Hash } from "node:crypto";
import { createHash } from "node:crypto";
import { addUsage, costOf, type Usage } from "#events/money.ts";
import { sha256Hex } from "#events/sha256.ts";
import type { AttemptData } from "#events/user-events.ts";
import type { Env } from "#actors/kit/env.ts";
import type { SettleCommand } from "#actors/user/commands.ts";
import type { Finding } from "#dlp/rule.ts";
import type { Admission } from "./admit.ts";
import { addFindings } from "./inspect.ts";
import type { Candidate } from "./plan.ts";
import { settleLater } from "./settle-later.ts";

type Settled = SettleCommand["settlement"];

export class Settlement {
  readonly #admission: Admission;
  readonly #attempts: AttemptData[] = [];
  readonly #findings: Finding[] = [];
  /** The answer while it is one piece; a hash over the pieces once there are more. */
  #answer: string | Hash = "";
  #answerBytes = 0;
  #done = false;
  usage: Usage | undefined;
  finish: string | undefined;
  servedModel: string | undefined;
  firstByteAt: number | undefined;
  /** Who answers, once somebody does. */
  candidate: Candidate | undefined;
  cache: "hit" | "miss" | "off" = "off";
  /** What a hit saved. */
  savedNanos: number | undefined;
  /** When the call to them began. */
  calledAt = 0;

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  addAttempt(attempt: AttemptData): void {
    this.#attempts.push(attempt);
  }

  addFindings(findings: readonly Finding[]): void {
    addFindings(this.#findings, findings);
  }

  /** Takes part of the answer as the caller gets it. */
  addAnswer(text: string): void {
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
    const { home } = this.#admission;
    await settleLater(env, { home, at, settlement });
  }

  #facts(outcome: Settled["outcome"], status: number, at: number, startedAt: number): Settled {
    const { candidate } = this;
    const reached = candidate !== undefined;
    const reported = counts(this.usage) ? this.usage : undefined;
    const estimated = reached && reported === undefined;
    const usage = reported ?? (reached ? this.#estimate() : { inputTokens: 0, outputTokens: 0 });
    if (reached) {
      this.#attempts.push({
        provider: candidate.provider,
        model: candidate.model,
        status,
        latencyMs: Math.max(at - this.calledAt, 0),
        usage,
        price: candidate.price,
        costNanos: costOf(usage, candidate.price),
      });
    }
    let total: Usage = { inputTokens: 0, outputTokens: 0 };
    let costNanos = 0;
    for (const attempt of this.#attempts) {
      if (attempt.usage !== undefined) total = addUsage(total, attempt.usage);
      costNanos += attempt.costNanos;
    }
    const settled: Settled = {
      requestId: this.#admission.plan.request.requestId,
      outcome,
      attempts: this.#attempts,
      usage: total,
      costNanos,
      estimated,
      overrunNanos: Math.max(costNanos - this.#admission.holdNanos, 0),
      cache: this.cache,
      findings: this.#findings,
      status,
      latencyMs: Math.max(at - startedAt, 0),
    };
    if (reached) settled.provider = candidate.provider;
    if (reached) settled.servedModel = this.servedModel ?? candidate.model;
    if (this.cache === "hit" && this.servedModel !== undefined) {
      settled.servedModel = this.servedModel;
    }
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
  #estimate(): Usage {
    const { bound, accounting } = this.#admission.plan.request;
    const bytesPerToken = accounting === "strict" ? 1 : 4;
    return {
      inputTokens: Math.ceil(bound.inputTokens / bytesPerToken),
      outputTokens: Math.min(Math.ceil(this.#answerBytes / bytesPerToken), bound.outputTokens),
    };
  }
}

/** Whether a report of usage says anything: no prompt has no tokens, so all zeros is no report. */
function counts(usage: Usage | undefined): usage is Usage {
  return usage !== undefined && usage.inputTokens + usage.outputTokens > 0;
}
