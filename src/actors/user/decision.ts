/** What a decision adds to the request that was asked: the fields of its fact beyond that. */
import type { UserFact } from "#events/user-events.ts";
import type { Judgement, Refusal } from "./admit.ts";
import type { RequestData } from "./state.ts";

type RefusedData = Extract<UserFact, { type: "RequestRefused" }>["data"];

/** What a decision says beside what was asked; absent fields are not written. */
export type Added = Pick<RequestData, "left" | "over"> &
  Partial<Pick<RefusedData, "code" | "by" | "scope" | "retryAt" | "given">>;

export function admittedAnswer({ left, over }: Judgement & { admits: true }): Added {
  return over.length > 0 ? { left, over } : { left };
}

export function refusedAnswer({
  code,
  by,
  scope,
  retryAt,
  given,
}: Refusal): Added & { code: string } {
  const answer: Added & { code: string } = { code };
  if (by !== undefined) answer.by = by;
  if (scope !== undefined) answer.scope = scope;
  if (retryAt !== undefined) answer.retryAt = retryAt;
  if (given === true) answer.given = true;
  return answer;
}

export function refusedData(request: RequestData, refusal: Refusal): RefusedData {
  const data: RefusedData = { ...request, ...refusedAnswer(refusal) };
  delete (data as Partial<RequestData>).left;
  delete (data as Partial<RequestData>).over;
  // What cannot be counted cannot be written down either.
  if (refusal.code === "invalid_limits") {
    delete data.limits;
    delete data.budgets;
    delete data.shared;
    delete data.sharedLimits;
    delete data.bound;
    delete data.deadlineAt;
  }
  return data;
}
