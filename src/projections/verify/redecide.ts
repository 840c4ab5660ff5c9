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
  const { answer } = decided;
  const other = otherField(fact.data, answer);
  if (other === undefined) return undefined;
  return `decided again its "${other}" is ${JSON.stringify(answer[other]) ?? "absent"}`;
}

/** The first field of an answer that is not the same; by name each, as a loop looks each one up anew. */
function otherField(was: Added, is: Added): keyof Added | undefined {
  if (!isSame(was.left, is.left)) return "left";
  if (!isSame(was.over, is.over)) return "over";
  if (was.code !== is.code) return "code";
  if (was.by !== is.by) return "by";
  if (was.scope !== is.scope) return "scope";
  if (was.retryAt !== is.retryAt) return "retryAt";
  return was.given === is.given ? undefined : "given";
}

function refuteSettlement(
  before: UserState,
  fact: Extract<UserFact, { type: "RequestSettled" | "ExpiryCorrected" | "SettlementOrphaned" }>,
  at: number,
): string | undefined {
  const decided = settle(before, fact.data as unknown as SettlementData, at)?.fact;
  if (decided === undefined) return "the request had ended before";
  if (decided.type !== fact.type) return `decided again it is ${decided.type}`;
  const is = decided.data as Booked;
  const other = otherBooking(fact.data, is);
  return other && `decided again its "${other}" is ${String(is[other])}`;
}

/** What a settlement comes to. */
type Booked = Partial<
  Record<"costNanos" | "overrunNanos" | "refundNanos", number> & { estimated: boolean }
>;

function otherBooking(was: Booked, is: Booked): keyof Booked | undefined {
  if (was.costNanos !== is.costNanos) return "costNanos";
  if (was.overrunNanos !== is.overrunNanos) return "overrunNanos";
  if (was.refundNanos !== is.refundNanos) return "refundNanos";
  return was.estimated === is.estimated ? undefined : "estimated";
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
