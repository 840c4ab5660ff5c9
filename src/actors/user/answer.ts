/** From state and facts to the answer of `admit`, so that reply and log cannot disagree. */
import type { UserFact } from "#events/user-events.ts";
import { isQuiet, isStale, judge, type Refusal, type Verdict } from "./admit.ts";
import type { AdmitReply } from "./commands.ts";
import type { RequestData, UserState } from "./state.ts";
import { statusesOf } from "./statuses.ts";

/** An answer, and the refusal to count when no event tells of it. */
export interface Answer {
  reply: AdmitReply;
  counted?: Refusal;
}

interface Asked {
  request: RequestData;
  verdict?: Verdict;
}

/** The answer that needs no event: a repeat, a stale policy, a refusal like a recorded one. */
export function answerFromState(state: UserState, asked: Asked, at: number): Answer | undefined {
  const { request, verdict } = asked;
  const remembered = rememberedReply(state, request, at);
  if (remembered !== undefined) return { reply: remembered };
  if (isStale(state, request)) {
    return { reply: { outcome: "stale-policy", need: state.policyVersion } };
  }
  const judgement = judge(state, request, at, verdict);
  if (!judgement.admits && judgement.refusal.short === true) return undefined;
  if (judgement.admits || !isQuiet(state, judgement.refusal, at)) return undefined;
  const { refusal } = judgement;
  return { reply: refusedReply(state, request, refusal, state.seq, at), counted: refusal };
}

/** The answer that the facts of one admit command give; undefined when they decide nothing. */
export function answerFromFacts(
  state: UserState,
  request: RequestData,
  facts: readonly { seq: number; at: number; fact: UserFact }[],
): AdmitReply | undefined {
  for (const { seq, at, fact } of facts) {
    if (fact.type === "RequestAdmitted") {
      const limits = statusesOf(state, request, at, fact.data.left);
      return { outcome: "admitted", seq, holdNanos: request.bound.costNanos, limits };
    }
    if (fact.type === "RequestRefused") return refusedReply(state, request, fact.data, seq, at);
  }
  return undefined;
}

function rememberedReply(
  state: UserState,
  request: RequestData,
  at: number,
): AdmitReply | undefined {
  const { requestId } = request;
  const hold = state.holds.get(requestId);
  if (hold !== undefined) {
    const limits = statusesOf(state, request, at);
    return { outcome: "admitted", seq: hold.seq, holdNanos: hold.costNanos, limits };
  }
  const outcome = state.outcomes.get(requestId);
  if (outcome?.how === "refused") {
    const { seq = state.seq, code = "rate_limited", by, retryAt } = outcome;
    return refusedReply(state, request, { code, by, retryAt }, seq, at);
  }
  // Its hold is gone, so a second call to a provider would be paid for by nobody.
  if (outcome === undefined && !state.expired.has(requestId)) return undefined;
  return refusedReply(state, request, { code: "request_ended" }, state.seq, at);
}

function refusedReply(
  state: UserState,
  request: RequestData,
  refusal: Pick<Refusal, "code" | "by" | "retryAt">,
  seq: number,
  at: number,
): AdmitReply {
  const { code, by, retryAt } = refusal;
  const limits = code === "invalid_limits" ? [] : statusesOf(state, request, at);
  const reply: AdmitReply = { outcome: "refused", seq, code, limits };
  if (by !== undefined) reply.by = by;
  if (retryAt !== undefined) reply.retryAt = retryAt;
  return reply;
}
