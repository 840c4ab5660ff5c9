/**
 * What a draft policy would have decided, judged on the books of live traffic.
 *
 * Invariants: it changes nothing: neither the state nor the decision that it stands beside; no credit
 * and no permits of shared budgets and rates are asked for.
 */
import type { ShadowData } from "#events/shadow-events.ts";
import type { LimitData, SharedBudgetData } from "#events/user-events.ts";
import type { Others } from "./shadow-shared.ts";
import type { RequestData } from "./state.ts";

interface Verdict {
  code: string;
  by?: string | undefined;
}

/** Judges a request on the books as they are; changes nothing. */
type Judge = (
  request: RequestData,
  verdict: Verdict | undefined,
) => { admits: true } | { admits: false; refusal: Verdict };

/** The request under the draft, as the edge resolved it; or why there is none. */
export interface ShadowAsk {
  draft: number;
  /** What the draft makes of the request; the rest is as it was asked. */
  request?: Pick<RequestData, "tier" | "chain" | "limits" | "budgets" | "bound">;
  verdict?: Verdict;
  findings?: NonNullable<ShadowData["findings"]>;
  /** Budgets and rates of teams and the organisation, and what others used of them. */
  shared?: SharedBudgetData[];
  sharedLimits?: LimitData[];
  others?: Others;
  /** Said by an edge that sends neither: what is shared was left out. */
  unshared?: true;
  undecided?: NonNullable<ShadowData["undecided"]>;
}

/** Judges what of a draft is shared with others, as far as it is known. */
type JudgeShared = (request: RequestData) => { refusal?: Verdict; unknown: boolean };

/** Both answers stand in one event: this is the draft's half. */
export function judgeShadow(
  live: RequestData,
  { draft, request, verdict, findings = [], unshared, undecided }: ShadowAsk,
  judge: Judge,
  judgeShared: JudgeShared,
): ShadowData {
  if (request === undefined) return { draft, undecided: undecided ?? "failed" };
  const { shared: _shared, sharedLimits: _limits, ...own } = live;
  // A version above the live one: limits that only the draft has count what was used before.
  const policyVersion = live.policyVersion + 1;
  const asked = { ...own, ...request, policyVersion };
  const alone = judge(asked, verdict);
  const shared = alone.admits ? judgeShared(asked) : { unknown: false };
  const refusal = alone.admits ? shared.refusal : alone.refusal;
  const answer: ShadowData = { draft, admits: refusal === undefined };
  if (refusal === undefined) {
    const [first] = request.chain;
    if (first !== undefined) answer.first = { provider: first.provider, model: first.model };
  } else {
    const { code, by } = refusal;
    answer.code = code.slice(0, 100);
    if (by !== undefined) answer.by = by.slice(0, 500);
  }
  if (findings.length > 0) answer.findings = findings;
  if (refusal === undefined && (shared.unknown || unshared === true)) answer.unshared = true;
  return answer;
}
