/**
 * Makes every recorded decision of a principal again, from the events before it, by the same
 * decider; what it says must be what was recorded.
 */
import type { UserFact } from "#events/user-events.ts";
import { judgeAgain } from "#actors/user/admit.ts";
import { decideExtend, settle } from "#actors/user/holds.ts";
import type { Added } from "#actors/user/decision.ts";
import type { DataOf, RequestData, SettlementData, UserState } from "#actors/user/state.ts";

type Decision = Extract<UserFact, { type: "RequestAdmitted" | "RequestRefused" }>;

const ANSWER = ["left", "over", "code", "by", "scope", "retryAt", "given"] as const;

/** Why a fact does not follow from the state before it; undefined when it does. Changes nothing. */
export function refute(before: UserState, fact: UserFact, at: number): string | undefined {
  switch (fact.type) {
    case "RequestAdmitted":
    case "RequestRefused":
      return refuteDecision(before, fact, at);
    case "RequestSettled":
    case "ExpiryCorrected":
    case "SettlementOrphaned":
      return refuteSettlement(before, fact, at);
    case "RequestReleased":
      return before.holds.has(fact.data.requestId) ? undefined : "nothing was held to release";
    case "HoldExpired":
      return refuteExpiry(before, fact.data, at);
    case "HoldExtended": {
      const [first] = decideExtend(before, fact.data, at);
      return isSame(first?.data, fact.data) ? undefined : "the hold could not be extended so";
    }
    case "KeyFenced":
      return before.fenced.has(fact.data.keyId) ? "the key was fenced before" : undefined;
    case "ThresholdCrossed": {
      const { spentNanos, limitNanos, threshold } = fact.data;
      return spentNanos < limitNanos * threshold ? "the threshold was not reached" : undefined;
    }
    case "SubjectErased":
      return fact.data.order <= (before.erased?.order ?? 0) ? "it was erased before" : undefined;
    case "CostCorrected":
      return refuteCorrection(before, fact.data);
    case "RefusalsCounted":
    case "AccessRecorded":
    case "PayloadLost":
    case "FeedbackGiven":
    case "RateLeased":
    case "RateDenied":
    case "RulePastCounted":
    case "RulePastAwaited":
    case "LeaseGranted":
    case "LeaseOpened":
    case "LeaseDenied":
    case "LeaseReturned":
    default:
      return undefined;
  }
}

/** The request of a decision, which reads nothing of what was decided; undefined when it is not whole. */
function requestOf({ data }: Decision): RequestData | undefined {
  const { chain, limits, budgets, bound, accounting, deadlineAt } = data;
  const isWhole = chain && limits && budgets && bound && accounting && deadlineAt !== undefined;
  return isWhole ? (data as RequestData) : undefined;
}

function refuteDecision(before: UserState, fact: Decision, at: number): string | undefined {
  const request = requestOf(fact);
  // What could not be counted was not written down, so it cannot be asked again.
  if (request === undefined) {
    const isLost =
      fact.type === "RequestRefused" && (fact.data.given ?? fact.data.code === "invalid_limits");
    return isLost ? undefined : "the request is not whole";
  }
  const given = fact.type === "RequestRefused" && fact.data.given === true ? fact.data : undefined;
  const verdict = given && { code: given.code, by: given.by };
  const decided = judgeAgain(before, { request, verdict }, at);
  if (decided === undefined) return "a repeat or a stale policy: there was nothing to decide";
  if (decided.type !== fact.type) return `decided again it is ${decided.type}`;
  for (const field of ANSWER) {
    const was: unknown = (fact.data as Added)[field];
    const is: unknown = decided.answer[field];
    if (!isSame(was, is))
      return `decided again its "${field}" is ${JSON.stringify(is) ?? "absent"}`;
  }
  return undefined;
}

function refuteSettlement(
  before: UserState,
  fact: Extract<UserFact, { type: "RequestSettled" | "ExpiryCorrected" | "SettlementOrphaned" }>,
  at: number,
): string | undefined {
  const decided = settle(before, fact.data as unknown as SettlementData, at)?.fact;
  if (decided === undefined) return "the request had ended before";
  if (decided.type !== fact.type) return `decided again it is ${decided.type}`;
  for (const field of ["costNanos", "overrunNanos", "refundNanos", "estimated"]) {
    const was: unknown = (fact.data as Record<string, unknown>)[field];
    const is: unknown = (decided.data as Record<string, unknown>)[field];
    if (was !== is) return `decided again its "${field}" is ${String(is)}`;
  }
  return undefined;
}

function refuteExpiry(
  before: UserState,
  { requestId, chargedNanos }: DataOf<"HoldExpired">,
  at: number,
): string | undefined {
  const hold = before.holds.get(requestId);
  if (hold === undefined) return "nothing was held to expire";
  if (hold.deadlineAt > at) return "the hold was not over yet";
  return hold.costNanos === chargedNanos ? undefined : `the hold was ${hold.costNanos}`;
}

function refuteCorrection(
  { corrected }: UserState,
  { order, settlement, oldNanos, newNanos, parts }: DataOf<"CostCorrected">,
): string | undefined {
  const { order: last = 0, through = 0 } = corrected ?? {};
  if (order < last || (order === last && settlement <= through)) return "it was corrected before";
  const moved = parts.reduce((sum, part) => sum + part.newNanos - part.oldNanos, 0);
  return moved === newNanos - oldNanos ? undefined : "its parts do not add up to its sum";
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object") return false;
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    // Lists of numbers and names are nearly all there are, and need no text of them.
    let index = 0;
    while (index < a.length && a[index] === b[index]) index += 1;
    if (index === a.length) return true;
  }
  return JSON.stringify(a) === JSON.stringify(b);
}
