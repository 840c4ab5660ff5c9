/**
 * An oracle that shares nothing with the deciders: it keeps every admission with its true cost, and
 * answers each question by counting them all again.
 */
import type { RequestData } from "#actors/user/state.ts";
import type { BudgetData, LimitData } from "#events/user-events.ts";

export const REMEMBER_MS = 48 * 3_600_000;
const DAY_MS = 86_400_000;
const MONDAY_MS = 4 * DAY_MS;

export interface Admission {
  id: string;
  at: number;
  scopes: string[];
  tokens: number;
  /** What was held first, then each raise, at its own moment. */
  parts: { at: number; nanos: number }[];
  deadlineAt: number;
  ended?: "settled" | "released" | "expired" | "corrected";
  endedAt: number;
  trueTokens: number;
  trueNanos: number;
}

export class Oracle {
  readonly admissions: Admission[] = [];

  find(id: string): Admission | undefined {
    return this.admissions.find((admission) => admission.id === id);
  }

  admit(request: RequestData, at: number): void {
    const { bound } = request;
    this.admissions.push({
      id: request.requestId,
      at,
      scopes: ["user", `key:${request.keyId}`, `model:${request.model}`],
      tokens: bound.inputTokens + bound.outputTokens,
      parts: [{ at, nanos: bound.costNanos }],
      deadlineAt: request.deadlineAt,
      endedAt: 0,
      trueTokens: 0,
      trueNanos: 0,
    });
  }

  /** What is held for an admission. */
  held(admission: Admission): number {
    return admission.parts.reduce((sum, { nanos }) => sum + nanos, 0);
  }

  /** What a settlement does: the name of its effect, "none" for a repeat. */
  settle(id: string, nanos: number, tokens: number, at: number): string {
    const admission = this.find(id);
    if (admission === undefined) return "orphan";
    const isLate = admission.ended === "expired" && at - admission.endedAt <= REMEMBER_MS;
    if (admission.ended !== undefined && !isLate) return "none";
    admission.ended = isLate ? "corrected" : "settled";
    admission.endedAt = at;
    admission.trueNanos = nanos;
    admission.trueTokens = tokens;
    return admission.ended;
  }

  /** Whether a limit has no room for a request. */
  refuses(limit: LimitData, request: RequestData, at: number): boolean {
    if (limit.metric === "concurrency") return this.#open(limit.scope) >= limit.limit;
    const amount = amountOf(limit.metric, request);
    return amount > 0 && this.used(limit, at) + amount > limit.limit;
  }

  /** What a limit's scope used in the window that ends with `at`. */
  used(limit: LimitData, at: number): number {
    const { windowMs, mode } = limit;
    const aligned = Math.floor((at - MONDAY_MS) / windowMs) * windowMs + MONDAY_MS;
    const from = mode === "fixed" ? aligned : at - windowMs + 1;
    let sum = 0;
    for (const admission of this.admissions) {
      if (!admission.scopes.includes(limit.scope)) continue;
      for (const use of this.#uses(admission, limit.metric)) {
        if (use.at >= from && use.at <= at) sum += use.amount;
      }
    }
    return sum;
  }

  /** Booked and held under a budget in its period. */
  books(budget: Pick<BudgetData, "scope">, from: number, to: number) {
    let settled = 0;
    let held = 0;
    for (const admission of this.admissions) {
      const { at, ended, scopes } = admission;
      if (at < from || at >= to || !scopes.includes(budget.scope)) continue;
      if (ended === undefined) held += this.held(admission);
      if (ended === "expired") settled += this.held(admission);
      if (ended === "settled" || ended === "corrected") settled += admission.trueNanos;
    }
    return { settled, held };
  }

  #open(scope: string): number {
    const isOpen = ({ ended, scopes }: Admission) => ended === undefined && scopes.includes(scope);
    return this.admissions.filter(isOpen).length;
  }

  #uses(admission: Admission, metric: LimitData["metric"]): { at: number; amount: number }[] {
    const { at, ended, parts, tokens, trueTokens, trueNanos } = admission;
    if (metric === "requests") return [{ at, amount: 1 }];
    const isTrue = ended === "settled" || ended === "corrected";
    if (ended === "released") return [];
    if (metric === "tokens") return [{ at, amount: isTrue ? trueTokens : tokens }];
    if (!isTrue) return parts.map((part) => ({ at: part.at, amount: part.nanos }));
    // The true cost fills what was held first, then the raises; the last takes what is over.
    let rest = trueNanos;
    return parts.map((part, index) => {
      const amount = index === parts.length - 1 ? rest : Math.min(rest, part.nanos);
      rest -= amount;
      return { at: part.at, amount };
    });
  }
}

export function amountOf(metric: LimitData["metric"], { bound }: RequestData): number {
  if (metric === "tokens") return bound.inputTokens + bound.outputTokens;
  return metric === "usd" ? bound.costNanos : 1;
}
