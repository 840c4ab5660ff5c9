/** A decision's limits as people read them. */
import type { LimitStatus } from "#actors/user/commands.ts";
import { count, usd, windowName } from "./format.ts";

export interface ExplainedLimit {
  name: string;
  /** What it counts and over which time. */
  what: string;
  limit: string;
  /** What was left just before the decision. */
  left: string;
  /** The part that was used, 0 to 1. */
  used: number;
  /** Whether nothing was left. */
  isSpent: boolean;
}

const amount = (metric: LimitStatus["metric"], value: number): string =>
  metric === "usd" ? usd(value) : count(value);

function whatOf({ kind, metric, windowMs }: LimitStatus): string {
  if (kind === "budget") return "budget";
  if (kind === "concurrency") return "requests at once";
  return `${metric === "usd" ? "dollars" : metric} per ${windowName(windowMs)}`;
}

/** One line a limit, the fullest first. */
export function explainedLimits(limits: readonly LimitStatus[]): ExplainedLimit[] {
  return limits
    .map((status) => {
      const { name, metric, limit, remaining } = status;
      const used = limit === 0 ? 1 : Math.min(Math.max((limit - remaining) / limit, 0), 1);
      return {
        name,
        what: whatOf(status),
        limit: amount(metric, limit),
        left: amount(metric, Math.max(remaining, 0)),
        used,
        isSpent: remaining <= 0,
      };
    })
    .sort((a, b) => b.used - a.used || (a.name < b.name ? -1 : 1));
}

/** What a decision comes down to, in a sentence. */
export function decisionSentence(fact: { type: string; data: object }): string {
  const { code, by, chain, bound } = fact.data as {
    code?: string;
    by?: string;
    chain?: { provider: string; model: string }[];
    bound?: { costNanos: number };
  };
  if (fact.type === "RequestRefused") {
    return `Refused: ${code ?? "no reason is recorded"}${by === undefined ? "" : ` by ${by}`}.`;
  }
  const first = chain?.[0];
  const route = first === undefined ? "" : `, ${first.provider} to be asked first`;
  return `Let in, with ${usd(bound?.costNanos ?? 0)} held at most${route}.`;
}
