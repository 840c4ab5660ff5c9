/**
 * Makes a recorded decision again: the state as it was before the event, the request as it was
 * recorded, the same decider. The answer must be the same event.
 */
import { canonicalJson } from "#events/canonical.ts";
import type { UserFact } from "#events/user-events.ts";
import { decideAdmit, type Verdict } from "./admit.ts";
import type { LimitStatus } from "./commands.ts";
import type { DataOf, RequestData, UserState } from "./state.ts";
import { statusesOf } from "./statuses.ts";

/** A decision that can be made again. */
export type Decision = Extract<UserFact, { type: "RequestAdmitted" | "RequestRefused" }>;

export interface Explanation {
  /** Every limit and budget as it stood just before. */
  limits: LimitStatus[];
  /** What the decider says now; undefined when the request holds what cannot be counted. */
  decided: UserFact | undefined;
  /** Whether that is what was recorded. */
  same: boolean;
}

/** Explains a decision from the state folded from every event before it. Changes nothing. */
export function explainAdmit(before: UserState, decision: Decision, at: number): Explanation {
  const request = requestOf(decision);
  if (request === undefined) return { limits: [], decided: undefined, same: false };
  const limits = statusesOf(before, request, at);
  const verdict = decision.type === "RequestRefused" ? givenVerdict(decision.data) : undefined;
  const facts = decideAdmit(before, verdict ? { request, verdict } : { request }, at);
  const decided = facts.find(({ type }) => type === "RequestAdmitted" || type === "RequestRefused");
  const same = decided !== undefined && canonicalJson(decided) === canonicalJson(decision);
  return { limits, decided, same };
}

/** The request as the actor was asked it, without what the decision added. */
function requestOf(decision: Decision): RequestData | undefined {
  const { data } = decision;
  const { chain, limits, budgets, bound, accounting, deadlineAt } = data;
  if (!chain || !limits || !budgets || !bound || !accounting || deadlineAt === undefined) {
    return undefined;
  }
  const asked = { ...data, chain, limits, budgets, bound, accounting, deadlineAt };
  const added = ["left", "over", "code", "by", "scope", "retryAt", "given"] as const;
  for (const field of added)
    delete (asked as Partial<Record<(typeof added)[number], unknown>>)[field];
  return asked;
}

function givenVerdict({ given, code, by }: DataOf<"RequestRefused">): Verdict | undefined {
  return given === true ? { code, by } : undefined;
}
